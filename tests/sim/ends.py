"""Small UDP ends for tests of the network itself: they take packets directly, without coroutines."""

from __future__ import annotations

from dataclasses import dataclass, field

from natscope.machines.nat.packet import UDP, IcmpError, Packet
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.sim.host import SimHost
from natscope.sim.udp import HEADER_BYTES


def address(host: SimHost, family: int = 4) -> IPAddress:
    """Of its first interface."""
    found = host.node.ports["eth0"].address(family)
    assert found is not None
    return found


@dataclass
class End:
    """A bound port that keeps what comes, with the time."""

    host: SimHost
    port: int = 9000
    family: int = 4
    got: list[tuple[float, Packet]] = field(default_factory=list)
    errors: list[IcmpError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ip = address(self.host, self.family)
        self.host.node.stack.udp[int(self.ip), self.port] = self

    @property
    def at(self) -> Endpoint:
        """Where it is bound."""
        return Endpoint(self.ip, self.port)

    @property
    def payloads(self) -> list[object]:
        """What came."""
        return [packet.payload for _, packet in self.got]

    def take(self, packet: Packet) -> None:
        self.got.append((self.host.clock.now(), packet))

    def take_error(self, error: IcmpError) -> None:
        self.errors.append(error)

    def send(self, target: Endpoint, payload: bytes = b"x", *, length: int | None = None, ttl: int = 64) -> None:
        packet = Packet(UDP, int(self.ip), self.port, int(target.ip), target.port, self.family, 0, payload, ttl)
        packet.length = HEADER_BYTES[self.family] + len(payload) if length is None else length
        self.host.node.send(packet)
