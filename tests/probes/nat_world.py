"""One host behind a simulated router, measured by chosen probes; with losses; counts what is left behind."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import Any

from natscope.apps.netcheck import replay
from natscope.machines.nat.config import NatConfig
from natscope.model.observation import Observation
from natscope.model.report import NatFamilyReport, Report
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.netcheck.record import RunRecord
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.site import Site
from natscope.sim.topology import Network
from tests.sim.relays import Relays, measure


@dataclass(frozen=True)
class Measured:
    """`sockets` are UDP sockets still open on the host after the run, `tasks` and `threads` the same of the program."""

    record: RunRecord
    report: Report
    sockets: int
    threads: int

    @property
    def nat(self) -> NatFamilyReport:
        return self.report.nat.v4

    def observed(self, kind: str) -> list[Observation]:
        return [o for o in self.record.observations if o.kind == kind]

    def packets(self, probe: str) -> int:
        return next(p.packets_sent for p in self.record.probes if p.name == probe)


def behind(
    nat: str | NatConfig,
    *only: str,
    seed: int = 1,
    loss: float = 0.0,
    external: int = 1,
    addresses: int = 1,
    far_s: float = 0.01,
    **options: Any,
) -> Measured:
    """A run behind that router. `loss` is that of the uplink, each way; the home's own network loses half as much."""
    with Network(seed) as net:
        internet = net.internet()
        relays = Relays(net, internet, far_s=far_s)
        site = home(net, internet, nat, loss, external)
        host = net.host("alice", at=site, link=LinkSpec(latency_s=0.0005, loss=loss / 2))
        for number in range(1, addresses):
            net.attach(host.node, site, f"eth{number}")
        return run(net, host, relays, ("relay_stun", "interfaces", *only), **options)


def home(net: Network, internet: Site, nat: str | NatConfig, loss: float, external: int) -> Site:
    """The router."""
    what: dict[str, Any] = {"kind": nat} if isinstance(nat, str) else {"config": nat}
    return net.nat("home", at=internet, count=external, link=LinkSpec(latency_s=0.005, loss=loss), **what)


def run(net: Network, host: SimHost, relays: Relays, only: tuple[str, ...], **options: Any) -> Measured:
    """The measurement."""
    threads = threading.active_count()
    chosen = with_limit(NetcheckOptions(only=only, **options), timeout_given="timeout_s" in options)
    given = {name: getattr(chosen, name) for name in chosen.__struct_fields__}
    record = net.run(measure(host, relays.map, **given))
    left = len(host.node.stack.udp)
    return Measured(record, replay(record).report, left, threading.active_count() - threads)


async def soon(seconds: float, event: asyncio.Event) -> None:
    """Set an event later."""
    await asyncio.sleep(seconds)
    event.set()
