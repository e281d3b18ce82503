"""What an operator decides about a relay, as one value that everything else is made from."""

from __future__ import annotations

import enum

import msgspec

from natscope.model.endpoint import Endpoint


class TlsMode(enum.StrEnum):
    """Where the certificate comes from."""

    OFF = "off"
    """Plain HTTP: a proxy in front speaks TLS, or a test."""
    FILES = "files"
    SELF_SIGNED = "self-signed"
    ACME = "acme"


class TlsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`directory` keeps what this program makes itself; `checks_name`: clients must ask for `hostname` (SNI)."""

    mode: TlsMode = TlsMode.OFF
    certificate_file: str = ""
    key_file: str = ""
    directory: str = ""
    checks_name: bool = False
    acme_email: str = ""
    acme_directory_url: str = ""
    acme_eab_kid: str = ""
    acme_eab_key: str = ""
    acme_ca_file: str = ""
    acme_challenge: str = "auto"
    acme_profile: str = ""


class StunConfig(msgspec.Struct, frozen=True, kw_only=True):
    """STUN in the same process; no `listen`, no STUN. `rate` is answers per second and source.

    `trains`: packets a second of a train that the helper counts at most, 0 for no trains.
    """

    listen: tuple[Endpoint, ...] = ()
    rate: float = 5.0
    helper: bool = True
    trains: int = 500


class MeshConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`peers` are `host` or `host/address-to-dial`; `key_file` holds 64 hex digits, `key` the same without a file."""

    peers: tuple[str, ...] = ()
    key_file: str = ""
    key: str = ""


class AdmissionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Who may use the relay; both questions are asked when both are set, nobody is refused when none is."""

    tailscaled: bool = False
    socket: str = ""
    url: str = ""
    fail_open: bool = False
    """Let clients in while `url` cannot be asked."""


class LimitsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`accept_rate` is new connections per second (0: no limit), `accept_burst` how many at once (0: as many as in a
    second), `rate_file` is derper's rate config.
    """

    accept_rate: float = 200.0
    accept_burst: int = 400
    rate_file: str = ""
    write_timeout_s: float = 2.0
    tcp_keepalive_s: float = 600.0
    tcp_user_timeout_s: float = 15.0


class RelayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`listen` is where clients come in, `http` the plain port beside an encrypted one.

    No `key_file`: a key for this run only. `home` is `default`, `blank` or a URL. `drain_s` bounds the way out.
    `names` are those of `/bootstrap-dns`, `unlisted_names` those that must be asked for.
    `trusted_proxies`: addresses and networks whose `X-Forwarded-For` is believed.
    """

    listen: tuple[Endpoint, ...]
    http: tuple[Endpoint, ...] = ()
    hostname: str = ""
    key_file: str = ""
    tls: TlsConfig = TlsConfig()
    stun: StunConfig = StunConfig()
    mesh: MeshConfig = MeshConfig()
    admission: AdmissionConfig = AdmissionConfig()
    limits: LimitsConfig = LimitsConfig()
    metrics: Endpoint | None = None
    home: str = "default"
    is_relay: bool = True
    names: tuple[str, ...] = ()
    unlisted_names: tuple[str, ...] = ()
    drain_s: float = 5.0
    workers: int = 1
    trusted_proxies: tuple[str, ...] = ("127.0.0.0/8", "::1")
