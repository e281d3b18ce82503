"""Starts the routers of a lab: our own on TUN devices, the kernel's, and the internet in the middle."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path

from natscope.errors import CannotMeasure
from natscope.lab.kernel import wiring
from natscope.lab.kernel.leftovers import COUNTS
from natscope.lab.kernel.mapping_process import NatEnd, start_mapping_service
from natscope.lab.kernel.miniupnpd import start_miniupnpd
from natscope.lab.kernel.netns import Space
from natscope.lab.kernel.nftables import keeps_own, kernel_router, web_redirect
from natscope.lab.kernel.orders import Orders
from natscope.lab.kernel.processes import Processes, Ready
from natscope.lab.kernel.router_process import Counts, Listener, RouterOrders, serve
from natscope.lab.kernel.router_tun import Attached, RouterPlan, RouterTun
from natscope.lab.kernel.servers import start_inspector, start_portal
from natscope.lab.scenario import INTERNET, Scenario, Site, SiteIpv6
from natscope.lab.tls_inspector import inspector_certificate
from natscope.machines.nat.egress import EVERYTHING


class Routers:
    """Those of one lab. `orders` has, by site, how a router of ours is told to reboot."""

    def __init__(self, scenario: Scenario, folder: Path, processes: Processes) -> None:
        self._scenario = scenario
        self._counts = folder / COUNTS
        self._counts.mkdir(mode=0o700, exist_ok=True)
        self._processes = processes
        self._folder = folder
        self.orders: dict[str, Orders] = {}

    def start(self, site: Site, space: Space, behind: Sequence[str], attached: Sequence[Attached]) -> None:
        """One router. `behind` are prefixes of hosts with addresses of their own. Raises `CannotMeasure`."""
        if site.portal is not None:
            space.nft(web_redirect())
            start_portal(self._processes, space, site.name, site.portal)
        if site.opens_tls:
            space.nft(web_redirect(443))
            files = self._folder / "inspector"
            files.mkdir(mode=0o755, exist_ok=True)
            start_inspector(self._processes, space, site.name, inspector_certificate(self._scenario, files))
        if site.kernel_nat is not None:
            if site.nat is not None and site.nat.egress != EVERYTHING:
                raise CannotMeasure(f"{site.name}: `allow` goes with our own NAT only, not with the kernel's")
            guarded, opens = site.ipv6 is SiteIpv6.FIREWALL, site.mapping_service is not None
            space.nft(kernel_router(site.kernel_nat, ipv6_firewall=guarded, opens_ports=opens))
            if opens:
                start_miniupnpd(self._processes, space, site, self._folder)
            return
        own = site.external if site.nat is not None and site.nat.translates else ()
        inside, outside = wiring.divert(space, own, behind)
        if own:
            space.nft(keeps_own(own))
        router = RouterTun(self._plan(site, attached))
        listeners: list[Listener] = []
        if router.nat(4) is not None:
            self.orders[site.name] = Orders()
            listeners.append(RouterOrders(router, self.orders[site.name]))
        pair = self._add_mapping_service(site, space, router, listeners)
        self._serve(f"router {site.name}", space, router, (inside, outside), listeners)
        for end in pair:
            end.close()

    def start_core(self, core: Space, ports: int, attached: Sequence[Attached]) -> None:
        """The internet, with that many ports."""
        device = wiring.divert_core(core, [f"p{n}" for n in range(1, ports + 1)])
        plan = RouterPlan(
            name=INTERNET,
            seed=self._scenario.seed,
            inside=(ipaddress.ip_address(wiring.CORE_4), ipaddress.ip_address(wiring.CORE_6)),
            attached=tuple(attached),
        )
        self._serve(INTERNET, core, RouterTun(plan), (device, None), [])

    def _plan(self, site: Site, attached: Sequence[Attached]) -> RouterPlan:
        return RouterPlan(
            name=site.name,
            seed=self._scenario.seed,
            nat_4=site.nat,
            nat_6=site.nat_6,
            nat64=site.ipv6 is SiteIpv6.NAT64,
            inside=(site.gateway, site.gateway_6),
            attached=tuple(attached),
        )

    def _add_mapping_service(
        self, site: Site, space: Space, router: RouterTun, listeners: list[Listener]
    ) -> Sequence[socket.socket]:
        """Both ends of the way to it, for whoever starts the router to close; none without a service."""
        nat = router.nat(4)
        if site.mapping_service is None or nat is None:
            return ()
        pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        start_mapping_service(self._processes, space, site, pair[1])
        listeners.append(NatEnd(nat, router.nat(6), pair[0]))
        return pair

    def _serve(
        self, name: str, space: Space, router: RouterTun, devices: tuple[int, int | None], listeners: list[Listener]
    ) -> None:
        counts = Counts(router, self._counts / f"{router.plan.name}.json")

        def main(ready: Ready) -> None:
            ready()
            serve(router, *devices, listeners=listeners, counts=counts)

        self._processes.call(name, space, main)
