"""Two helpers of one owner, by values: what each sends is handed to whom it is for."""

from __future__ import annotations

from dataclasses import dataclass, field

from natscope.machines.helper.peer_link import peer_key
from natscope.machines.helper.server import HelperServer
from natscope.machines.stun_responder import Drop, Place, Reply
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import (
    Ask,
    Count,
    HelperMessage,
    Offer,
    Order,
    Tally,
    Way,
    decode_helper,
    encode_helper,
)
from natscope.wire.stun.message import TAILSCALE_SOFTWARE, MessageClass, decode, encode

CLIENT = Endpoint.parse("203.0.113.9:41641")
FIRST, SECOND = Endpoint.parse("192.0.2.1:3478"), Endpoint.parse("192.0.2.2:3478")
V6_CLIENT = Endpoint.parse("[2001:db8::9]:41641")
V6_FIRST, V6_SECOND = Endpoint.parse("[2001:db8::1]:3478"), Endpoint.parse("[2001:db8::2]:3478")
SECRET = b"sixteen bytes at least"
HOME = Place(0, 0)


def places(main: Endpoint) -> dict[Place, Endpoint]:
    """A port and the next one."""
    return {HOME: main, Place(0, 1): Endpoint(main.ip, main.port + 1)}


def lonely() -> HelperServer:
    """One address, no peer."""
    return HelperServer(bytes(16), places(FIRST))


def two_addresses(first: Endpoint = FIRST) -> HelperServer:
    """One process, two addresses of one family."""
    other = SECOND if first.family == FIRST.family else V6_SECOND
    second = {Place(1, p.port): Endpoint(other.ip, e.port) for p, e in places(first).items()}
    return HelperServer(bytes(16), places(first) | second)


def request(message: HelperMessage, identity: bytes = bytes(12)) -> bytes:
    """As a client writes it."""
    attributes = [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), (int(Attr.HELPER), encode_helper(message))]
    return encode(MessageClass.REQUEST, identity, attributes, fingerprint=True)


def told(data: bytes) -> HelperMessage | None:
    """HELPER of an answer."""
    value = decode(data).first(Attr.HELPER)
    return None if value is None else decode_helper(value)


@dataclass
class Wire:
    """The servers by their first endpoint, and everything that was sent: from, reply."""

    servers: dict[Endpoint, HelperServer]
    sent: list[tuple[Endpoint, Reply]] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    is_cut: bool = False
    """Between the servers."""

    def send(self, data: bytes, source: Endpoint, target: Endpoint, now: float) -> list[tuple[Endpoint, Reply]]:
        """Everything that leaves for somebody who is no server, with where it leaves from."""
        before = len(self.sent)
        self._deliver(data, source, target, now)
        return [(start, reply) for start, reply in self.sent[before:] if reply.target not in self.servers]

    def _deliver(self, data: bytes, source: Endpoint, target: Endpoint, now: float) -> None:
        server = self.servers[target]
        outcome = server.handle(decode(data), source, HOME, now)
        if isinstance(outcome, Drop):
            self.drops.append(outcome)
            return
        for reply in outcome or ():
            start = server.places[reply.place]
            self.sent.append((start, reply))
            if reply.target in self.servers and not self.is_cut:
                self._deliver(reply.data, start, reply.target, now)

    def offer(self, now: float = 0.0, source: Endpoint = CLIENT, target: Endpoint = FIRST) -> Offer:
        """Ask and get one."""
        ((_, reply),) = self.send(request(Ask()), source, target, now)
        message = told(reply.data)
        assert isinstance(message, Offer)
        return message

    def order(
        self, way: Way, token: bytes, number: int, *, port: int = 0, now: float = 0.0, source: Endpoint = CLIENT
    ) -> list[tuple[Endpoint, Reply]]:
        """Order a packet with a transaction id of that number."""
        return self.send(request(Order(way, token, port), number.to_bytes(12, "little")), source, FIRST, now)

    def fates(self, token: bytes, *numbers: int, now: float = 0.0) -> Tally:
        """What became of those orders."""
        ids = tuple(number.to_bytes(12, "little")[:4] for number in numbers)
        ((_, reply),) = self.send(request(Count(token, ids)), CLIENT, FIRST, now)
        message = told(reply.data)
        assert isinstance(message, Tally)
        return message


def pair(
    first_key: bytes = bytes(16),
    second_key: bytes = bytes([1]) * 16,
    servers: tuple[Endpoint, Endpoint] = (FIRST, SECOND),
) -> Wire:
    """Two servers that send for each other."""
    common, (first, second) = peer_key(SECRET), servers
    return Wire(
        {
            first: HelperServer(first_key, places(first), peers={first.family: second}, common=common),
            second: HelperServer(second_key, places(second), peers={first.family: first}, common=common),
        }
    )
