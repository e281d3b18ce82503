"""TLS contexts, the check of a server's certificate, and what went wrong in words.

The pin rule is upstream's `sha256-raw` (net/tlsdial/tlsdial.go): certificates whose CN starts with `derpkey` are no
part of it, exactly one other certificate may be presented, its SHA-256 must match, and it must be valid now and for
the dialled name.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, TypeAlias

from natscope.host.api import Failure, HostError, ServerTls, TlsInfo, TlsOptions
from natscope.host.real import failures

_EXPIRED, _NOT_YET_VALID = 10, 9
_VERIFY_WORDS: dict[int, str] = {
    _NOT_YET_VALID: "the certificate is not valid yet (is this computer's clock right?)",
    _EXPIRED: "the certificate has expired",
    18: "the certificate is self-signed and not trusted",
    19: "the certificate chain ends in a self-signed certificate that is not trusted",
    20: "the certificate was issued by an authority that is not trusted",
    21: "the certificate was issued by an authority that is not trusted",
    23: "the certificate has been revoked",
    24: "an issuing certificate is not one of an authority",
    62: "the certificate is for another name",
    64: "the certificate is for another address",
}
"""By OpenSSL's X509_V_ERR numbers."""
_REASON_WORDS: dict[str, str] = {
    "WRONG_VERSION_NUMBER": "the other side does not speak TLS on this port",
    "UNSUPPORTED_PROTOCOL": "the other side offers only TLS versions that are no longer safe",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the other side refuses our TLS versions",
    "NO_PROTOCOLS_AVAILABLE": "no TLS version is allowed on this computer",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the other side refused the handshake",
    "TLSV1_UNRECOGNIZED_NAME": "the other side does not know that name",
    "TLSV1_ALERT_INTERNAL_ERROR": "the other side reports an internal error",
    "UNEXPECTED_EOF_WHILE_READING": "the other side closed the connection in the middle",
}


class TlsContexts:
    """Client contexts by what they check: making one reads the whole trust store, so each is kept."""

    def __init__(self) -> None:
        self._clients: dict[_Key, ssl.SSLContext] = {}
        self._pending: dict[_Key, asyncio.Future[ssl.SSLContext]] = {}

    async def prepare(self, options: TlsOptions) -> ssl.SSLContext:
        """A client's context; what has to be read from disk for it is read in a thread. Raises `OSError`."""
        key = _key(options)
        if key not in self._clients:
            if key not in self._pending:
                self._pending[key] = asyncio.ensure_future(asyncio.to_thread(_client_context, options))
            try:
                self._clients[key] = await asyncio.shield(self._pending[key])
            finally:
                self._pending.pop(key, None)
        return self._clients[key]

    def server(self, options: ServerTls) -> ssl.SSLContext:
        """A server's context, never kept: the files may have been renewed. Raises `OSError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate_file, options.key_file)
        if options.alpn:
            context.set_alpn_protocols(list(options.alpn))
        return context

    def check(self, ssl_object: Any, options: TlsOptions, doing: str, handshake_s: float) -> TlsInfo:
        """What the handshake showed, after the checks that OpenSSL did not do itself. Raises `HostError`."""
        seen = self.describe(ssl_object)
        info = TlsInfo(seen.version, seen.certificates, seen.alpn, handshake_s)
        refusal = ""
        if options.pin_sha256:
            from natscope.host.real.certificates import pin_refusal

            refusal = pin_refusal(info.certificates, options.pin_sha256, options.server_name)
        elif options.verify and options.verify_name and options.verify_name != options.server_name:
            from natscope.host.real.certificates import name_refusal

            refusal = name_refusal(info.certificates[0], options.verify_name)
        if refusal:
            raise HostError(Failure.CERTIFICATE, f"{doing}: {refusal}")
        return info

    def describe(self, ssl_object: Any) -> TlsInfo:
        """Version, presented certificates and protocol of a finished handshake."""
        return TlsInfo(ssl_object.version() or "", _presented(ssl_object), ssl_object.selected_alpn_protocol() or "")

    def host_error(self, error: Exception, doing: str) -> HostError:
        """A failed handshake or a broken TLS connection as a value."""
        if isinstance(error, ssl.SSLCertVerificationError):
            words = _VERIFY_WORDS.get(error.verify_code, f"the certificate is not accepted: {error.verify_message}")
            return HostError(Failure.CERTIFICATE, f"{doing}: {words}")
        if isinstance(error, ssl.SSLError):
            return HostError(Failure.TLS, f"{doing}: {_words(error)}")
        if isinstance(error, ConnectionAbortedError) and not error.errno:
            return HostError(Failure.TIMEOUT, f"{doing}: the handshake takes too long")
        if isinstance(error, OSError):
            return failures.host_error(error, doing)
        return HostError(Failure.TLS, f"{doing}: the name cannot stand in a TLS handshake")


_Key: TypeAlias = tuple[bool, bool, bool, str, tuple[str, ...]]


def _key(options: TlsOptions) -> _Key:
    """What two clients must have in common to share a context: chain check, name check, pin, CA file, protocols."""
    chain = options.verify and not options.pin_sha256
    name = chain and bool(options.server_name) and options.verify_name in ("", options.server_name)
    return (chain, name, bool(options.pin_sha256), options.ca_file if chain else "", options.alpn)


def _client_context(options: TlsOptions) -> ssl.SSLContext:
    chain, name, pinned, ca_file, alpn = _key(options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = name
    context.verify_mode = ssl.CERT_REQUIRED if chain else ssl.CERT_NONE
    if chain:
        _load_trust(context)
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if pinned or (chain and not name):
        import natscope.host.real.certificates  # noqa: F401  needed after the handshake, and slow to load
    return context


def _load_trust(context: ssl.SSLContext) -> None:
    """The system's trust store (SSL_CERT_FILE and SSL_CERT_DIR are obeyed); certifi's where the system has none."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and paths.capath is None:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
        return
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)


def _words(error: ssl.SSLError) -> str:
    reason = error.reason or ""
    if reason in _REASON_WORDS:
        return _REASON_WORDS[reason]
    if "ALERT" in reason:
        return f"the other side refused: {reason.rpartition('ALERT_')[2].replace('_', ' ').lower()}"
    return f"the handshake failed: {reason.replace('_', ' ').lower() or 'no reason given'}"


def _presented(ssl_object: Any) -> tuple[bytes, ...]:
    """The chain as the server sent it, its own certificate first; public only since Python 3.13."""
    if hasattr(ssl_object, "get_unverified_chain"):
        return tuple(ssl_object.get_unverified_chain() or ())
    chain = ssl_object._sslobj.get_unverified_chain() or ()
    der = 2  # _ssl.ENCODING_DER
    return tuple(certificate.public_bytes(der) for certificate in chain)
