"""Packets that cross from IPv6 to IPv4 and back: addresses, checksums, echoes, errors; never an exception but ours."""

from __future__ import annotations

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.lab.kernel.nat64_bytes import Bridge
from natscope.lab.kernel.tun_packet import error_about, icmp_packet
from natscope.machines.nat.packet import TCP, UDP
from natscope.wire import icmp, ip, transport
from natscope.wire.checksum import checksum, pseudo_sum
from natscope.wire.ip import IpHeader

HOST = int(ipaddress.IPv6Address("2001:db8:0:1::10"))
SERVER = int(ipaddress.IPv4Address("192.0.2.101"))
PREFIXED = int(ipaddress.IPv6Address("64:ff9b::")) | SERVER


def packet(family: int, proto: int, src: int, dst: int, body: bytes) -> bytearray:
    start = ip.IPV4_BYTES if family == 4 else ip.IPV6_BYTES
    return bytearray(ip.encode(IpHeader(family, proto, src, dst, 60, start + len(body), start)) + body)


def udp(payload: bytes = b"hello") -> bytearray:
    return packet(6, UDP, HOST, PREFIXED, transport.encode_udp(6, HOST, PREFIXED, 1234, 3478, payload))


def sum_is_right(data: bytearray) -> bool:
    header = ip.decode(data)
    start = pseudo_sum(header.family, header.src, header.dst, header.proto, header.payload_bytes)
    return checksum(data[header.payload_at : header.length], 0 if header.proto == 1 else start) == 0


def there(bridge: Bridge, data: bytearray) -> bytearray:
    header = ip.decode(data)
    assert bridge.covers(header)
    crossed = bridge.cross(data, header)
    assert crossed is not None
    return crossed


def answer(request: bytearray, body: bytes = b"yes") -> bytearray:
    """The server's answer to a UDP request that has crossed."""
    header = ip.decode(request)
    sport, dport = transport.ports(request, header.payload_at)
    segment = transport.encode_udp(4, header.dst, header.src, dport, sport, body)
    return packet(4, UDP, header.dst, header.src, segment)


@given(st.binary(max_size=1300))
def test_a_datagram_and_its_answer(payload: bytes) -> None:
    bridge = Bridge()
    out = there(bridge, udp(payload))
    header = ip.decode(out)
    assert (header.family, header.dst, header.ttl, header.length) == (4, SERVER, 60, 28 + len(payload))
    assert ip.header_is_intact(out)
    assert sum_is_right(out)
    assert out[28:] == payload
    assert header.dont_fragment == (header.length > 1260)
    back = there(bridge, answer(out, payload))
    header = ip.decode(back)
    assert (header.family, header.src, header.dst) == (6, PREFIXED, HOST)
    assert sum_is_right(back)
    assert transport.ports(back, header.payload_at) == (3478, 1234)


def test_a_datagram_without_checksum_gets_one() -> None:
    """IPv4 allows none, IPv6 does not (RFC 7915 §4.5)."""
    bridge = Bridge()
    reply = answer(there(bridge, udp()))
    reply[26:28] = bytes(2)
    assert sum_is_right(there(bridge, reply))


def test_tcp_keeps_all_but_its_checksum() -> None:
    bridge = Bridge()
    header = transport.decode_tcp(
        transport.encode_tcp(6, HOST, PREFIXED, transport.TcpHeader(1234, 443, 7, 9, 20, 0x02, 1000), b"")
    )
    segment = transport.encode_tcp(6, HOST, PREFIXED, header, b"abc")
    out = there(bridge, packet(6, TCP, HOST, PREFIXED, segment))
    assert sum_is_right(out)
    assert bytes(out[20:36]) == segment[:16]
    assert bytes(out[38:]) == segment[18:]


def test_an_echo_becomes_the_other_familys() -> None:
    bridge = Bridge()
    request = icmp.IcmpMessage(icmp.ECHO_REQUEST[6], 0, 0x12340001, b"data")
    out = there(bridge, bytearray(icmp_packet(request, 6, HOST, PREFIXED)))
    header = ip.decode(out)
    asked = icmp.decode(out[header.payload_at :])
    assert (asked.icmp_type, asked.word, asked.body) == (icmp.ECHO_REQUEST[4], 0x12340001, b"data")
    assert sum_is_right(out)
    reply = icmp.IcmpMessage(icmp.ECHO_REPLY[4], 0, 0x12340001, b"data")
    back = there(bridge, bytearray(icmp_packet(reply, 4, SERVER, header.src)))
    assert icmp.decode(back[ip.IPV6_BYTES :]).icmp_type == icmp.ECHO_REPLY[6]
    assert sum_is_right(back)


@pytest.mark.parametrize(
    ("numbers", "mtu", "expected", "expected_mtu"),
    [((3, 3), 0, (1, 4), 0), ((11, 0), 0, (3, 0), 0), ((3, 4), 1400, (2, 0), 1420)],
)
def test_an_error_quotes_what_the_host_sent(
    numbers: tuple[int, int], mtu: int, expected: tuple[int, int], expected_mtu: int
) -> None:
    bridge = Bridge()
    sent = udp()
    out = there(bridge, sent)
    router = int(ipaddress.IPv4Address("203.0.113.1"))
    source = ip.decode(out).src
    back = there(bridge, bytearray(error_about(bytes(out), 4, router, source, numbers, mtu=mtu)))
    header = ip.decode(back)
    message = icmp.decode(back[header.payload_at :])
    assert (message.icmp_type, message.icmp_code, message.mtu(6)) == (*expected, expected_mtu)
    assert (header.src & 0xFFFFFFFF, header.dst) == (router, HOST)
    assert sum_is_right(back)
    quoted = ip.decode(bytearray(message.body), quoted=True)
    assert (quoted.src, quoted.dst) == (HOST, PREFIXED)
    assert message.body == bytes(sent)


def test_an_error_from_inside_is_not_translated() -> None:
    bridge = Bridge()
    there(bridge, udp())
    inner = packet(6, UDP, PREFIXED, HOST, transport.encode_udp(6, PREFIXED, HOST, 3478, 1234, b""))
    error = bytearray(error_about(bytes(inner), 6, HOST, PREFIXED, (1, 4)))
    assert bridge.cross(error, ip.decode(error)) is None


def test_what_is_not_ours() -> None:
    bridge = Bridge()
    assert not bridge.covers(ip.decode(packet(4, UDP, SERVER, SERVER + 1, bytes(8))))
    assert not bridge.covers(ip.decode(packet(6, UDP, HOST, HOST + 1, bytes(8))))


@given(st.binary(max_size=60), st.sampled_from([UDP, TCP, 58, 1, 47]), st.booleans())
def test_garbage_raises_nothing_but_our_errors(body: bytes, proto: int, back: bool) -> None:
    bridge = Bridge()
    stand_in = ip.decode(there(bridge, udp())).src
    data = packet(4, proto, SERVER, stand_in, body) if back else packet(6, proto, HOST, PREFIXED, body)
    with contextlib.suppress(RemoteError):
        bridge.cross(data, ip.decode(data))
