"""The relay of one process: everything that follows its configuration, at the start and while it serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from natscope.apps.derp_parts import (
    front_limits,
    make_admission,
    make_certificates,
    make_mesh,
    make_pages,
    mesh_of,
    relay_settings,
    tcp_times,
)  # fmt: skip
from natscope.host.api import Host
from natscope.host.real.relay_loop import RelayLoop
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.forwarded import parse_networks
from natscope.machines.derp.front import Front
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import FrontLimits
from natscope.relay.admission import AskedAdmission, admission_metrics
from natscope.relay.config import LimitsConfig, RelayConfig
from natscope.relay.log import Log
from natscope.relay.mesh import MeshLinks
from natscope.relay.names_part import NamesPart
from natscope.relay.rate_file import RatePart, read_rate_file
from natscope.relay.service import Part, RelayService, http_date
from natscope.web.metrics import GAUGE, Family
from natscope.wire.keys import PrivateKey

if TYPE_CHECKING:
    from natscope.model.endpoint import IPAddress
    from natscope.relay.seams import Certificates

LIVE = frozenset(
    {
        "admission.fail_open", "admission.socket", "admission.tailscaled", "admission.url", "bootstrap_dns.names",
        "bootstrap_dns.unlisted", "drain", "home", "limits.accept_burst", "limits.accept_rate", "limits.rate_file",
        "limits.write_timeout", "mesh.key", "mesh.key_file", "mesh.with", "relay", "stun.rate", "stun.trains",
        "trusted_proxies",
    }
)  # fmt: skip
"""Settings that `reconfigure` (of this, and of STUN beside it) carries out; all others want a restart."""


class RelayProcess:
    """One process' relay; `service` runs it. `limits` says what strangers may take of it."""

    def __init__(
        self, config: RelayConfig, private: PrivateKey, host: Host, log: Log, *, parts: Sequence[Part] = (),
        limits: Callable[[LimitsConfig], FrontLimits] = front_limits, make_loop: Callable[..., RelayLoop] = RelayLoop,
    ) -> None:  # fmt: skip
        """Nothing is bound yet. Raises `UserError` and `CannotMeasure`."""
        self._config = config
        self._private = private
        self._host = host
        self._log = log
        self._limits = limits
        self.on_known: Callable[[bytes, IPAddress], None] | None = None
        """Hears of each client whose admission was asked about and is remembered."""
        relay = Relay(private, relay_settings(config))
        proxies = parse_networks(config.trusted_proxies)
        self.front = Front(relay, make_pages(config), lambda: http_date(host), limits(config.limits), proxies)
        self.rate = RatePart(config.limits.rate_file)
        self.names = NamesPart(config.names, config.unlisted_names)
        self.certificates = make_certificates(config, private, host, log, self.front.pages)
        self.admission = self._admission(config)
        self._mesh = make_mesh(config, private, host, log)
        self.service = RelayService(
            host, self.front, log, admission=self.admission, certificates=self.certificates, mesh=self._mesh,
            parts=(*parts, self.rate, self.names), drain_s=config.drain_s, tcp=tcp_times(config.limits),
            make_loop=make_loop,
        )  # fmt: skip

    def reconfigure(self, config: RelayConfig) -> None:
        """Take what can change while it serves; on the loop of `aside`.

        Raises `UserError` and `CannotMeasure`; then nothing has changed.
        """
        old, settings = self._config, relay_settings(config)
        (peers, _), proxies = mesh_of(config.mesh), parse_networks(config.trusted_proxies)
        if config.limits.rate_file:
            read_rate_file(config.limits.rate_file)
        if config.admission != old.admission:
            before = self.admission
            self.admission = self._admission(config)
            if self.admission is not None and before is not None:
                self.admission.counters = before.counters
        self._config = config
        self.service.admission = self.admission
        self.service.drain_s = config.drain_s
        self.rate.path = config.limits.rate_file
        self.names.change(config.names, config.unlisted_names)

        def act(_: float) -> Effects:
            pages = self.front.pages
            pages.home, pages.is_relay = config.home or "default", config.is_relay
            self.front.reconfigure(self._limits(config.limits), proxies)
            return self.front.relay.reconfigure(
                write_limit_s=settings.write_limit_s, mesh_key=settings.mesh_key,
                other_mesh_keys=settings.other_mesh_keys,
            )  # fmt: skip

        self.service.post(act)
        if self._mesh is not None:
            self._mesh.change(peers, settings.mesh_key)
        elif peers:
            self._mesh = MeshLinks(self._host, self._private, settings.mesh_key, peers, self._log)
            self.service.keep_mesh(self._mesh)

    def _admission(self, config: RelayConfig) -> AskedAdmission | None:
        admission = make_admission(config, self._host, self._log)
        if admission is not None:
            admission.on_known = self._known
        return admission

    def _known(self, key: bytes, ip: IPAddress) -> None:
        if self.on_known is not None:
            self.on_known(key, ip)

    def families(self) -> list[Family]:
        """Metrics of what stands beside the machine."""
        return [*expiry(self.certificates), *admission_metrics(self.admission)]


def expiry(certificates: Certificates | None) -> list[Family]:
    """When the certificate in use ends, for an alert before it does."""
    if certificates is None or certificates.facts is None:
        return []
    words = "When the certificate expires, seconds since 1970."
    return [Family("natscope_certificate_expires_seconds", GAUGE, words, {"": certificates.facts.expires.timestamp()})]
