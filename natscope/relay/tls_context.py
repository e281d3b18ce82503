"""A server's TLS context from PEM texts: TLS 1.2 and later, HTTP/1.1 only, and who may ask for which name."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Callable, Iterator

from natscope.errors import UserError

ALPN = "http/1.1"
"""Relay clients offer nothing; a browser must not be led to HTTP/2, which has no upgrade."""


def server_context(chain: bytes, key: bytes, *, only_name: str = "", what: str = "certificate") -> ssl.SSLContext:
    """A context for a certificate chain and its private key, both PEM.

    With `only_name` a client must ask for that name (SNI), as upstream wants it. Raises `UserError` that names `what`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([ALPN])
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    try:
        with _as_files(chain, key) as (chain_file, key_file):
            context.load_cert_chain(chain_file, key_file, password=_no_password)
    except (ssl.SSLError, _HasPassword) as error:
        raise UserError(f"{what}: {_why(error)}") from error
    if only_name:
        context.sni_callback = _only(only_name)
    return context


class _HasPassword(Exception):
    """The private key is encrypted: nobody is there to type."""


def _no_password() -> str:
    raise _HasPassword


def _only(name: str) -> Callable[[ssl.SSLObject, str, ssl.SSLContext], int | None]:
    wanted = name.lower()

    def check(_: ssl.SSLObject, asked: str | None, __: ssl.SSLContext) -> int | None:  # None: it asks for no name
        return None if asked is not None and asked.lower() == wanted else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    return check


@contextlib.contextmanager
def _as_files(*texts: bytes) -> Iterator[list[str]]:
    """OpenSSL reads files only: in memory where the system can, else in a folder that is gone at once."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        descriptors = [os.memfd_create("pem") for _ in texts]
        try:
            for descriptor, text in zip(descriptors, texts, strict=True):
                os.write(descriptor, text)
            yield [f"/proc/self/fd/{descriptor}" for descriptor in descriptors]
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, str(number)) for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
        yield paths


def _why(error: Exception) -> str:
    if isinstance(error, _HasPassword):
        return "the private key is protected by a password, which nobody could type"
    reason = getattr(error, "reason", "") or ""
    if "MISMATCH" in reason:
        return "the private key belongs to another certificate"
    if reason == "NO_START_LINE" or "PEM" in str(error):
        return "is no PEM certificate with its key"
    return f"cannot be used: {reason.replace('_', ' ').lower() or 'no reason given'}"
