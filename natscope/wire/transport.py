"""UDP and TCP headers: read, write, and change ports in place with the checksum mended.

Source: RFC 768, RFC 9293 §3.1; RFC 8200 §8.1 (no UDP checksum of zero over IPv6).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from natscope.errors import LocalError, RemoteError
from natscope.wire.checksum import adjust, checksum, ones_sum, pseudo_sum

TCP, UDP = 6, 17
UDP_BYTES, TCP_BYTES, PORTS_BYTES = 8, 20, 4
CHECKSUM_AT = {TCP: 16, UDP: 6}
_UDP = struct.Struct("!HHHH")
_TCP = struct.Struct("!HHIIBBHHH")


@dataclass(frozen=True, slots=True)
class UdpHeader:
    """`length` counts header and payload. A `checksum` of 0 means that there is none."""

    sport: int
    dport: int
    length: int
    checksum: int = 0


@dataclass(frozen=True, slots=True)
class TcpHeader:
    """`header_bytes` includes the options; `flags` is the byte from CWR down to FIN."""

    sport: int
    dport: int
    sequence: int
    acknowledgement: int
    header_bytes: int
    flags: int
    window: int
    checksum: int = 0
    urgent: int = 0


def decode_udp(data: bytes | bytearray, at: int = 0) -> UdpHeader:
    """Read the header at `at`; raises `RemoteError` when it is cut off or says less than its own size."""
    _insist(data, at, UDP_BYTES, "UDP header")
    header = UdpHeader(*_UDP.unpack_from(data, at))
    if header.length < UDP_BYTES:
        raise RemoteError(f"a UDP length of {header.length}", offset=at + 4, field="length")
    return header


def encode_udp(family: int, src: int, dst: int, sport: int, dport: int, payload: bytes) -> bytes:
    """A UDP header with its checksum, and the payload."""
    try:
        plain = _UDP.pack(sport, dport, UDP_BYTES + len(payload), 0) + payload
    except struct.error as error:
        raise LocalError(f"a field of a UDP header is out of range: {error}") from error
    total = checksum(plain, pseudo_sum(family, src, dst, UDP, len(plain))) or 0xFFFF
    return plain[:6] + total.to_bytes(2, "big") + plain[8:]


def decode_tcp(data: bytes | bytearray, at: int = 0) -> TcpHeader:
    """Read the header at `at`; raises `RemoteError` when it, or its options, are cut off."""
    _insist(data, at, TCP_BYTES, "TCP header")
    sport, dport, sequence, acknowledgement, offset, flags, window, total, urgent = _TCP.unpack_from(data, at)
    header_bytes = (offset >> 4) * 4
    if not TCP_BYTES <= header_bytes <= len(data) - at:
        raise RemoteError(f"a TCP header length of {header_bytes}", offset=at + 12, field="data offset")
    return TcpHeader(sport, dport, sequence, acknowledgement, header_bytes, flags, window, total, urgent)


def encode_tcp(family: int, src: int, dst: int, header: TcpHeader, payload: bytes = b"") -> bytes:
    """A TCP header without options, with its checksum, and the payload; `header_bytes` and `checksum` are not read."""
    try:
        plain = _TCP.pack(
            header.sport, header.dport, header.sequence, header.acknowledgement, TCP_BYTES // 4 << 4, header.flags,
            header.window, 0, header.urgent,
        ) + payload  # fmt: skip
    except struct.error as error:
        raise LocalError(f"a field of a TCP header is out of range: {error}") from error
    total = checksum(plain, pseudo_sum(family, src, dst, TCP, len(plain)))
    return plain[:16] + total.to_bytes(2, "big") + plain[18:]


def ports(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Source and destination port of the UDP or TCP header at `at`, which may be cut off behind them."""
    _insist(data, at, PORTS_BYTES, "ports")
    return data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]


def set_ports(data: bytearray, at: int, proto: int, sport: int, dport: int, before: int = 0, after: int = 0) -> None:
    """Write both ports, and mend the checksum for them and for addresses that changed from sum `before` to `after`.

    A UDP checksum of 0 stays 0, and none becomes 0. Where the checksum is cut off (a quoted header), ports only.
    """
    old = ones_sum(data[at : at + PORTS_BYTES])
    data[at : at + PORTS_BYTES] = sport.to_bytes(2, "big") + dport.to_bytes(2, "big")
    place = slice(at + CHECKSUM_AT[proto], at + CHECKSUM_AT[proto] + 2)
    if place.stop > len(data):
        return
    total = int.from_bytes(data[place], "big")
    if proto == UDP and total == 0:
        return
    total = adjust(adjust(total, old, ones_sum(data[at : at + PORTS_BYTES])), before, after)
    if proto == UDP:
        total = total or 0xFFFF
    data[place] = total.to_bytes(2, "big")


def _insist(data: bytes | bytearray, at: int, count: int, field: str) -> None:
    if len(data) - at < count:
        raise RemoteError(f"{field} wants {count} bytes, {max(0, len(data) - at)} are left", offset=at, field=field)
