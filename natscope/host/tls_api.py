"""How TLS clients and servers are set up, and what a handshake showed: values of `natscope.host.api`."""

from __future__ import annotations

import msgspec


class TlsOptions(msgspec.Struct, frozen=True):
    """How a TLS client checks its server.

    `server_name` goes into SNI and, unless `verify_name` differs, into the name check. `pin_sha256` (64 lower-case
    hex digits) replaces the chain by upstream's rule for `sha256-raw`: exactly one certificate besides those whose CN
    starts with `derpkey`, SHA-256 of its DER equal, valid now and for `server_name`. `verify` False accepts anything.
    `ca_file` adds trust (PEM) to the system's.
    """

    server_name: str
    verify_name: str = ""
    pin_sha256: str = ""
    verify: bool = True
    ca_file: str = ""
    alpn: tuple[str, ...] = ()


class TlsInfo(msgspec.Struct, frozen=True):
    """What a TLS handshake showed. `certificates` are DER, the server's own first.

    `handshake_s` is the handshake alone, without what this computer had to load before it; None for a server.
    """

    version: str
    certificates: tuple[bytes, ...] = ()
    alpn: str = ""
    handshake_s: float | None = None


class ServerTls(msgspec.Struct, frozen=True):
    """A TLS server's certificate chain and key, PEM files."""

    certificate_file: str
    key_file: str
    alpn: tuple[str, ...] = ()
