"""What a lab's name server says to a question: the zone, and the manners in which such servers go wrong. Pure.

The simulator's server and the kernel bed's both answer with it.
"""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from natscope.model.endpoint import IPAddress
from natscope.sim.nat64 import PREFIX
from natscope.wire.nat64 import KNOWN, ONLY_V4

TTL_S = 60
TYPES = {4: dns.rdatatype.A, 6: dns.rdatatype.AAAA}
_FAMILIES = {kind: family for family, kind in TYPES.items()}
ROOT_SERVER = "a.root-servers.net"
ROOT_ADDRESSES = (ipaddress.IPv4Address("198.41.0.4"), ipaddress.IPv6Address("2001:503:ba3e::2:30"))
"""In every zone, as in the world: what has both kinds of addresses."""


class Manner(enum.Enum):
    """How a name server behaves."""

    ANSWER = "answer"
    HANG = "hang"
    LIE = "lie"
    """Every name is at the server's `lies`."""
    INVENT = "invent"
    """Names that do not exist are at the server's `lies`."""
    NO_IPV6 = "no-ipv6"
    """Names have no IPv6 addresses."""
    FAIL = "fail"
    REFUSE = "refuse"


_CODES = {Manner.FAIL: dns.rcode.SERVFAIL, Manner.REFUSE: dns.rcode.REFUSED}


class Zone:
    """All names of a lab's internet; a name without an address of a family exists all the same."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[IPAddress, ...]] = {ROOT_SERVER: ROOT_ADDRESSES, ONLY_V4: KNOWN}
        self._wild: dict[str, tuple[IPAddress, ...]] = {}

    def add(self, name: str, *addresses: IPAddress) -> None:
        """A name gets more addresses."""
        key = key_of(name)
        self._names[key] = self._names.get(key, ()) + addresses

    def add_wildcard(self, domain: str, *addresses: IPAddress) -> None:
        """Every name below a domain that is not there otherwise."""
        self._wild[f".{key_of(domain)}"] = addresses

    def remove(self, name: str) -> None:
        """There is no such name any more."""
        self._names.pop(key_of(name), None)

    def find(self, name: str) -> tuple[IPAddress, ...] | None:
        """Its addresses; None when it does not exist."""
        key = key_of(name)
        if key in self._names:
            return self._names[key]
        return next((addresses for domain, addresses in self._wild.items() if key.endswith(domain)), None)


@dataclass(slots=True)
class NameAnswers:
    """One server's view. `dns64`: names without IPv6 get the addresses of their IPv4 in the prefix (RFC 6147)."""

    zone: Zone
    manner: Manner = Manner.ANSWER
    lies: tuple[IPAddress, ...] = ()
    dns64: bool = False

    def reply(self, data: bytes, manner: Manner | None = None) -> bytes | None:
        """The packet that answers; None for silence, and for what is no question. `manner` stands for its own."""
        now = manner or self.manner
        if now is Manner.HANG:
            return None
        try:
            question = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return None
        if not question.question or question.flags & dns.flags.QR:
            return None
        answer = dns.message.make_response(question, recursion_available=True)
        if now in _CODES:
            answer.set_rcode(_CODES[now])
        else:
            self._fill(answer, question.question[0], now)
        return answer.to_wire()

    def _fill(self, answer: dns.message.Message, asked: dns.rrset.RRset, manner: Manner) -> None:
        found = self.lies if manner is Manner.LIE else self.zone.find(asked.name.to_text())
        if found is None and manner is Manner.INVENT:
            found = self.lies
        if found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return
        family = _FAMILIES.get(asked.rdtype)
        if family == 6 and self.dns64 and all(ip.version == 4 for ip in found):
            found = tuple(ipaddress.IPv6Address(int(PREFIX.network_address) | int(ip)) for ip in found)
        if family == 6 and manner is Manner.NO_IPV6:
            found = ()
        texts = [str(ip) for ip in found if ip.version == family]
        if texts:
            answer.answer.append(dns.rrset.from_text(asked.name, TTL_S, "IN", asked.rdtype, *texts))


def key_of(name: str) -> str:
    """As names are compared: lower case, without the dot at the end."""
    return name.rstrip(".").lower()
