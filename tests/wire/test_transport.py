"""UDP and TCP headers: captured packets, round trips, truncation, garbage, ports changed in place."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire import ip, transport
from natscope.wire.checksum import checksum, pseudo_sum
from natscope.wire.transport import TcpHeader, UdpHeader
from tests.wire import captured

FAMILIES = pytest.mark.parametrize("family", [4, 6])
PORT = st.integers(0, 65535)


def is_intact(family: int, proto: int, segment: bytes | bytearray, *, src: int = 0, dst: int = 0) -> bool:
    source, target = src or captured.SOURCE[family], dst or captured.TARGET[family]
    return checksum(segment, pseudo_sum(family, source, target, proto, len(segment))) == 0


def upper(data: bytes) -> bytes:
    return data[ip.decode(data).payload_at :]


@FAMILIES
def test_captured_packets_read_and_write(family: int) -> None:
    udp, tcp = upper(captured.UDP[family]), upper(captured.TCP[family])
    assert is_intact(family, 17, udp)
    assert is_intact(family, 6, tcp)
    header = transport.decode_udp(udp)
    assert header == UdpHeader(4000, 3478, 13, header.checksum)
    ends = captured.SOURCE[family], captured.TARGET[family]
    assert transport.encode_udp(family, *ends, 4000, 3478, b"hello") == udp
    syn = transport.decode_tcp(tcp)
    assert (syn.sport, syn.dport, syn.header_bytes, syn.flags, syn.urgent) == (4001, 443, 40, 2, 0)
    assert transport.ports(tcp, 0) == (4001, 443)


@given(PORT, PORT, st.binary(max_size=50), st.sampled_from((4, 6)))
def test_udp_round_trip(sport: int, dport: int, payload: bytes, family: int) -> None:
    data = transport.encode_udp(family, captured.SOURCE[family], captured.TARGET[family], sport, dport, payload)
    header = transport.decode_udp(data)
    assert (header.sport, header.dport, header.length, data[8:]) == (sport, dport, len(data), payload)
    assert header.checksum != 0
    assert is_intact(family, 17, data)


NUMBER = st.integers(0, 2**32 - 1)
HEADERS = st.builds(TcpHeader, PORT, PORT, NUMBER, NUMBER, st.just(20), st.integers(0, 255), PORT, st.just(0), PORT)


@given(HEADERS, st.binary(max_size=50), st.sampled_from((4, 6)))
def test_tcp_round_trip(header: TcpHeader, payload: bytes, family: int) -> None:
    data = transport.encode_tcp(family, captured.SOURCE[family], captured.TARGET[family], header, payload)
    read = transport.decode_tcp(data)
    assert dataclasses.replace(read, checksum=0) == header
    assert data[20:] == payload
    assert is_intact(family, 6, data)


def test_cut_off_at_each_byte() -> None:
    for length in range(8):
        with pytest.raises(RemoteError):
            transport.decode_udp(upper(captured.UDP[4])[:length])
    for length in range(40):
        with pytest.raises(RemoteError):
            transport.decode_tcp(upper(captured.TCP[4])[:length])
    for length in range(4):
        with pytest.raises(RemoteError):
            transport.ports(bytes(length), 0)


@given(st.binary(max_size=60), st.integers(0, 70))
def test_garbage_raises_only_remote_errors(data: bytes, at: int) -> None:
    for read in (transport.decode_udp, transport.decode_tcp, transport.ports):
        try:
            read(data, at)
        except RemoteError:
            continue
        assert len(data) - at >= 4


@given(PORT, PORT, PORT, PORT, st.binary(max_size=9), st.sampled_from((4, 6)))
def test_new_ports_keep_the_checksum_right(sport: int, dport: int, s: int, d: int, payload: bytes, family: int) -> None:
    ends = captured.SOURCE[family], captured.TARGET[family]
    data = bytearray(transport.encode_udp(family, *ends, sport, dport, payload))
    transport.set_ports(data, 0, 17, s, d)
    assert transport.ports(data, 0) == (s, d)
    assert transport.decode_udp(data).checksum != 0
    assert is_intact(family, 17, data)


def test_no_checksum_stays_none_and_a_cut_off_one_is_left_alone() -> None:
    data = bytearray(upper(captured.UDP[4]))
    data[6:8] = bytes(2)
    transport.set_ports(data, 0, 17, 1, 2, 3, 4)
    assert data[:8] == bytes.fromhex("00010002000d0000")
    quoted = bytearray(upper(captured.TCP[4])[:8])
    transport.set_ports(quoted, 0, 6, 1, 2)
    assert quoted == bytes([0, 1, 0, 2]) + upper(captured.TCP[4])[4:8]


def test_a_udp_length_below_its_header_is_wrong() -> None:
    with pytest.raises(RemoteError, match="UDP length of 7"):
        transport.decode_udp(bytes.fromhex("0001000200070000"))


def test_what_does_not_fit_is_our_own_bug() -> None:
    with pytest.raises(LocalError, match="UDP"):
        transport.encode_udp(4, 1, 2, 65536, 1, b"")
    with pytest.raises(LocalError, match="TCP"):
        transport.encode_tcp(4, 1, 2, TcpHeader(1, 2, 1 << 32, 0, 20, 0, 0))
