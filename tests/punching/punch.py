"""Two plain UDP hole punchers: what really connects in a simulated network. Nothing here is the product's.

Each asks a reflector for its public endpoint, tells the other all its endpoints, then both send to all of them at the
same time, five times a second. Whoever hears something answers to where it came from, and tries that endpoint too. A
side has arrived when its own question was answered; the two are direct when both have.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from natscope.machines.nat.packet import UDP, IcmpError, Packet, unpack
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.sim.host import SimHost
from natscope.sim.topology import Network
from natscope.sim.udp import HEADER_BYTES

REFLECTOR_PORT, PORT, EVERY_S, ROUNDS = 3478, 41641, 0.2, 4
REFLECTORS = ("198.51.100.200", "198.51.100.201")
ASK, TELL, PING, PONG = b"ask", b"tell", b"ping", b"pong"


class Reflector:
    """Tells who asks where the question came from."""

    def __init__(self, host: SimHost) -> None:
        self.host = host
        for port in host.node.ports.values():
            for address in port.addresses:
                host.node.stack.udp[int(address.ip), REFLECTOR_PORT] = self

    def take(self, packet: Packet) -> None:
        seen = str(Endpoint(unpack(packet.src, packet.family), packet.sport)).encode()
        _send(self.host, packet.dst, REFLECTOR_PORT, packet.src, packet.sport, packet.family, TELL + seen)

    def take_error(self, error: IcmpError) -> None:
        """Nobody asks any more."""


@dataclass
class Puncher:
    """One side: one socket per address of its host, all on one port."""

    host: SimHost
    mine: dict[Endpoint, None] = field(default_factory=dict)
    theirs: dict[tuple[Endpoint, int], None] = field(default_factory=dict)
    arrived: dict[Endpoint, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.locals: list[IPAddress] = [a.ip for p in self.host.node.ports.values() for a in p.addresses]
        for ip in self.locals:
            self.host.node.stack.udp[int(ip), PORT] = self
            self.mine[Endpoint(ip, PORT)] = None

    def send(self, source: IPAddress, target: Endpoint, what: bytes) -> None:
        _send(self.host, int(source), PORT, int(target.ip), target.port, target.family, what)

    def ask(self, reflectors: list[Endpoint]) -> None:
        for source in self.locals:
            for server in reflectors:
                if server.family == source.version:
                    self.send(source, server, ASK)

    def ping_all(self) -> None:
        for target, source in list(self.theirs):
            self.send(unpack(source, target.family), target, PING)

    def meet(self, other: Puncher) -> None:
        """The other side's endpoints, from every address of ours of that family."""
        pairs = ((end, ip) for end in other.mine for ip in self.locals if ip.version == end.family)
        self.theirs |= {(end, int(ip)): None for end, ip in pairs if end.ip not in self.locals}

    def take(self, packet: Packet) -> None:
        source, payload = Endpoint(unpack(packet.src, packet.family), packet.sport), packet.payload
        assert isinstance(payload, bytes)
        if payload.startswith(TELL):
            self.mine[Endpoint.parse(payload.removeprefix(TELL).decode())] = None
        elif payload == PING:
            self.send(unpack(packet.dst, packet.family), source, PONG)
            self.theirs[source, packet.dst] = None
        elif payload == PONG:
            self.arrived[source] = None

    def take_error(self, error: IcmpError) -> None:
        """A closed way."""


def _send(host: SimHost, src: int, sport: int, dst: int, dport: int, family: int, payload: bytes) -> None:
    packet = Packet(UDP, src, sport, dst, dport, family, HEADER_BYTES[family] + len(payload), payload, 64)
    host.node.send(packet)


def punch(
    net: Network, one: SimHost, other: SimHost, opened: dict[str, list[Endpoint]] | None = None, *, alone: int = 0
) -> bool:
    """Are the two direct? `opened`: ports that a router opened for a host of that name, which it tells too.

    `alone`: in so many rounds at the beginning only `one` sends.
    """
    servers = [net.host(f"reflector{n}", net.sites["internet"], ipv4=ip) for n, ip in enumerate(REFLECTORS)]
    for server in servers:
        Reflector(server)
    asked = [Endpoint(a.ip, REFLECTOR_PORT) for s in servers for p in s.node.ports.values() for a in p.addresses]
    sides = Puncher(one), Puncher(other)
    now = net.timeline.now
    for side in sides:
        side.ask(asked[:2])
        side.mine |= dict.fromkeys((opened or {}).get(side.host.identity.name, ()))
    net.timeline.run_until(now + 1)
    sides[0].meet(sides[1])
    sides[1].meet(sides[0])
    for turn in range(alone + ROUNDS):
        for side in sides if turn >= alone else sides[:1]:
            side.ping_all()
        net.timeline.run_until(now + 1 + (turn + 1) * EVERY_S)
        if sides[0].arrived and sides[1].arrived:
            break
    return bool(sides[0].arrived and sides[1].arrived)
