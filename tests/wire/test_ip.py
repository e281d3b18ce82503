"""IP headers of both families: captured packets, round trips, truncation, garbage, changes in place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire import ip
from natscope.wire.ip import IpHeader
from natscope.wire.transport import CHECKSUM_AT, set_ports
from tests.wire import captured

FAMILIES = pytest.mark.parametrize("family", [4, 6])
KINDS = pytest.mark.parametrize("packets", [captured.UDP, captured.TCP, captured.PING], ids=["udp", "tcp", "ping"])


@st.composite
def headers(draw: st.DrawFn) -> IpHeader:
    family = draw(st.sampled_from((4, 6)))
    bits = 32 if family == 4 else 128
    offset, more = draw(st.integers(0, 8191)) * 8, draw(st.booleans())
    split = family == 6 and (offset > 0 or more)
    start = 20 if family == 4 else 48 if split else 40
    keeps_id = family == 4 or split
    return IpHeader(
        family=family, proto=draw(st.sampled_from((1, 6, 17, 58, 132))), ttl=draw(st.integers(0, 255)),
        src=draw(st.integers(0, 2**bits - 1)), dst=draw(st.integers(0, 2**bits - 1)),
        length=start + draw(st.integers(0, 300)), payload_at=start, traffic_class=draw(st.integers(0, 255)),
        identification=draw(st.integers(0, 65535 if family == 4 else 2**32 - 1)) if keeps_id else 0,
        fragment_offset=offset, more_fragments=more, dont_fragment=family == 4 and draw(st.booleans()),
        fragment_at=40 if split else 0,
    )  # fmt: skip


def packet_of(header: IpHeader) -> bytes:
    return ip.encode(header).ljust(header.length, b"x")


@FAMILIES
@KINDS
def test_captured_packets_read_and_write(packets: dict[int, bytes], family: int) -> None:
    data = packets[family]
    header = ip.decode(data)
    assert (header.src, header.dst) == (captured.SOURCE[family], captured.TARGET[family])
    assert (header.length, header.ttl, header.is_fragment) == (len(data), 64, False)
    assert ip.header_is_intact(data)
    written = ip.encode(header)
    flow_label = 4 if family == 6 else 0  # ours is 0
    assert written[flow_label:] == data[flow_label : header.payload_at]


@FAMILIES
def test_captured_fragments(family: int) -> None:
    header = ip.decode(captured.LAST_FRAGMENT[family])
    assert (header.proto, header.is_fragment, header.more_fragments) == (17, True, False)
    assert header.fragment_offset == {4: 1480, 6: 1448}[family]
    assert header.identification == {4: 0x85D8, 6: 0x02FC3179}[family]
    assert header.fragment_at == {4: 0, 6: 40}[family]


@given(headers())
def test_round_trip(header: IpHeader) -> None:
    assert ip.decode(packet_of(header)) == header
    assert ip.header_is_intact(ip.encode(header))


@given(headers())
def test_cut_off_at_each_byte(header: IpHeader) -> None:
    data = packet_of(header)
    for length in range(len(data)):
        with pytest.raises(RemoteError):
            ip.decode(data[:length])


@given(headers(), st.integers(1, 40))
def test_a_quoted_packet_may_be_cut_off_behind_its_headers(header: IpHeader, front: int) -> None:
    data = bytes(front) + packet_of(header)
    assert ip.decode(data[: front + header.payload_at], at=front, quoted=True) == header


@given(st.binary(max_size=120), st.sampled_from((0x45, 0x46, 0x60, 0x00)))
def test_garbage_raises_only_remote_errors(data: bytes, first: int) -> None:
    for attempt in (data, bytes([first]) + data):
        try:
            header = ip.decode(attempt)
        except RemoteError:
            continue
        assert header.payload_at <= header.length <= len(attempt)


@FAMILIES
@KINDS
@given(st.integers(0, 255))
def test_marks_change_in_place(packets: dict[int, bytes], family: int, tos: int) -> None:
    packet = bytearray(packets[family])
    before = ip.decode(packet).traffic_class
    ip.set_tos(packet, tos)
    assert ip.decode(packet).traffic_class == tos
    assert ip.header_is_intact(packet)
    ip.set_tos(packet, before)
    assert packet == packets[family]


@FAMILIES
@KINDS
@given(st.data())
def test_addresses_and_ports_change_in_place(packets: dict[int, bytes], family: int, data: st.DataObject) -> None:
    """The kernel wrote the checksums; after any change and the change back the packet is the kernel's again."""
    numbers = st.integers(1, 2 ** (32 if family == 4 else 128) - 1)
    src, dst, ttl = data.draw(numbers), data.draw(numbers), data.draw(st.integers(0, 255))
    packet = bytearray(packets[family])
    header = ip.decode(packet)
    before, after = ip.set_addresses(packet, header, src, dst)
    ip.set_ttl(packet, ttl)
    changed = ip.decode(packet)
    assert (changed.src, changed.dst, changed.ttl) == (src, dst, ttl)
    assert ip.header_is_intact(packet)
    if header.proto in CHECKSUM_AT:
        set_ports(packet, header.payload_at, header.proto, 1, 2, before, after)
    again = ip.set_addresses(packet, header, header.src, header.dst)
    ip.set_ttl(packet, header.ttl)
    if header.proto in CHECKSUM_AT:
        set_ports(packet, header.payload_at, header.proto, *known_ports(header.proto), *again)
    assert packet == packets[family]


def known_ports(proto: int) -> tuple[int, int]:
    return (4000, 3478) if proto == 17 else (4001, 443)


def test_extension_headers_are_walked_and_bounded() -> None:
    udp = captured.UDP[6]
    routing, options = bytes([60, 0]) + bytes(6), bytes([17, 1]) + bytes(14)
    longer = bytearray(udp[:40] + routing + options + udp[40:])
    longer[4:7] = (len(longer) - 40).to_bytes(2, "big") + bytes([43])
    header = ip.decode(longer)
    assert (header.proto, header.payload_at) == (17, 64)
    for length in range(40, 64):
        with pytest.raises(RemoteError, match="extension"):
            ip.decode(longer[:length], quoted=True)
    endless = bytearray(udp[:40] + (bytes([60, 0]) + bytes(6)) * 20)
    endless[4:7] = (160).to_bytes(2, "big") + bytes([60])
    with pytest.raises(RemoteError, match="more than 8"):
        ip.decode(endless)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"src": 1 << 32}, "out of range"), ({"ttl": 256}, "out of range"), ({"fragment_offset": 7}, "no place"),
     ({"family": 6, "traffic_class": 256}, "too long"), ({"family": 6, "src": 1 << 128}, "out of range")],
)  # fmt: skip
def test_what_does_not_fit_is_our_own_bug(change: dict[str, int], said: str) -> None:
    header = IpHeader(family=4, proto=17, src=1, dst=2, ttl=64, length=60, payload_at=20)
    for name, value in change.items():
        setattr(header, name, value)
    with pytest.raises(LocalError, match=said):
        ip.encode(header)
