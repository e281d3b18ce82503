"""The gateway that rewrites MAPPED-ADDRESS."""

from __future__ import annotations

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.packet import UDP, Packet, between
from natscope.machines.nat.stun_alg import rewrite
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.message import decode
from tests.machines.nat.site import Site, config, destination, end

COOKIE = 0x2112A442
SOFTWARE = struct.pack("!HH", 0x8022, 3) + b"abc\0"


def mapped(outside: Endpoint, kind: int = 1) -> bytes:
    family = 1 if outside.family == 4 else 2
    return struct.pack("!HHBBH", kind, 4 + len(outside.ip.packed), 0, family, outside.port) + outside.ip.packed


def xor_mapped(outside: Endpoint) -> bytes:
    ip = int(outside.ip) ^ COOKIE
    return struct.pack("!HHBBHI", 0x20, 8, 0, 1, outside.port ^ (COOKIE >> 16), ip)


def answer(*attributes: bytes, cookie: int = COOKIE) -> bytes:
    body = b"".join(attributes)
    return struct.pack("!HHI12s", 0x0101, len(body), cookie, b"transaction!") + body


def through(payload: object, *, alg: bool = True) -> Packet:
    site = Site(config(stun_alg=alg))
    site.seen("a:5000", "r:1")
    packet = between(UDP, end("r:1"), end("nat:5000"), payload=payload)
    site.nat.inbound(packet, 0.0)
    assert destination(packet) == end("a:5000")
    return packet


def test_mapped_address_shows_the_inside_and_xor_mapped_the_truth() -> None:
    packet = through(answer(SOFTWARE, mapped(end("nat:5000")), xor_mapped(end("nat:5000"))))
    assert isinstance(packet.payload, bytes)
    message = decode(packet.payload)
    assert message.last(Attr.MAPPED_ADDRESS) == mapped(end("a:5000"))[4:]
    assert message.last(Attr.XOR_MAPPED_ADDRESS) == xor_mapped(end("nat:5000"))[4:]
    assert message.data[:20] == answer(SOFTWARE, mapped(end("nat:5000")), xor_mapped(end("nat:5000")))[:20]


def test_off_by_default() -> None:
    """RFC 4787 REQ-10."""
    payload = answer(mapped(end("nat:5000")))
    assert not config().stun_alg
    assert through(payload, alg=False).payload == payload


def test_classic_answers_are_rewritten_too() -> None:
    packet = through(answer(mapped(end("nat:5000")), cookie=12345))
    assert packet.payload == answer(mapped(end("a:5000")), cookie=12345)


@pytest.mark.parametrize(
    "payload",
    [
        answer(mapped(end("s:5000"))),
        answer(mapped(end("nat:5001"))),
        answer(mapped(end("nat:5000"), kind=4)),
        b"\x80" + answer(mapped(end("nat:5000")))[1:],
        answer(mapped(end("nat:5000")))[:-1],
        b"",
        None,
        object(),
    ],
    ids=["another address", "another port", "another attribute", "no stun", "cut", "empty", "none", "object"],
)
def test_everything_else_passes_untouched(payload: object) -> None:
    assert through(payload).payload == payload


def test_ipv6() -> None:
    outside = Endpoint(ipaddress.IPv6Address("2001:db8::1"), 5000)
    inside = Endpoint(ipaddress.IPv6Address("fd00::a"), 5001)
    packet = between(UDP, outside, inside, payload=answer(mapped(outside)))
    rewrite(packet, (int(outside.ip), outside.port))
    assert packet.payload == answer(mapped(inside))


@given(st.binary(max_size=60))
def test_garbage_does_no_harm(tail: bytes) -> None:
    for payload in (tail, answer(mapped(end("nat:5000")), tail), answer() + tail):
        packet = between(UDP, end("r:1"), end("a:5000"), payload=payload)
        rewrite(packet, (int(end("nat:5000").ip), 5000))
        assert isinstance(packet.payload, bytes)
        assert len(packet.payload) == len(payload)
