"""What goes wrong, and when: a schedule of faults as values, applied by the timeline.

Times are seconds from the moment of scheduling. Faults of one kind may overlap: the last one to end ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from natscope.model.endpoint import IPAddress
from natscope.sim.dns import DnsServer, Manner
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec, Pipe
from natscope.sim.site import Site
from natscope.sim.topology import Network

Restart: TypeAlias = Callable[[SimHost], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The links that lead up from these nodes carry nothing for a while."""

    at_s: float
    lasts_s: float
    nodes: tuple[str, ...]

    def begin(self, net: Network) -> None:
        """Cut."""
        for pipe in self._pipes(net):
            pipe.cut()
        net.timeline.after(self.lasts_s, self._end, net)

    def _end(self, net: Network) -> None:
        for pipe in self._pipes(net):
            pipe.mend()

    def _pipes(self, net: Network) -> list[Pipe]:
        return [pipe for name in self.nodes for pipe in net.uplinks[name]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """A link becomes slower, lossier or narrower, in both directions."""

    at_s: float
    node: str
    spec: LinkSpec

    def begin(self, net: Network) -> None:
        """Change it; packets on their way are not touched."""
        for pipe in net.uplinks[self.node]:
            pipe.change(self.spec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Congestion:
    """The links that lead up from these nodes are slower by `extra_s` each way for a while."""

    at_s: float
    lasts_s: float
    nodes: tuple[str, ...]
    extra_s: float

    def begin(self, net: Network) -> None:
        """Slow down."""
        self._add(net, self.extra_s)
        net.timeline.after(self.lasts_s, self._add, net, -self.extra_s)

    def _add(self, net: Network, seconds: float) -> None:
        for name in self.nodes:
            for pipe in net.uplinks[name]:
                pipe.change(replace(pipe.spec, latency_s=max(0.0, pipe.spec.latency_s + seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NatReboot:
    """A NAT loses its mappings; with `renumbered` it comes back with other addresses (`external`, or free ones)."""

    at_s: float
    site: Site
    renumbered: bool = True
    external: tuple[IPAddress, ...] = ()

    def begin(self, net: Network) -> None:
        """Restart."""
        assert self.site.up is not None
        if self.renumbered:
            net.renumber(self.site, self.external)
        else:
            for family in (4, 6):
                self.site.router.reboot_nat(self.site.up, family)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceChange:
    """A host leaves one network and joins another: old addresses and routes go, a new interface comes."""

    at_s: float
    host: SimHost
    leaves: str
    joins: Site
    as_interface: str = "wlan0"

    def begin(self, net: Network) -> None:
        """Move."""
        net.detach(self.host.node, self.leaves)
        net.attach(self.host.node, self.joins, self.as_interface)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """The programs of a host end: ports close, connections are reset. `restart` begins after `lasts_s`.

    `power` True is a machine that goes dark: nothing is answered at all meanwhile.
    """

    at_s: float
    host: SimHost
    lasts_s: float
    restart: Restart | None = None
    power: bool = False

    def begin(self, net: Network) -> None:
        """Crash."""
        node = self.host.node
        node.crashes += 1
        node.is_on = node.is_on and not self.power
        for task in list(self.host.tasks):
            task.cancel()
        for connection in list(node.stack.connections.values()):
            connection.abort()
        node.stack.listeners.clear()
        node.stack.udp.clear()
        net.timeline.after(self.lasts_s, self._end, net)

    def _end(self, net: Network) -> None:
        node = self.host.node
        node.crashes -= 1
        if node.crashes:
            return  # it has crashed again meanwhile
        node.is_on = True
        if self.restart is not None:
            net.start(self.host, self.restart(self.host))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """Somebody sets a host's wall clock; its monotonic clock does not notice."""

    at_s: float
    host: SimHost
    seconds: float

    def begin(self, net: Network) -> None:
        """Set it."""
        self.host.wall.wrong_by_s += self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsOutage:
    """A name server behaves otherwise for a while."""

    at_s: float
    lasts_s: float
    server: DnsServer
    manner: Manner = Manner.HANG

    def begin(self, net: Network) -> None:
        """Go wrong."""
        self.server.outages.append(self.manner)
        net.timeline.after(self.lasts_s, self.server.outages.remove, self.manner)


Fault: TypeAlias = Partition | Congestion | LinkChange | NatReboot | InterfaceChange | Crash | ClockJump | DnsOutage


def schedule(net: Network, faults: Iterable[Fault]) -> None:
    """Let them happen, counted from now."""
    for fault in faults:
        net.timeline.after(fault.at_s, fault.begin, net)
