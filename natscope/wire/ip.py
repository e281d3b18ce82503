"""IPv4 and IPv6 headers: read, write, and change addresses in place.

Addresses are integers. A header that is read describes its buffer, offsets counted from where it begins, so that a
router changes a packet where it lies. Source: RFC 791, RFC 8200 (extension headers §4, fragments §4.5).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from natscope.errors import LocalError, RemoteError
from natscope.wire.checksum import adjust, checksum, ones_sum

IPV4_BYTES, IPV6_BYTES, FRAGMENT_BYTES = 20, 40, 8
MAX_EXTENSIONS = 8
"""Extension headers of one IPv6 packet; more is an error."""
MAX_TOTAL_BYTES = 65535
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS, NO_NEXT = 0, 43, 44, 60, 59
_SKIPPED = (HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS)
_DONT_FRAGMENT, _MORE_FRAGMENTS, _OFFSET_MASK = 0x4000, 0x2000, 0x1FFF

_V4 = struct.Struct("!BBHHHBBHII")
_V6 = struct.Struct("!IHBB16s16s")
_V6_FRAGMENT = struct.Struct("!BBHI")
_ADDRESSES = {4: (12, 4), 6: (8, 16)}


@dataclass(slots=True)
class IpHeader:
    """A header of either family, with IPv6's extension headers walked.

    `proto` is the upper protocol and `payload_at` where it begins. `length` is the whole packet as its header says;
    `fragment_offset` is in bytes. `traffic_class` is the TOS byte of IPv4. An IPv4 packet may hold options, and an IPv6
    one extension headers, between the fixed header and `payload_at`; they are kept by whoever changes in place.
    """

    family: int
    proto: int
    src: int
    dst: int
    ttl: int
    length: int
    payload_at: int
    traffic_class: int = 0
    identification: int = 0
    fragment_offset: int = 0
    more_fragments: bool = False
    dont_fragment: bool = False
    fragment_at: int = 0
    """Where IPv6's fragment header begins, 0 without one."""

    @property
    def is_fragment(self) -> bool:
        """Part of a datagram only."""
        return self.more_fragments or self.fragment_offset > 0

    @property
    def payload_bytes(self) -> int:
        """How much the upper protocol has here."""
        return self.length - self.payload_at


def decode(data: bytes | bytearray, *, at: int = 0, quoted: bool = False) -> IpHeader:
    """Read the header at `at`; raises `RemoteError`. `quoted`: the packet may be cut off after its headers (RFC 792).

    The IPv4 header checksum is not looked at: `header_is_intact` does that.
    """
    if len(data) <= at:
        raise RemoteError("an empty packet", offset=at, field="version")
    version = data[at] >> 4
    if version == 4:
        header = _decode_v4(data, at)
    elif version == 6:
        header = _decode_v6(data, at)
    else:
        raise RemoteError(f"IP version {version}", offset=at, field="version")
    if not quoted and header.length > len(data) - at:
        message = f"a packet of {header.length} bytes, {len(data) - at} are there"
        raise RemoteError(message, offset=at, field="length")
    return header


def encode(header: IpHeader) -> bytes:
    """A fixed header without options or extension headers, and the fragment header where IPv6 needs one.

    `length` counts what is written and all that follows; `payload_at` and `fragment_at` are not looked at.
    """
    try:
        return _encode_v4(header) if header.family == 4 else _encode_v6(header)
    except (struct.error, OverflowError) as error:
        raise LocalError(f"a field of an IPv{header.family} header is out of range: {error}") from error


def header_is_intact(data: bytes | bytearray, *, at: int = 0) -> bool:
    """Whether the checksum of the IPv4 header at `at` fits; always of IPv6, which has none. The header was decoded."""
    if data[at] >> 4 != 4:
        return True
    return checksum(data[at : at + (data[at] & 15) * 4]) == 0


def set_addresses(data: bytearray, header: IpHeader, src: int, dst: int, *, at: int = 0) -> tuple[int, int]:
    """Write addresses and mend IPv4's checksum; the sums of the old and the new ones, for the checksums above."""
    offset, width = _ADDRESSES[header.family]
    place = slice(at + offset, at + offset + 2 * width)
    before = ones_sum(data[place])
    data[place] = src.to_bytes(width, "big") + dst.to_bytes(width, "big")
    after = ones_sum(data[place])
    if header.family == 4:
        _mend_v4(data, at, before, after)
    return before, after


def set_ttl(data: bytearray, ttl: int, *, at: int = 0) -> None:
    """Write TTL or hop limit, and mend IPv4's checksum."""
    if data[at] >> 4 == 6:
        data[at + 7] = ttl
        return
    before = ones_sum(data[at + 8 : at + 10])
    data[at + 8] = ttl
    _mend_v4(data, at, before, ones_sum(data[at + 8 : at + 10]))


def set_tos(data: bytearray, tos: int, *, at: int = 0) -> None:
    """Write the type of service or traffic class, and mend IPv4's checksum."""
    if data[at] >> 4 == 6:
        data[at] = 0x60 | tos >> 4
        data[at + 1] = (tos & 15) << 4 | data[at + 1] & 15
        return
    before = ones_sum(data[at : at + 2])
    data[at + 1] = tos
    _mend_v4(data, at, before, ones_sum(data[at : at + 2]))


def _mend_v4(data: bytearray, at: int, before: int, after: int) -> None:
    place = slice(at + 10, at + 12)
    data[place] = adjust(int.from_bytes(data[place], "big"), before, after).to_bytes(2, "big")


def _decode_v4(data: bytes | bytearray, at: int) -> IpHeader:
    if len(data) - at < IPV4_BYTES:
        raise RemoteError(f"an IPv4 header of {len(data) - at} bytes", offset=at, field="header")
    first, tos, length, identification, fragment, ttl, proto, _, src, dst = _V4.unpack_from(data, at)
    header_bytes = (first & 15) * 4
    if not IPV4_BYTES <= header_bytes <= min(length, len(data) - at):
        raise RemoteError(f"an IPv4 header length of {header_bytes} in {length} bytes", offset=at, field="ihl")
    return IpHeader(
        4, proto, src, dst, ttl, length, header_bytes, tos, identification, (fragment & _OFFSET_MASK) * 8,
        bool(fragment & _MORE_FRAGMENTS), bool(fragment & _DONT_FRAGMENT),
    )  # fmt: skip


def _decode_v6(data: bytes | bytearray, at: int) -> IpHeader:
    if len(data) - at < IPV6_BYTES:
        raise RemoteError(f"an IPv6 header of {len(data) - at} bytes", offset=at, field="header")
    first, payload, proto, ttl, src, dst = _V6.unpack_from(data, at)
    header = IpHeader(
        6, proto, int.from_bytes(src, "big"), int.from_bytes(dst, "big"), ttl, IPV6_BYTES + payload, IPV6_BYTES,
        first >> 20 & 0xFF,
    )  # fmt: skip
    _walk_extensions(data, at, header)
    return header


def _walk_extensions(data: bytes | bytearray, at: int, header: IpHeader) -> None:
    """Move `proto` and `payload_at` behind the extension headers; those behind a later fragment's are not there."""
    for _ in range(MAX_EXTENSIONS):
        if header.proto in _SKIPPED:
            size = _extension_bytes(data, at, header, 2)
        elif header.proto == FRAGMENT and not header.fragment_at:
            size = FRAGMENT_BYTES
            _extension_bytes(data, at, header, size)
            _take_fragment(data, at, header)
        else:
            return
        header.proto = data[at + header.payload_at]
        header.payload_at += size
        if header.fragment_offset:
            return
    if header.proto in (*_SKIPPED, FRAGMENT):
        raise RemoteError(f"more than {MAX_EXTENSIONS} extension headers", offset=at, field="next header")


def _extension_bytes(data: bytes | bytearray, at: int, header: IpHeader, least: int) -> int:
    """How long the extension header at `payload_at` is, once all of it is known to be there."""
    left = min(len(data) - at, header.length) - header.payload_at
    size = (data[at + header.payload_at + 1] + 1) * 8 if left >= least and header.proto != FRAGMENT else least
    if size > left:
        message = f"an extension header of {size} bytes, {left} are there"
        raise RemoteError(message, offset=at + header.payload_at, field="extension header")
    return size


def _take_fragment(data: bytes | bytearray, at: int, header: IpHeader) -> None:
    header.fragment_at = header.payload_at
    _, _, offset_and_more, header.identification = _V6_FRAGMENT.unpack_from(data, at + header.payload_at)
    header.fragment_offset = offset_and_more & ~7
    header.more_fragments = bool(offset_and_more & 1)


def _encode_v4(header: IpHeader) -> bytes:
    fragment = _fragment_words(header)
    if header.dont_fragment:
        fragment |= _DONT_FRAGMENT
    if header.more_fragments:
        fragment |= _MORE_FRAGMENTS
    plain = _V4.pack(
        0x45, header.traffic_class, header.length, header.identification, fragment, header.ttl, header.proto, 0,
        header.src, header.dst,
    )  # fmt: skip
    return plain[:10] + checksum(plain).to_bytes(2, "big") + plain[12:]


def _encode_v6(header: IpHeader) -> bytes:
    split = header.is_fragment
    if header.length > MAX_TOTAL_BYTES + IPV6_BYTES or not 0 <= header.traffic_class <= 0xFF:
        raise LocalError("an IPv6 packet is too long, or its traffic class no byte")
    fixed = _V6.pack(
        6 << 28 | header.traffic_class << 20, header.length - IPV6_BYTES, FRAGMENT if split else header.proto,
        header.ttl, header.src.to_bytes(16, "big"), header.dst.to_bytes(16, "big"),
    )  # fmt: skip
    if not split:
        return fixed
    words = _fragment_words(header) << 3 | header.more_fragments
    return fixed + _V6_FRAGMENT.pack(header.proto, 0, words, header.identification)


def _fragment_words(header: IpHeader) -> int:
    if header.fragment_offset & 7 or not 0 <= header.fragment_offset <= _OFFSET_MASK * 8:
        raise LocalError(f"{header.fragment_offset} is no place for a fragment")
    return header.fragment_offset // 8
