"""What a simulated computer knows of itself: interfaces and routes are the node's, the rest is told to it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from natscope.host.system_api import (
    ConnectionTable,
    Container,
    Device,
    FirewallFacts,
    RouteChoice,
    SystemFacts,
    SystemRoute,
)  # fmt: skip
from natscope.model.endpoint import IPAddress
from natscope.model.packet_filter import RuleSet
from natscope.sim.guarded import GuardedNode
from natscope.sim.node import Node, Port

BUFFER_BYTES = 212_992
_NO_METER = "a simulated network has no tariff"


class SimSystem:
    """`facts` holds what scenarios decide; `drivers` of interfaces that are no Ethernet; `may_read` the rules."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.drivers: dict[str, str] = {}
        self.facts = SystemFacts(
            receive_buffer_max=BUFFER_BYTES,
            receive_buffer_default=BUFFER_BYTES,
            conntrack_count=0,
            conntrack_max=262_144,
            container=Container(),
            wsl=0,
            cloud="",
            clock_synchronised=True,
            suites=(),
            unread={"metered": _NO_METER},
        )
        self.table = ""
        """Its own table of connections, as Linux prints it; what is translated elsewhere is the routers' business."""
        self.unreadable = ""
        """Why the rules may not be read; empty when they may."""

    async def look(self, *, thorough: bool = False) -> SystemFacts:
        """As it is now."""
        here, ports = self._node.here, {id(port): port for port in self._node.ports.values()}
        routes = tuple(
            SystemRoute(
                family=4 if r.network.version == 4 else 6,
                destination=str(r.network),
                interface=r.way.name,
                gateway="" if r.gateway is None else str(r.gateway),
                metric=r.metric,
            )
            for r in self._node.routes.entries()
            if r.way is not here and id(r.way) in ports
        )
        devices = tuple(self._device(port) for port in ports.values())
        return msgspec.structs.replace(
            self.facts, devices=devices, routes=routes, source_drops=await self.source_drops()
        )

    async def source_drops(self) -> int | None:
        """Packets that the check of source addresses has dropped."""
        return self._node.source_drops if isinstance(self._node, GuardedNode) else 0

    async def route_to(self, targets: Sequence[IPAddress], *, mark: int = 0) -> tuple[RouteChoice, ...]:
        """As the node would send; marks make no difference."""
        return tuple(self._choice(target) for target in targets)

    async def firewall(self, *, timeout_s: float) -> FirewallFacts:
        """The node's rules with their counters."""
        if self.unreadable:
            return FirewallFacts(reason=self.unreadable, hint="run it as root")
        wall = self._node.wall if isinstance(self._node, GuardedNode) else None
        return FirewallFacts(rules=RuleSet() if wall is None else wall.rules())

    async def connections(self) -> ConnectionTable:
        """Those of `table`."""
        return ConnectionTable(text=self.table)

    def _device(self, port: Port) -> Device:
        is_strict = isinstance(self._node, GuardedNode) and port.name in self._node.strict
        return Device(
            name=port.name,
            driver=self.drivers.get(port.name, port.kind),
            up=port.up,
            state="up" if port.up else "down",
            addresses=tuple(str(a.ip) for a in port.addresses),
            strict_source=is_strict,
        )

    def _choice(self, target: IPAddress) -> RouteChoice:
        family = 4 if target.version == 4 else 6
        way = self._node.routes.lookup(int(target), family)
        if way is None or not way.up:
            return RouteChoice(target=str(target), failure="network is unreachable")
        if way is self._node.here:
            return RouteChoice(target=str(target), interface="lo", source=str(target), table=255)
        gateways = [r.gateway for r in self._node.routes.entries() if r.way is way and r.network.prefixlen == 0]
        source = way.address(family)
        return RouteChoice(
            target=str(target),
            interface=way.name,
            gateway="" if not gateways or gateways[0] is None else str(gateways[0]),
            source="" if source is None else str(source),
            table=254,
        )
