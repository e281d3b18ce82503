"""TLS contexts, the check of a server's certificate, and what went wrong in words.

The pin rule is upstream's `sha256-raw` (net/tlsdial/tlsdial.go): certificates whose CN starts with `derpkey` are no
part of it, exactly one other certificate may be presented, its SHA-256 must match, and it must be valid now and for
the dialled name.
"""

from __future__ import annotations

import hashlib
import ssl
from typing import Any

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
        self._clients: dict[tuple[bool, bool, str, tuple[str, ...]], ssl.SSLContext] = {}

    def client(self, options: TlsOptions) -> ssl.SSLContext:
        """A client's context. Raises `OSError` when the CA file cannot be read."""
        chain = options.verify and not options.pin_sha256
        own_name_check = bool(options.verify_name) and options.verify_name != options.server_name
        key = (chain, own_name_check or not options.server_name, options.ca_file, options.alpn)
        if key not in self._clients:
            self._clients[key] = _client_context(chain, not key[1], options)
        return self._clients[key]

    def server(self, options: ServerTls) -> ssl.SSLContext:
        """A server's context, never kept: the files may have been renewed. Raises `OSError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate_file, options.key_file)
        if options.alpn:
            context.set_alpn_protocols(list(options.alpn))
        return context

    def check(self, ssl_object: Any, options: TlsOptions) -> TlsInfo:
        """What the handshake showed, after the checks that OpenSSL did not do itself. Raises `HostError`."""
        info = self.describe(ssl_object)
        if not options.verify and not options.pin_sha256:
            return info
        if options.pin_sha256:
            from natscope.host.real.certificates import check_pin

            check_pin(info.certificates, options.pin_sha256, options.server_name)
        elif options.verify_name and options.verify_name != options.server_name:
            from natscope.host.real.certificates import check_name

            check_name(info.certificates[0], options.verify_name)
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


def _client_context(chain: bool, check_hostname: bool, options: TlsOptions) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = chain and check_hostname
    context.verify_mode = ssl.CERT_REQUIRED if chain else ssl.CERT_NONE
    if chain:
        _load_trust(context)
        if options.ca_file:
            context.load_verify_locations(cafile=options.ca_file)
    if options.alpn:
        context.set_alpn_protocols(list(options.alpn))
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


def sha256_hex(der: bytes) -> str:
    """The fingerprint a `sha256-raw:` pin names: SHA-256 of the whole certificate, lower-case hex."""
    return hashlib.sha256(der).hexdigest()
