"""Addresses of strangers become addresses of documentation (RFC 5737, RFC 3849), the same one everywhere.

Kept: private, shared, loopback, link-local IPv4, special ranges, and resolvers that everybody uses: they say nothing
of a person and a diagnosis reads them. Prefixes of IPv6 stay together: what shared a /48 or a /64 still does.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterable, Iterator

from natscope.model.address_space import FAKE_IP, ULA, is_private, is_shared
from natscope.model.endpoint import IPAddress

_V4 = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
_V6 = r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})(?![\w:])"
TOKEN = re.compile(f"{_V6}|{_V4}")
_PREFIX = re.compile(r"/(\d{1,3})(?!\d)")
_MAX_PREFIX = {4: 16, 6: 40}
"""A shorter prefix is a range that standards know, not somebody's network."""

POOLS = tuple(ipaddress.IPv4Network(net) for net in ("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"))
OVERFLOW = ipaddress.IPv4Network("240.0.0.0/5")
"""Where more addresses are needed than the documentation has."""
DOCUMENTATION_6 = int(ipaddress.IPv6Address("2001:db8::"))
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
TEREDO = ipaddress.IPv6Network("2001::/32")
EVERYBODYS = frozenset(
    ipaddress.ip_address(text)
    for text in (
        *("1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220"),
        *(
            "2606:4700:4700::1111",
            "2606:4700:4700::1001",
            "2001:4860:4860::8888",
            "2001:4860:4860::8844",
            "2620:fe::fe",
        ),
        *("192.0.0.170", "192.0.0.171"),
    )
)


def addresses_in(text: str) -> Iterator[IPAddress]:
    """Every address that a text names."""
    for found in TOKEN.finditer(text):
        ip = _parsed(found.group())
        if ip is not None:
            yield ip


class AddressMask:
    """One mapping. `taken` are all addresses of the original: a mask is never one of them."""

    def __init__(self, taken: Iterable[IPAddress]) -> None:
        self._taken = frozenset(taken)
        self._done: dict[IPAddress, IPAddress] = {}
        self._pool = itertools.chain(*(net.hosts() for net in POOLS), OVERFLOW.hosts())
        self._prefixes: dict[tuple[int, int], int] = {}
        self._subnets: dict[tuple[int, int], int] = {}
        self._hosts = itertools.count(1)

    def text(self, text: str) -> str:
        """The text with every address masked; short prefixes stay."""
        return TOKEN.sub(lambda found: self._token(found.group(), text, found.end()), text)

    def _token(self, token: str, text: str, end: int) -> str:
        ip = _parsed(token)
        if ip is None:
            return token
        prefix = _PREFIX.match(text, end)
        if prefix and int(prefix.group(1)) <= _MAX_PREFIX[ip.version]:
            return token
        return str(self.address(ip))

    def address(self, ip: IPAddress) -> IPAddress:
        """The mask of one address, or itself where it says nothing of a person."""
        if _says_nothing(ip):
            return ip
        if ip not in self._done:
            self._done[ip] = self._four() if isinstance(ip, ipaddress.IPv4Address) else self._six(ip)
        return self._done[ip]

    def _four(self) -> ipaddress.IPv4Address:
        return next(ip for ip in self._pool if ip not in self._taken)

    def _six(self, ip: ipaddress.IPv6Address) -> ipaddress.IPv6Address:
        """By kind: what embeds an IPv4 address still does, link-local and unique local stay so."""
        if ip.ipv4_mapped is not None:
            return ipaddress.IPv6Address(f"::ffff:{self.address(ip.ipv4_mapped)}")
        if ip in NAT64:
            four = self.address(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
            return ipaddress.IPv6Address(int(NAT64.network_address) | int(four))
        if ip in SIX_TO_FOUR or ip in TEREDO:
            net = SIX_TO_FOUR if ip in SIX_TO_FOUR else TEREDO
            return self._free(int(net.network_address) | 0xDB8 << 80, 80)
        if ip.is_link_local:
            return self._free(0xFE80 << 112, 64)
        return self._placed(ip, 0xFD00 << 112 if ip in ULA else DOCUMENTATION_6)

    def _placed(self, ip: ipaddress.IPv6Address, base: int) -> ipaddress.IPv6Address:
        """The n-th /48 under `base`, the m-th /64 in it, the next host."""
        prefix, subnet = int(ip) >> 80, int(ip) >> 64
        number = self._prefixes.setdefault((base, prefix), len(self._prefixes) + 1)
        within = self._subnets.setdefault((base, subnet), len(self._subnets) + 1)
        return self._free(base | (number & 0xFFFF) << 80 | (within & 0xFFFF) << 64, 64)

    def _free(self, network: int, host_bits: int) -> ipaddress.IPv6Address:
        """The next host of that network which the original does not have."""
        for host in self._hosts:
            ip = ipaddress.IPv6Address(network | host % (1 << host_bits))
            if ip not in self._taken:
                return ip
        raise AssertionError("hosts never end")


def _parsed(token: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(token)
    except ValueError:
        return None


def _says_nothing(ip: IPAddress) -> bool:
    if ip in EVERYBODYS or ip.is_loopback or ip.is_unspecified or ip.is_multicast:
        return True
    if isinstance(ip, ipaddress.IPv4Address):
        return is_private(ip) or is_shared(ip) or ip.is_link_local or ip in FAKE_IP or int(ip) >> 24 in (0, 255)
    return int(ip) & ((1 << 64) - 1) == 0 and not ip.is_global and ip not in ULA
