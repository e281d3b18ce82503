"""A site: a router with the network behind it, and who gets which address there.

Behind a translating NAT IPv4 addresses come from the site's own prefix; elsewhere they are taken from the site above,
and every router on the way up learns the route. IPv6 prefixes (/64) are handed down from the internet likewise.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from natscope.model.endpoint import Family, IPAddress
from natscope.sim.node import Port
from natscope.sim.router import Router
from natscope.sim.routes import IPNetwork

IPInterface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
INTERNET_ROUTER = (ipaddress.IPv4Interface("203.0.113.254/32"), ipaddress.IPv6Interface("2001:db8:ffff::1/128"))
"""Where complaints of the internet's own router come from; it listens to nobody there, and nobody else gets them."""
PUBLIC_4 = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "11.0.0.0/8")
"""Documentation prefixes first; then a real one, where those have too few addresses. Nothing leaves the process."""
PUBLIC_6 = ipaddress.IPv6Network("2001:db8::/32")


def local_prefix(routed: ipaddress.IPv6Network) -> ipaddress.IPv6Network:
    """What hosts have behind a router that translates to a prefix of `PUBLIC_6`: unique local addresses (RFC 4193)."""
    return ipaddress.IPv6Network((int(routed.network_address) - (0x2001 << 112) + (0xFD00 << 112), routed.prefixlen))


class Site:
    """Hosts and routers are attached to it. `up` is the port that leads to `above`; the internet has neither."""

    def __init__(self, router: Router, above: Site | None, up: Port | None) -> None:
        self.router = router
        self.above = above
        self.up = up
        self.lan: ipaddress.IPv4Network | None = None
        """The site's own IPv4 prefix; None where addresses come from above."""
        self.prefix: ipaddress.IPv6Network | None = None
        """The site's own IPv6 prefix; None where it has no IPv6."""
        self._free: dict[int, Iterator[IPAddress]] = {}
        self._handed: dict[IPAddress, None] = {} if above is not None else {a.ip: None for a in INTERNET_ROUTER}
        self._ports = 0
        self._prefixes = 0
        self.ports_to: dict[Port, Port] = {}
        """The port of a neighbour to ours, on the same link."""

    @property
    def root(self) -> Site:
        """The internet."""
        return self if self.above is None else self.above.root

    def new_port(self) -> Port:
        """A port of the router for one more neighbour; all of them are one wire."""
        self._ports += 1
        is_wire = self.above is not None
        port = self.router.add_port(f"lan{self._ports}", lan="lan" if is_wire else "")
        port.addresses += self.gateway_addresses() if is_wire else INTERNET_ROUTER
        return port

    def gateway_addresses(self) -> list[IPInterface]:
        """What hosts have for a default gateway; also the source of the router's complaints."""
        found: list[IPInterface] = []
        if self.lan is not None:
            found.append(ipaddress.IPv4Interface((self.lan.network_address + 1, self.lan.prefixlen)))
        elif self.up is not None and (outside := self.up.address(4)) is not None:
            found.append(ipaddress.IPv4Interface((int(outside), 32)))
        if self.prefix is not None:
            found.append(ipaddress.IPv6Interface((self.prefix.network_address + 1, 64)))
        return found

    def gateway(self, family: Family) -> IPAddress | None:
        """The default gateway of a family, None on the internet itself: there it is the wire."""
        return next((a.ip for a in self.gateway_addresses() if a.version == family), None)

    def take(self, family: Family, to: Port, wanted: IPAddress | None = None) -> IPInterface | None:
        """An address for the neighbour at our port `to`, routed there; None where the site has none of that family."""
        if family == 4 and self.lan is None and self.above is not None and self.up is not None:
            found = self.above.take(4, self.above_port(), wanted)
            if found is not None:
                self.router.routes.add(_single(found.ip), to)
            return found
        network = self.lan if family == 4 else self.prefix
        if network is None and self.above is not None:
            return None
        if wanted in self._handed:
            raise ValueError(f"{wanted} is in use already")
        ip = wanted if wanted is not None else self._next(family)
        self._handed[ip] = None
        self.router.routes.add(_single(ip), to)
        if network is None:
            return ipaddress.ip_interface(f"{ip}/{32 if family == 4 else 128}")
        return ipaddress.ip_interface(f"{ip}/{network.prefixlen}")

    def above_port(self) -> Port:
        """The port of the router above that leads here."""
        assert self.above is not None
        assert self.up is not None
        return self.above.ports_to[self.up]

    def delegate(self, to: Port, *, route_back: bool = True) -> ipaddress.IPv6Network:
        """A /64 for a site below, routed there from the internet on, or nowhere."""
        number = self.root.next_prefix()
        network = ipaddress.IPv6Network((int(PUBLIC_6.network_address) + (number << 64), 64))
        if route_back:
            self.learn(network, to)
        return network

    def learn(self, network: IPNetwork, to: Port) -> None:
        """Route a network below, here and on every router above."""
        self.router.routes.add(network, to)
        if self.above is not None:
            self.above.learn(network, self.above_port())

    def forget(self, ip: IPAddress) -> None:
        """An address is not in use any more; it is handed out again only to who asks for it."""
        self._handed.pop(ip, None)
        for route in self.router.routes.entries():
            if route.network == _single(ip):
                self.router.routes.remove(route.way, route.network)
        if self.lan is None and self.above is not None and ip.version == 4:
            self.above.forget(ip)

    def next_prefix(self) -> int:
        """The number of the next /64."""
        self._prefixes += 1
        return self._prefixes

    def _next(self, family: Family) -> IPAddress:
        pool = self._free.get(family)
        if pool is None:
            pool = self._free[family] = self._pool(family)
        found = next((ip for ip in pool if ip not in self._handed), None)
        if found is None:
            raise ValueError(f"{self.router.name} has no IPv{family} address left")
        return found

    def _pool(self, family: Family) -> Iterator[IPAddress]:
        if family == 4 and self.lan is not None:
            yield from (self.lan.network_address + number for number in range(2, self.lan.num_addresses - 1))
        elif family == 4:
            for text in PUBLIC_4:
                yield from ipaddress.IPv4Network(text).hosts()
        else:
            first = self.prefix.network_address if self.prefix is not None else PUBLIC_6.network_address
            yield from (first + number for number in range(2, 1 << 32))


def _single(ip: IPAddress) -> IPNetwork:
    return ipaddress.ip_network(ip)
