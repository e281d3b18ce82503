"""The transport side of a node: which program gets a packet, and what the system says when none wants it.

UDP ends and TCP listeners are looked up by address and port, then by port alone; TCP connections by both ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from natscope.machines.nat.packet import ACK, ICMP, ICMPV6, RST, SYN, TCP, UDP, IcmpError, Packet
from natscope.sim.icmp import Complaint, complain, complaint_of
from natscope.sim.rng import seed_bytes
from natscope.sim.segment import Segment

if TYPE_CHECKING:
    from natscope.sim.node import Node

End: TypeAlias = tuple[int, int]
"""A packed address (or `ANY` of a family) and a port."""
ANY = {4: -4, 6: -6}
FIRST_EPHEMERAL, LAST_EPHEMERAL = 32_768, 60_999
"""Linux's range."""
MAX_PATHS = 1024
"""So many path MTUs are remembered."""
MAX_ECHOES = 65_535
"""There are no more identifiers; whoever asks for one makes sure that one is free."""
_TCP_BYTES = {4: 40, 6: 60}
_MIN_MTU = {4: 68, 6: 1280}


class UdpEnd(Protocol):
    """A bound UDP port. It is called directly, at the time of arrival."""

    def take(self, packet: Packet) -> None:
        """A datagram."""
        ...

    def take_error(self, error: IcmpError) -> None:
        """An error about a datagram that left from here."""
        ...


class TcpEnd(Protocol):
    """One connection."""

    def take(self, packet: Packet, segment: Segment) -> None:
        """A segment."""
        ...

    def take_error(self, error: IcmpError) -> None:
        """An error about a segment of ours."""
        ...

    def abort(self) -> None:
        """End it by a reset."""
        ...


Accept: TypeAlias = Callable[[Packet], "TcpEnd | None"]
"""Makes a connection for a SYN; None is a full backlog."""
EchoEnd: TypeAlias = Callable[[Packet], None]
"""Takes the echo reply or the error about a request."""


class Stack:
    """`refuses` False is a host whose firewall is silent about ports that nobody has. `pings` False never answers."""

    __slots__ = (
        "_next_echo", "_next_port", "_node", "connections", "echoes", "listeners", "path_mtu", "pings", "refuses",
        "udp",
    )  # fmt: skip

    def __init__(self, node: Node) -> None:
        self._node = node
        self._next_port = (
            FIRST_EPHEMERAL + int.from_bytes(seed_bytes(node.world.seed, "ports", node.name)[:2], "big") % 20_000
        )
        self._next_echo = 1
        self.udp: dict[End, UdpEnd] = {}
        self.listeners: dict[End, Accept] = {}
        self.connections: dict[tuple[End, End], TcpEnd] = {}
        self.echoes: dict[int, EchoEnd] = {}
        self.path_mtu: dict[int, int] = {}
        self.refuses = True
        self.pings = True

    def free_port(self, taken: Callable[[int], bool]) -> int | None:
        """The next ephemeral port that is not `taken`, None when all are."""
        for _ in range(FIRST_EPHEMERAL, LAST_EPHEMERAL + 1):
            port = self._next_port
            self._next_port = port + 1 if port < LAST_EPHEMERAL else FIRST_EPHEMERAL
            if not taken(port):
                return port
        return None

    def new_echo(self, end: EchoEnd) -> int:
        """An identifier for an echo request, 1 to 65535."""
        identifier = self._next_echo
        while identifier in self.echoes:
            identifier = identifier % MAX_ECHOES + 1
        self._next_echo = identifier % MAX_ECHOES + 1
        self.echoes[identifier] = end
        return identifier

    def wants(self, packet: Packet) -> bool:
        """Whether there is a program (or the system itself) for a packet that is not simply refused."""
        if isinstance(packet, IcmpError):
            return True
        if packet.proto == UDP:
            return self._udp_end(packet) is not None
        if packet.proto == TCP:
            return self._connection(packet) is not None or self._listener(packet) is not None
        return self.pings if packet.dport == 0 else packet.dport in self.echoes

    def deliver(self, packet: Packet) -> None:
        """Hand a packet to whom it is for."""
        if packet.proto == UDP:
            end = self.udp.get((packet.dst, packet.dport)) or self._udp_end(packet)
            if end is not None:
                end.take(packet)
            elif self.refuses:
                self._answer(complain(packet, Complaint.PORT_UNREACHABLE, packet.dst))
        elif packet.proto == TCP:
            self._deliver_tcp(packet)
        elif isinstance(packet, IcmpError):
            self._deliver_error(packet)
        elif packet.proto in (ICMP, ICMPV6):
            self._deliver_echo(packet)

    def _udp_end(self, packet: Packet) -> UdpEnd | None:
        end = self.udp.get((packet.dst, packet.dport))
        return end if end is not None else self.udp.get((ANY[packet.family], packet.dport))

    def _connection(self, packet: Packet) -> TcpEnd | None:
        return self.connections.get(((packet.dst, packet.dport), (packet.src, packet.sport)))

    def _listener(self, packet: Packet) -> Accept | None:
        accept = self.listeners.get((packet.dst, packet.dport))
        return accept if accept is not None else self.listeners.get((ANY[packet.family], packet.dport))

    def _deliver_tcp(self, packet: Packet) -> None:
        segment = packet.payload
        if not isinstance(segment, Segment):
            return
        connection = self._connection(packet)
        if connection is None and packet.flags & (SYN | ACK) == SYN:
            accept = self._listener(packet)
            connection = accept(packet) if accept is not None else None
        if connection is not None:
            connection.take(packet, segment)
        elif self.refuses and not packet.flags & RST:
            self._reset(packet)

    def _reset(self, packet: Packet) -> None:
        answer = Packet(
            TCP, packet.dst, packet.dport, packet.src, packet.sport, packet.family, _TCP_BYTES[packet.family],
            Segment(), flags=RST | ACK,
        )  # fmt: skip
        self._node.send(answer)

    def _deliver_error(self, error: IcmpError) -> None:
        inner = error.inner
        if complaint_of(error) is Complaint.TOO_BIG:
            self._learn_mtu(inner.dst, max(error.mtu, _MIN_MTU[error.family]))
        if inner.proto == UDP:
            ours = (inner.src, inner.sport)
            end = self.udp.get(ours) or self.udp.get((ANY[inner.family], inner.sport))
            if end is not None:
                end.take_error(error)
        elif inner.proto == TCP:
            connection = self.connections.get(((inner.src, inner.sport), (inner.dst, inner.dport)))
            if connection is not None:
                connection.take_error(error)
        elif inner.dport == 0 and inner.sport in self.echoes:
            self.echoes[inner.sport](error)

    def _learn_mtu(self, destination: int, mtu: int) -> None:
        if len(self.path_mtu) >= MAX_PATHS:
            del self.path_mtu[next(iter(self.path_mtu))]
        self.path_mtu[destination] = mtu

    def _deliver_echo(self, packet: Packet) -> None:
        if packet.sport == 0:
            waiting = self.echoes.get(packet.dport)
            if waiting is not None:
                waiting(packet)
        elif packet.dport == 0 and self.pings:
            reply = Packet(
                packet.proto, packet.dst, 0, packet.src, packet.sport, packet.family, packet.length, packet.payload
            )  # fmt: skip
            self._node.send(reply)

    def _answer(self, error: IcmpError | None) -> None:
        if error is not None:
            self._node.send(error)
