"""IPv4 addresses inside IPv6 ones: NAT64 prefixes, and how a DNS64 gives its own away.

Source: RFC 6052 §2.2 (where the 32 bits stand; bits 64 to 71 are zero), RFC 7050 §3 and §8.2 (`ipv4only.arpa`).
"""

from __future__ import annotations

import ipaddress

ONLY_V4 = "ipv4only.arpa"
KNOWN = (ipaddress.IPv4Address("192.0.0.170"), ipaddress.IPv4Address("192.0.0.171"))
"""Its only addresses."""
PREFIX_LENGTHS = (96, 64, 56, 48, 40, 32)
_SKIPPED_BYTE = 8


def embed(ip: ipaddress.IPv4Address, prefix: ipaddress.IPv6Network) -> ipaddress.IPv6Address:
    """The IPv6 address for an IPv4 one. Raises `ValueError` for a prefix of another length."""
    packed = bytearray(prefix.network_address.packed)
    for place, value in zip(_places(prefix.prefixlen), ip.packed, strict=True):
        packed[place] = value
    return ipaddress.IPv6Address(bytes(packed))


def extract(ip: ipaddress.IPv6Address, prefix_length: int) -> ipaddress.IPv4Address:
    """The IPv4 address inside. Raises `ValueError` for a length that no prefix has."""
    return ipaddress.IPv4Address(bytes(ip.packed[place] for place in _places(prefix_length)))


def prefix_of(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv6Network | None:
    """The prefix of an answer for `ipv4only.arpa`; None where none of the known addresses stands in it."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return None
    for length in PREFIX_LENGTHS:
        if extract(ip, length) in KNOWN and (length == 96 or not ip.packed[_SKIPPED_BYTE]):
            return ipaddress.IPv6Network((ip, length), strict=False)
    return None


def _places(prefix_length: int) -> list[int]:
    if prefix_length not in PREFIX_LENGTHS:
        raise ValueError(f"a NAT64 prefix has no {prefix_length} bits")
    start = prefix_length // 8
    places = [place for place in range(start, min(start + 5, 16)) if place != _SKIPPED_BYTE]
    return places[:4]
