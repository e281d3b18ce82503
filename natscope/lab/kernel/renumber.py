"""Gives a NAT other public addresses while the lab stands."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address

from natscope.lab.kernel import wiring
from natscope.lab.kernel.netns import Space, add_addresses
from natscope.lab.kernel.nftables import INSIDE, OUTSIDE
from natscope.lab.scenario import Site


class PublicAddresses:
    """Those of one router. `port` is the device above to which its cable leads; `above_site` None: the internet."""

    def __init__(self, site: Site, space: Space, above: Space, port: str, above_site: Site | None) -> None:
        self._site = site
        self._space = space
        self._above = above
        self._port = port
        self._above_site = above_site
        self._now: Sequence[IPv4Address] = site.external or (site.wan,)

    def become(self, new: Sequence[IPv4Address]) -> None:
        """Old ones are nobody's afterwards; nothing changes when they are the present ones."""
        old = [ip for ip in self._now if ip not in new]
        fresh = [ip for ip in new if ip not in self._now]
        if not fresh:
            return
        self._space.sysctl(
            {f"net/ipv4/conf/{OUTSIDE}/promote_secondaries": 1}
        )  # else new ones go with the first old one
        add_addresses(self._space, OUTSIDE, [f"{ip}/{self._width(n)}" for n, ip in enumerate(new) if ip in fresh])
        if self._above_site is None:
            self._above.ip(*(f"route add {ip} dev {self._port} src {wiring.CORE_4}" for ip in fresh))
            default = f"default via {wiring.GATEWAY_4} dev {OUTSIDE} onlink src {new[0]}"
            self._space.ip(f"route replace {default}")
        elif self._above_site.lan is None:
            self._above.ip(*(f"route add {ip} dev {INSIDE}" for ip in fresh))
        if self._site.kernel_nat is None:
            self._space.ip(*(line for ip in fresh for line in wiring.public_rules(str(ip), "icmp")))
        self._forget(old)
        self._now = tuple(new)

    def _forget(self, old: Sequence[IPv4Address]) -> None:
        widths = {ip: self._width(number) for number, ip in enumerate(self._now)}
        self._space.ip(*(f"address del {ip}/{widths[ip]} dev {OUTSIDE}" for ip in old))
        if self._above_site is None:
            self._above.ip(*(f"route del {ip} dev {self._port}" for ip in old))
        elif self._above_site.lan is not None:
            gateway = f"default via {self._above_site.gateway} dev {OUTSIDE} onlink"
            self._space.ip(f"route replace {gateway}")  # it may have gone with the old address

    def _width(self, number: int) -> int:
        """Only the first address of a router behind a NAT has a network around it."""
        above = self._above_site
        return 32 if number or above is None or above.lan is None else above.lan.prefixlen
