"""Plugs nodes into sites: interfaces, the two pipes between them, addresses and default routes."""

from __future__ import annotations

import ipaddress

from natscope.model.endpoint import Family, IPAddress
from natscope.sim.link import LinkSpec, Pipe
from natscope.sim.node import Node, Port
from natscope.sim.site import Site
from natscope.sim.world import World

FIRST_PORT = "eth0"
EVERYWHERE = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("::/0")}
FAMILIES: tuple[Family, ...] = (4, 6)
_METRIC_STEP = 100


class Wiring:
    """`uplinks` are the pipes up and down of each plugged interface: `NODE` for its first, else `NODE.INTERFACE`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.uplinks: dict[str, tuple[Pipe, Pipe]] = {}

    def plug(
        self,
        node: Node,
        at: Site,
        link: LinkSpec,
        back: LinkSpec | None = None,
        *,
        wanted: tuple[IPAddress | None, IPAddress | None] = (None, None),
        families: tuple[int, ...] = FAMILIES,
        name: str = FIRST_PORT,
    ) -> Port:
        """A new interface of `node`, wired to a new port of the site's router; `back` is the direction down."""
        near, far = node.add_port(name), at.new_port()
        up = Pipe(self._world, f"{node.name}.{name}>{at.router.name}", link, far)
        down = Pipe(self._world, f"{at.router.name}>{node.name}.{name}", back or link, near)
        near.pipe, far.pipe = up, down
        at.ports_to[near] = far
        self.uplinks[node.name if name == FIRST_PORT else f"{node.name}.{name}"] = up, down
        for family, ip in zip(FAMILIES, wanted, strict=True):
            if family in families:
                self.give(node, near, at, family, ip)
        return near

    def give(self, node: Node, port: Port, at: Site, family: Family, wanted: IPAddress | None) -> None:
        """An address of the site where it has one of that family; the default route comes with the first."""
        is_first = port.address(family) is None
        address = at.take(family, at.ports_to[port], wanted)
        if address is None:
            return
        node.add_address(port, address)
        everywhere = EVERYWHERE[family]
        has_route = any(r.network == everywhere and r.way is port for r in node.routes.entries())
        if is_first and not has_route:
            node.routes.add(everywhere, port, at.gateway(family), metric=_METRIC_STEP * (len(node.ports) - 1))
