"""Puts a relay together from its configuration: key, certificate, admission, mesh, STUN beside it; ends by signal."""

from __future__ import annotations

import contextlib
import math
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from natscope.apps.derp_stun import StunPart
from natscope.errors import UserError
from natscope.host.api import Host
from natscope.host.real.relay_listen import TcpTimes
from natscope.machines.derp.forwarded import parse_networks
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import FrontLimits, RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.relay.config import LimitsConfig, RelayConfig, TlsMode
from natscope.relay.key_file import KeyFile, load_or_make
from natscope.relay.log import Level, Log
from natscope.relay.mesh_key import load_mesh_key
from natscope.relay.metrics_page import MetricsPage
from natscope.relay.names_part import NamesPart
from natscope.relay.rate_file import RatePart
from natscope.relay.seams import Admission, Certificates, MeshPeers
from natscope.relay.service import RelayService, http_date
from natscope.web.metrics import GAUGE, Family
from natscope.wire.keys import PrivateKey

if TYPE_CHECKING:
    from types import FrameType


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What listens from now on. `key` is the relay's public key, 64 hex digits."""

    listen: tuple[Endpoint, ...]
    http: tuple[Endpoint, ...]
    stun: tuple[Endpoint, ...]
    metrics: Endpoint | None
    tls: TlsMode
    key: str
    pin: str = ""
    """Of a self-signed certificate: 64 hex digits."""
    host_name: str = ""
    """What that certificate is for."""


class Running:
    """A relay that is bound: `ready` tells where. `service.serve()` blocks; then `close`."""

    def __init__(self, config: RelayConfig, host: Host, log: Log) -> None:
        """Bind everything. Raises `UserError`, `CannotMeasure` and `HostError`."""
        key = _key(config, host, log)
        relay = Relay(key.private, _settings(config))
        proxies = parse_networks(config.trusted_proxies)
        front = Front(relay, _pages(config), lambda: http_date(host), _front_limits(config.limits), proxies)
        self.stun = StunPart(config.stun)
        self.rate = RatePart(config.limits.rate_file)
        certificates = make_certificates(config, key.private, host, log, front.pages)
        self.metrics = MetricsPage(config.metrics, (lambda: _expiry(certificates),), (self.stun.metrics,))
        names = NamesPart(config.names, config.unlisted_names)
        self.service = RelayService(
            host, front, log, admission=make_admission(config, host, log), certificates=certificates,
            mesh=make_mesh(config, key.private, host, log), parts=(self.rate, self.stun, self.metrics, names),
            drain_s=config.drain_s, tcp=_tcp_times(config.limits),
        )  # fmt: skip
        try:
            listen, http = self.service.open(config.listen, config.http)
        except BaseException:
            self.service.close()
            raise
        self.ready = Ready(
            listen=tuple(listen), http=tuple(http), stun=self.stun.listening, metrics=self.metrics.listening,
            tls=config.tls.mode, key=key.private.public.hex(), pin=_pin(config, certificates),
            host_name=_host_name(config, certificates),
        )  # fmt: skip


def serve(config: RelayConfig, host: Host, log: Log, on_ready: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT; must run in the main thread. Raises what `Running` raises."""
    running = Running(config, host, log)
    try:
        with _signals(running.service):
            on_ready(running.ready)
            running.service.serve()
    finally:
        running.service.close()


def make_admission(config: RelayConfig, host: Host, log: Log) -> Admission | None:
    """Who decides about clients; None lets everybody in."""
    if not (config.admission.tailscaled or config.admission.url):
        return None
    from natscope.apps.derp_admission import build_admission

    return build_admission(config.admission, host, log)


def make_certificates(
    config: RelayConfig, private: PrivateKey, host: Host, log: Log, pages: Pages
) -> Certificates | None:
    """The certificate as configured; None for plain HTTP. HTTP-01 answers go into `pages.challenges`."""
    tls = config.tls
    if tls.mode is TlsMode.OFF:
        return None
    if tls.mode is TlsMode.ACME:
        from natscope.apps.derp_acme import build_acme

        return build_acme(config, private, host, log, pages)
    from natscope.apps.derp_certificates import build_files

    return build_files(config, private, host, log)


def make_mesh(config: RelayConfig, private: PrivateKey, host: Host, log: Log) -> MeshPeers | None:
    """Links to the other relays of the region; None for a relay that stands alone."""
    if not config.mesh.peers:
        return None
    from natscope.relay.mesh import MeshLinks
    from natscope.relay.mesh_peers import parse_mesh_peers

    key = load_mesh_key(config.mesh)
    if not key:
        raise UserError("--mesh-with needs the mesh key that the relays share", hint="--mesh-key-file FILE")
    return MeshLinks(host, private, key, parse_mesh_peers(config.mesh.peers), log)


def _expiry(certificates: Certificates | None) -> list[Family]:
    """When the certificate in use ends, for an alert before it does."""
    facts = getattr(certificates, "facts", None)
    if facts is None:
        return []
    words = "When the certificate expires, seconds since 1970."
    return [Family("natscope_certificate_expires_seconds", GAUGE, words, {"": facts.expires.timestamp()})]


def _pin(config: RelayConfig, certificates: Certificates | None) -> str:
    facts = getattr(certificates, "facts", None)
    return facts.pin if facts is not None and config.tls.mode is TlsMode.SELF_SIGNED else ""


def _host_name(config: RelayConfig, certificates: Certificates | None) -> str:
    facts = getattr(certificates, "facts", None)
    return config.hostname or (facts.names[0] if facts is not None and facts.names else "")


def _key(config: RelayConfig, host: Host, log: Log) -> KeyFile:
    random = host.rng.bytes(32)
    if not config.key_file:
        return KeyFile(PrivateKey(random), is_new=True)
    key = load_or_make(config.key_file, random)
    if key.warning:
        log.say("key-file", key.warning, Level.WARNING)
    if key.is_new:
        log.say("key-file", f"new relay key, kept in {config.key_file}")
    return key


def _settings(config: RelayConfig) -> RelaySettings:
    return RelaySettings(write_limit_s=config.limits.write_timeout_s, mesh_key=load_mesh_key(config.mesh))


def _front_limits(limits: LimitsConfig) -> FrontLimits:
    return FrontLimits(accepts_per_s=limits.accept_rate or math.inf, accept_burst=limits.accept_burst)


def _tcp_times(limits: LimitsConfig) -> TcpTimes:
    return TcpTimes(limits.tcp_keepalive_s, limits.tcp_user_timeout_s)


def _pages(config: RelayConfig) -> Pages:
    return Pages(
        home=config.home or "default",
        behind_proxy=config.tls.mode is TlsMode.OFF,
        is_relay=config.is_relay,
        challenges={},
    )


@contextlib.contextmanager
def _signals(service: RelayService) -> Iterator[None]:
    """SIGTERM and SIGINT drain, a second one ends at once, SIGHUP reads files again."""

    def drain(_: int, __: FrameType | None) -> None:
        service.drain()

    def reload(_: int, __: FrameType | None) -> None:
        service.reload()

    handlers = {signal.SIGTERM: drain, signal.SIGINT: drain, signal.SIGHUP: reload}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
