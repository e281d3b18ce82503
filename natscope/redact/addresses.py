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

_V4 = r"(?<![\d.])(?<!\bv)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)"
_V6 = (
    r"(?<![0-9A-Za-z:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})"
    r"(?![0-9A-Za-z:])"
)
TOKEN = re.compile(f"{_V6}|{_V4}")
_PREFIX = re.compile(r"/(\d{1,3})(?!\d)")
_MAX_PREFIX = {4: 8, 6: 12}
"""A whole range with such a prefix is one that standards know; a longer one may be somebody's whole network."""
_REVERSE = (
    r"(?<![\w.-])(?P<four>(?:\d{1,3}\.){1,4})(?i:in-addr\.arpa)|"
    r"(?<![\w.-])(?P<six>(?:[0-9A-Fa-f]\.){1,32})(?i:ip6\.arpa)"
)
_WRITTEN = re.compile(f"{_REVERSE}|{_V6}|{_V4}")

POOLS = tuple(ipaddress.IPv4Network(net) for net in ("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"))
OVERFLOW = ipaddress.IPv4Network("240.0.0.0/5")
"""Where more addresses are needed than the documentation has."""
DOCUMENTATION_6 = int(ipaddress.IPv6Address("2001:db8::"))
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
TEREDO = ipaddress.IPv6Network("2001::/32")
OVERLAY_6 = ipaddress.IPv6Network("fd7a:115c:a1e0::/48")
"""The mesh's own range, as 100.64.0.0/10: a diagnosis knows it by that."""
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
        *("192.0.0.170", "192.0.0.171", "2002::", "fd7a:115c:a1e0::", "fd7a:115c:a1e0::53"),
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
        """The text with every address masked, also in names of reverse look-ups; ranges of standards stay."""
        return _WRITTEN.sub(lambda found: self._token(found, text), text)

    def _token(self, found: re.Match[str], text: str) -> str:
        if found["four"]:
            return self._reverse_4(found["four"]) + found.group()[found.end("four") - found.start() :]
        if found["six"]:
            return self._reverse_6(found["six"]) + found.group()[found.end("six") - found.start() :]
        token = found.group()
        ip = _parsed(token)
        if ip is None:
            return token
        prefix = _PREFIX.match(text, found.end())
        if prefix and _is_standards_range(ip, int(prefix.group(1))):
            return token
        return str(self.address(ip))

    def _reverse_4(self, labels: str) -> str:
        """As many labels as there were, those of the masked address."""
        numbers = labels.split(".")[-2::-1]
        ip = _parsed(".".join([*numbers, *["0"] * (4 - len(numbers))]))
        if ip is None:
            return labels
        masked = str(self.address(ip)).split(".")[: len(numbers)]
        return "".join(f"{number}." for number in reversed(masked))

    def _reverse_6(self, labels: str) -> str:
        digits = labels.replace(".", "")[::-1]
        ip = ipaddress.IPv6Address(int(digits.ljust(32, "0"), 16))
        masked = f"{int(self.address(ip)):032x}"[: len(digits)]
        return "".join(f"{digit}." for digit in reversed(masked))

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
        if ip in OVERLAY_6:
            return self._free(int(OVERLAY_6.network_address), 64)
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
    """Also with leading zeros, as some programs write them."""
    try:
        return ipaddress.ip_address(token)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(".".join(str(int(part)) for part in token.split(".")))
    except ValueError:
        return None


def _is_standards_range(ip: IPAddress, prefix: int) -> bool:
    host_bits = ip.max_prefixlen - prefix
    return prefix <= _MAX_PREFIX[ip.version] and int(ip) & ((1 << host_bits) - 1) == 0


def _says_nothing(ip: IPAddress) -> bool:
    if ip in EVERYBODYS or ip.is_loopback or ip.is_unspecified or ip.is_multicast:
        return True
    if isinstance(ip, ipaddress.IPv4Address):
        return is_private(ip) or is_shared(ip) or ip.is_link_local or ip in FAKE_IP or int(ip) >> 24 in (0, 255)
    return int(ip) & ((1 << 64) - 1) == 0 and not ip.is_global and ip not in ULA
