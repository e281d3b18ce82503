"""Packets: what is copied, what is shared, and the typed edge."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.packet import (
    DONT_FRAGMENT,
    FRAGMENTED,
    ICMP,
    ICMPV6,
    NO_PORT,
    SYN,
    TCP,
    UDP,
    IcmpError,
    Packet,
    between,
    icmp_of,
    pack,
    unpack,
)  # fmt: skip
from natscope.model.endpoint import Endpoint
from tests.machines.nat.site import destination, end, source


@given(st.ip_addresses())
def test_addresses_survive_packing(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert unpack(pack(ip), ip.version) == ip


@pytest.mark.parametrize(
    ("proto", "family", "length"), [(UDP, 4, 32), (TCP, 4, 44), (UDP, 6, 52), (TCP, 6, 64), (ICMP, 4, 32)]
)
def test_a_packet_from_endpoints(proto: int, family: int, length: int) -> None:
    one, two = (end("a:1"), end("r:2")) if family == 4 else (v6("::1:1", 1), v6("::2:2", 2))
    packet = between(proto, one, two, payload=b"data", flags=SYN)
    assert (source(packet), destination(packet)) == (one, two)
    assert (packet.family, packet.length, packet.payload, packet.flags) == (family, length, b"data", SYN)


def v6(text: str, port: int) -> Endpoint:
    return Endpoint(ipaddress.IPv6Address(text), port)


def test_a_copy_is_another_packet_with_the_same_payload() -> None:
    packet = Packet(UDP, 1, 2, 3, 4, 6, 100, bytearray(b"x"), 7, DONT_FRAGMENT)
    copy = packet.copy()
    for name in Packet.__slots__:
        assert getattr(copy, name) == getattr(packet, name)
    copy.src = 9
    assert packet.src == 1
    assert copy.payload is packet.payload


def test_a_copied_error_quotes_a_packet_of_its_own() -> None:
    error = IcmpError(1, 2, between(UDP, end("a:1"), end("r:2")), 3, 4, mtu=1280, ttl=9)
    copy = error.copy()
    copy.inner.src = 5
    assert error.inner.src == int(end("a:1").ip)
    assert (copy.icmp_type, copy.icmp_code, copy.mtu, copy.ttl, copy.header()) == (3, 4, 1280, 9, error.header())


def test_an_error_has_no_ports_and_quotes_no_more_than_fits() -> None:
    big = Packet(UDP, 1, 2, 3, 4, 4, 1500)
    assert IcmpError(1, 2, big, 3, 4).length == 576
    assert IcmpError(1, 2, Packet(UDP, 1, 2, 3, 4, 4, 60), 3, 4).length == 88
    error = IcmpError(1, 2, Packet(UDP, 1, 2, 3, 4, 6, 1500), 2, 0)
    assert (error.proto, error.length, error.sport, error.dport) == (ICMPV6, 1280, NO_PORT, NO_PORT)


def test_icmp_by_family() -> None:
    assert (icmp_of(4), icmp_of(6)) == (ICMP, ICMPV6)


def test_flags_of_ours_are_no_flags_of_tcp() -> None:
    assert min(FRAGMENTED, DONT_FRAGMENT) > 0xFF


def test_a_packet_shows_itself_in_traces() -> None:
    assert repr(between(UDP, end("a:1"), end("r:2"))) == "<Packet 17 192.168.1.10:1 > 203.0.113.1:2 flags=0x0>"
