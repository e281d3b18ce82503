"""Packets made up from what a socket knows: their checksums fit, and the readers of the lab agree with them."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError
from natscope.model.endpoint import Endpoint
from natscope.wire import icmp, ip, transport
from natscope.wire.ip_packets import echo_packet, error_packet, is_intact, udp_packet

PAIRS = {4: ("192.168.1.20", "203.0.113.7"), 6: ("2001:db8::20", "2001:db8:1::7")}


def ends(family: int, sport: int = 41641, dport: int = 3478) -> tuple[Endpoint, Endpoint]:
    here, there = (ipaddress.ip_address(text) for text in PAIRS[family])
    return Endpoint(here, sport), Endpoint(there, dport)


@given(
    st.sampled_from([4, 6]), st.integers(0, 65_535), st.integers(0, 65_535), st.binary(max_size=1500),
    st.integers(1, 255), st.integers(0, 255), st.sampled_from([True, False, None]),
)  # fmt: skip
def test_datagrams(family: int, sport: int, dport: int, data: bytes, ttl: int, tos: int, whole: bool | None) -> None:
    source, target = ends(family, sport, dport)
    packet = udp_packet(source, target, data, ttl=ttl, tos=tos, dont_fragment=whole)
    header = ip.decode(packet)
    assert is_intact(packet)
    assert (header.src, header.dst, header.ttl, header.traffic_class) == (int(source.ip), int(target.ip), ttl, tos)
    assert header.dont_fragment is (family == 4 and whole is not False)
    udp = transport.decode_udp(packet, header.payload_at)
    assert (udp.sport, udp.dport, udp.length) == (sport, dport, 8 + len(data))
    assert packet[header.payload_at + 8 :] == data


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("reply", [True, False])
def test_echoes(family: int, reply: bool) -> None:
    source, target = ends(family)
    packet = echo_packet(source.ip, target.ip, b"hello", identifier=7, sequence=9, reply=reply)
    message = icmp.decode(packet[ip.decode(packet).payload_at :])
    assert is_intact(packet)
    assert (message.is_echo(family), message.identifier, message.sequence, message.body) == (True, 7, 9, b"hello")


@pytest.mark.parametrize(
    ("family", "numbers", "mtu"), [(4, (3, 4), 1400), (4, (11, 0), 0), (6, (2, 0), 1280), (6, (3, 0), 0)]
)
def test_errors_quote_the_datagram(family: int, numbers: tuple[int, int], mtu: int) -> None:
    source, target = ends(family)
    quoted = udp_packet(source, target, bytes(range(200)) * 10)
    packet = error_packet(target.ip, source.ip, numbers, quoted, mtu=mtu)
    message = icmp.decode(packet[ip.decode(packet).payload_at :])
    assert is_intact(packet)
    assert ((message.icmp_type, message.icmp_code), message.mtu(family)) == (numbers, mtu)
    assert quoted.startswith(message.body)
    assert len(packet) <= icmp.QUOTED_PACKET_BYTES[family]


def test_a_broken_checksum_is_seen_and_what_fits_no_packet_is_refused() -> None:
    packet = bytearray(udp_packet(*ends(4), b"hello"))
    packet[-1] ^= 1
    assert not is_intact(bytes(packet))
    with pytest.raises(LocalError):
        udp_packet(*ends(4), bytes(65_530))
