"""One simulated computer as a `Host`: its links, its ICMP, and everything else put together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from natscope.host.api import (
    CAPABILITIES,
    DefaultRoute,
    EchoReply,
    Failure,
    Host,
    HostError,
    Identity,
    Interface,
    LinkFacts,
)  # fmt: skip
from natscope.machines.nat.packet import IcmpError, Packet, icmp_of, unpack
from natscope.model.endpoint import IPAddress
from natscope.model.report import SIMULATED
from natscope.sim.binding import LOOPBACK, Binder
from natscope.sim.clock import SimClock
from natscope.sim.dns import SimResolver
from natscope.sim.icmp import Complaint, failure_of
from natscope.sim.node import LOOPBACK_MTU, Node, Port
from natscope.sim.rng import SimRng
from natscope.sim.stack import MAX_ECHOES
from natscope.sim.stream import SimStreams
from natscope.sim.system import SimSystem
from natscope.sim.tls import Trust
from natscope.sim.udp import SimUdp

MAX_ECHO_BYTES = 1400
_ECHO_BYTES = {4: 28, 6: 48}
LOOPBACK_NAME = "lo"


class SimLinks:
    """The interfaces and routes of a node."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._node = binder.node

    async def look(self) -> LinkFacts:
        """As they are now."""
        ports = [LOOPBACK_NAME, *self._node.ports]
        index = {name: number for number, name in enumerate(ports, start=1)}
        interfaces = tuple(_interface(port, index[port.name]) for port in self._node.ports.values())
        families = self._node.families
        loopback = Interface(
            LOOPBACK_NAME, 1, "loopback", True, LOOPBACK_MTU, tuple(LOOPBACK[f] for f in (4, 6) if f in families)
        )
        routes = tuple(
            DefaultRoute(4 if r.network.version == 4 else 6, r.way.name, r.gateway, r.metric)
            for r in self._node.routes.entries()
            if r.network.prefixlen == 0 and r.way.up
        )
        return LinkFacts((loopback, *interfaces), routes, True, 6 in families, 4 in families)

    async def source_for(self, target: IPAddress) -> IPAddress | None:
        """The address towards `target`, None without a route."""
        return self._binder.source_or_none(target)


class SimIcmp:
    """Echo requests."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder

    async def echo(self, target: IPAddress, *, payload: bytes, timeout_s: float) -> EchoReply:
        """One echo with at most 1,400 bytes. Raises `HostError`: TIMEOUT for silence."""
        doing = f"ICMP echo to {target}"
        if len(payload) > MAX_ECHO_BYTES:
            raise HostError(Failure.MESSAGE_TOO_LONG, f"an echo carries at most {MAX_ECHO_BYTES} bytes")
        source = self._binder.source(target, None, None, doing)
        if len(self._binder.node.stack.echoes) >= MAX_ECHOES:
            raise HostError(Failure.OTHER, f"{doing}: too many echoes wait for their answers")
        node, answer = self._binder.node, asyncio.get_running_loop().create_future()

        def arrived(packet: Packet) -> None:
            if not answer.done() and (isinstance(packet, IcmpError) or packet.src == int(target)):
                answer.set_result((packet, node.world.timeline.now))

        identifier = node.stack.new_echo(arrived)
        sent_at = node.world.timeline.now
        family = target.version
        request = Packet(
            icmp_of(family),
            int(source),
            identifier,
            int(target),
            0,
            family,
            _ECHO_BYTES[family] + len(payload),
            payload,
        )
        try:
            complaint = node.send(request)
            if complaint is Complaint.FORBIDDEN:
                raise HostError(Failure.PERMISSION, f"{doing}: not permitted: a local firewall rule")
            if complaint is not None:
                raise HostError(Failure.UNREACHABLE_NET, f"{doing}: there is no route to that network")
            async with asyncio.timeout(timeout_s):
                packet, at = await answer
        except TimeoutError as error:
            raise HostError(Failure.TIMEOUT, f"{doing}: no answer within {timeout_s:g} s") from error
        finally:
            node.stack.echoes.pop(identifier, None)
        failure = failure_of(packet) if isinstance(packet, IcmpError) else None
        return EchoReply(at - sent_at, unpack(packet.src, family), failure)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimHost(Host):
    """A `Host` with a handle on the simulation behind it: `wall`, `names` and `own` are its clock, resolver and system.

    `tasks` are those that `Network.start` runs on this computer: a crash ends them.
    """

    node: Node
    wall: SimClock
    names: SimResolver
    own: SimSystem
    tasks: dict[asyncio.Task[None], None] = field(default_factory=dict)


def build_host(node: Node, trust: Trust, environ: dict[str, str] | None = None) -> SimHost:
    """A computer on a node."""
    binder = Binder(node)
    clock = SimClock(node.world.timeline)
    udp = SimUdp(binder)
    rng = SimRng(node.world.seed, node.name)
    resolver = SimResolver(udp, SimRng(node.world.seed, f"{node.name}/resolver"))
    system = SimSystem(node)
    return SimHost(
        identity=Identity(node.name, SIMULATED, "0", "virtual", "3"),
        clock=clock,
        rng=rng,
        udp=udp,
        streams=SimStreams(binder, trust, clock),
        resolver=resolver,
        links=SimLinks(binder),
        icmp=SimIcmp(binder),
        environ=environ or {},
        node=node,
        wall=clock,
        names=resolver,
        own=system,
        system=system,
        capabilities=CAPABILITIES | {"system"},
    )


def _interface(port: Port, index: int) -> Interface:
    mtu = port.pipe.mtu if port.pipe is not None else None
    addresses = tuple(a.ip for a in port.addresses)
    return Interface(port.name, index, port.kind, port.up, mtu, addresses)
