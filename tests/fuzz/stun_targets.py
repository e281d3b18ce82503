"""STUN: messages, the answers of both kinds of server, the helper's orders."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from natscope.errors import RemoteError
from natscope.machines.helper.server import HelperServer
from natscope.machines.stun_responder import MAX_GROWTH, Drop, Place, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.stun_server.limits import DEFAULT_BURST, DEFAULT_RATE, SourceLimiter
from natscope.stun_server.service import StunService
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import Ask, Count, HelperMessage, Order, Way, decode_helper, encode_helper
from natscope.wire.stun.integrity import append_fingerprint
from natscope.wire.stun.message import decode
from tests.fuzz.target import Target
from tests.wire.stun.vectors import VECTORS

HOME = Endpoint.parse("192.0.2.1:3478")
PLACES = {Place(a, p): Endpoint.parse(f"192.0.2.{1 + a}:{3478 + p}") for a in (0, 1) for p in (0, 1)}
SOURCES = [Endpoint.parse(text) for text in ("198.51.100.7:4000", "127.0.0.1:1", "192.0.2.1:3478", "[2001:db8::7]:9")]


def message(data: bytes) -> Hashable:
    """Any datagram."""
    try:
        found = decode(data)
    except RemoteError as error:
        return error.field
    for attribute in (Attr.MAPPED_ADDRESS, Attr.XOR_MAPPED_ADDRESS, Attr.ERROR_CODE, Attr.HELPER):
        found.first(attribute)
    return found.method, found.message_class, found.classic, found.has_fingerprint


def default_server(data: bytes) -> Hashable:
    """The first byte chooses the source. At most one answer, to nobody else, not much longer, and never a request."""
    source, rest = SOURCES[(data[0] if data else 0) % len(SOURCES)], data[1:]
    reply = StunResponder({}, (HOME,)).respond(rest, source, Place(0, 0))
    if isinstance(reply, Drop):
        return reply
    assert reply.target == source
    assert len(reply.data) <= MAX_GROWTH * len(rest)
    assert isinstance(StunResponder({}, (HOME,)).respond(reply.data, source, Place(0, 0)), Drop), "answers are answered"
    return reply.kind


def alternate_server(data: bytes) -> Hashable:
    """RFC 5780: the same address, at most one answer, and padding never longer than what was asked with."""
    rest = data[1:]
    reply = StunResponder(PLACES, tuple(PLACES.values())).respond(rest, SOURCES[0], Place(0, 0))
    if isinstance(reply, Drop):
        return reply
    assert reply.target.ip == SOURCES[0].ip
    assert reply.target.port == SOURCES[0].port or reply.target.port > 1023
    assert len(reply.data) <= max(6 * len(rest), len(rest) + 100)
    return reply.kind


def helper(data: bytes) -> Hashable:
    """A server that helps: several datagrams of one stranger, each behind two bytes of length."""
    server = HelperServer(bytes(32), PLACES, own=tuple(PLACES.values()))
    service = StunService(StunResponder({}, tuple(PLACES.values())), SourceLimiter(DEFAULT_RATE, DEFAULT_BURST), server)
    at, now, kinds = 0, 0.0, set()
    while at + 2 <= len(data) and now < 20:
        size = int.from_bytes(data[at : at + 2], "big") % 600
        packet = data[at + 2 : at + 2 + size]
        replies = service.replies(packet, SOURCES[0], Place(0, 0), now)
        assert len(replies) <= 2
        for reply in replies:
            assert reply.target.ip == SOURCES[0].ip
            assert len(reply.data) <= max(MAX_GROWTH * len(packet), len(packet) + 60)
            kinds.add(reply.kind)
        at, now = at + 2 + size, now + 1
    assert service.metrics()
    return frozenset(kinds), frozenset(service.counters.drops)


def helper_message(data: bytes) -> Hashable:
    """The value of the helper's attribute; what was read is written the same way."""
    try:
        found = decode_helper(data)
    except RemoteError as error:
        return error.field
    assert decode_helper(encode_helper(found)) == found
    return type(found).__name__


def _messages() -> Sequence[bytes]:
    names = ("rfc5769", "tailscale_response", "tailscale_server_rejects")
    found = [case["hex"] for name in names for case in VECTORS[name]]
    found += [VECTORS["tailscale_request"]["hex"]]
    found += [text for text in VECTORS["rfc5780"].values() if isinstance(text, str)]
    return [bytes.fromhex(text) for text in found if len(text) >= 40 and set(text) <= set("0123456789abcdef")]


def _helper_values() -> Sequence[bytes]:
    token = bytes(range(16))
    orders: list[HelperMessage] = [Order(way, token, port) for way in Way for port in (0, 5000)]
    return [encode_helper(value) for value in [Ask(), Count(token, (bytes(4),)), *orders]]


def _asking() -> Sequence[bytes]:
    """Binding requests with the helper's attribute, each behind its length."""
    packets = []
    for value in _helper_values():
        padded = value + bytes(-len(value) % 4)
        attributes = int(Attr.HELPER).to_bytes(2, "big") + len(value).to_bytes(2, "big") + padded
        head = b"\0\x01" + len(attributes).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12)
        packets += [head + attributes, append_fingerprint(head + attributes)]
    return [b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets), b"\0\x14" + _messages()[0][:20]]


TARGETS = (
    Target("stun_message", message, _messages),
    Target("stun_server", default_server, lambda: [bytes((n,)) + data for n in range(4) for data in _messages()]),
    Target("stun_alternate", alternate_server, lambda: [b"\0" + data for data in _messages()]),
    Target("stun_helper", helper, _asking),
    Target("stun_helper_message", helper_message, _helper_values),
)
