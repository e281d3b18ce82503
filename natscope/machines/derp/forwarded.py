"""Whose connection a proxy hands on: `X-Forwarded-For`, believed only where a proxy of ours wrote it.

Each proxy appends the address it was asked from, so the list is read from its end: the last address that is none of our
proxies is the client, and what stands before it may be anybody's invention.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from natscope.model.endpoint import IPAddress, unmapped

HEADER = b"x-forwarded-for"
MAX_HOPS = 32
"""Addresses that are looked at, from the end."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """The networks of the proxies in front of a relay."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        """None by default."""
        self._networks = tuple(networks)

    def __contains__(self, ip: IPAddress) -> bool:
        """Whether a connection from there is a proxy's."""
        plain = unmapped(ip)
        return any(plain in network for network in self._networks)

    def client(self, peer: IPAddress, headers: Sequence[tuple[bytes, bytes]]) -> IPAddress:
        """Who asks, given who is connected and the request's headers. Text that is no address ends the search."""
        if peer not in self:
            return peer
        values = [value for name, value in headers if name.lower() == HEADER]
        found = peer
        for text in reversed(b",".join(values).split(b",")[-MAX_HOPS:]):
            try:
                found = unmapped(ipaddress.ip_address(text.strip().decode("ascii").partition("%")[0]))
            except ValueError:
                return found
            if found not in self:
                return found
        return found


def parse_networks(texts: Iterable[str]) -> TrustedProxies:
    """`192.0.2.0/24`, `2001:db8::1`. Raises `ValueError` with the text that is neither."""
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError as error:
            raise ValueError(text) from error
    return TrustedProxies(found)
