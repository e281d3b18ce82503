"""Builds simulated networks by small functions, and runs programs on them.

    with Network(seed=7) as net:
        internet = net.internet()
        home = net.nat("home", at=internet, kind="symmetric-random")
        alice, bob = net.host("alice", at=home), net.host("bob", at=internet)
        net.run(meet(alice, bob))

Hosts that stand on the internet itself are found in the DNS as `NAME.test`. Everything hangs on the seed and the names.
"""

from __future__ import annotations

import asyncio
import ipaddress
import tempfile
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.presets import PRESETS
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.nat import Mapping
from natscope.sim.authority import Authority
from natscope.sim.dns import DnsServer, Zone
from natscope.sim.guarded import GuardedNode
from natscope.sim.host import SimHost, build_host
from natscope.sim.invariants import Watch
from natscope.sim.link import LinkSpec
from natscope.sim.node import Node, Port
from natscope.sim.programs import LIMIT_S, Programs
from natscope.sim.router import Router
from natscope.sim.site import Site, local_prefix
from natscope.sim.timeline import Timeline
from natscope.sim.tls import Trust
from natscope.sim.trace import Trace
from natscope.sim.wiring import EVERYWHERE, FIRST_PORT, Wiring
from natscope.sim.world import World

Result = TypeVar("Result")
UPLINK = LinkSpec(latency_s=0.005)
LAN = LinkSpec(latency_s=0.0005)
DNS_4, DNS_6 = ipaddress.IPv4Address("203.0.113.53"), ipaddress.IPv6Address("2001:db8::53")


class Network:
    """One simulated network. `trace` and `watch` may be switched off where a run is for speed."""

    def __init__(self, seed: int, *, timeline: Timeline | None = None, trace: bool = True, watch: bool = True) -> None:
        self.seed = seed
        self.timeline = timeline or Timeline()
        self.trace = Trace()
        self.world = World(seed, self.timeline, self.trace if trace else None, Watch() if watch else None)
        self.zone = Zone()
        self.dns: DnsServer | None = None
        self.hosts: dict[str, SimHost] = {}
        self.sites: dict[str, Site] = {}
        self._wiring = Wiring(self.world)
        self.uplinks = self._wiring.uplinks
        self.trust = Trust()
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._authority: Authority | None = None
        self._programs = Programs(self.timeline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End all programs and remove the authority's files."""
        self._programs.close()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def internet(self, name: str = "internet", *, dns: bool = True) -> Site:
        """The middle of everything, with a name server at `DNS_4` and `DNS_6`."""
        site = self.sites[name] = Site(Router(self.world, name), None, None)
        if dns:
            node = Node(self.world, "name-server")
            self._wiring.plug(node, site, UPLINK, wanted=(DNS_4, DNS_6))
            self.dns = DnsServer(node, self.zone)
        return site

    def nat(
        self,
        name: str,
        at: Site,
        *,
        kind: str = "port-restricted",
        config: NatConfig | None = None,
        lan: str = "192.168.1.0/24",
        ipv6: str = "none",
        external: Iterable[IPAddress] = (),
        count: int = 1,
        link: LinkSpec = UPLINK,
        back: LinkSpec | None = None,
    ) -> Site:
        """A router with a NAT or firewall towards `at`: `kind` is a preset's name, `config` says it in full.

        `external` are its public addresses (`count` free ones otherwise). `ipv6`: `none`, `open`, `firewall`
        (stateful), `nat66` (unique local addresses behind the router's own one), or `broken` (hosts have addresses and
        a route, and nothing comes back). A kind without
        translation has no `lan`: its hosts have addresses of `at`.
        """
        chosen = PRESETS[kind].config if config is None else config
        self._check_name(name)
        router = Router(self.world, name)
        wanted = tuple(external) or (None,) * (count if chosen.translates else 1)
        up = self._wiring.plug(router, at, link, back, wanted=(wanted[0], None), families=(4,))
        for more in wanted[1:]:
            self._wiring.give(router, up, at, 4, more)
        site = self.sites[name] = Site(router, at, up)
        if chosen.translates:
            public = tuple(a.ip for a in up.addresses if a.version == 4)
            router.translate(up, replace(chosen, external=public))
            site.lan = ipaddress.IPv4Network(lan)
        else:
            router.translate(up, chosen, (4,))
        self._add_ipv6(site, at, up, ipv6)
        for address in site.gateway_addresses():
            if int(address.ip) not in router.own:
                router.claim(address.ip, self._inner(site))
        return site

    def router(self, name: str, at: Site, *, ipv6: str = "open", link: LinkSpec = UPLINK) -> Site:
        """A router that only forwards; hosts behind it have addresses of `at`."""
        site = self.nat(name, at, kind="firewall", ipv6=ipv6, link=link)
        assert site.up is not None
        site.up.put_nat(4, None)
        site.up.put_nat(6, None)
        return site

    def host(
        self,
        name: str,
        at: Site,
        *,
        ipv4: bool | str = True,
        ipv6: bool | str = True,
        link: LinkSpec | None = None,
        back: LinkSpec | None = None,
        environ: dict[str, str] | None = None,
        interface: str = FIRST_PORT,
        guarded: bool = False,
    ) -> SimHost:
        """A computer; a family can be left out or its address chosen. `back` is the link's other direction.

        `guarded`: it may have rules of its own for what comes in (`GuardedNode`).
        """
        self._check_name(name)
        node = GuardedNode(self.world, name) if guarded else Node(self.world, name)
        families = tuple(f for f, on in ((4, ipv4), (6, ipv6)) if on is not False)
        wanted = _literal(ipv4), _literal(ipv6)
        usual = LAN if at.above else UPLINK
        port = self._wiring.plug(node, at, link or usual, back, wanted=wanted, families=families, name=interface)
        host = self.hosts[name] = build_host(node, self.trust, environ)
        server = DNS_4 if port.address(4) is not None else DNS_6
        host.names.servers = (Endpoint(server, 53),)
        if at.above is None:
            self.zone.add(f"{name}.test", *(a.ip for a in port.addresses))
        return host

    def programs_on(self, site: Site) -> SimHost:
        """A `Host` for programs that run on the router of a site (a login page, a mapping service)."""
        name = site.router.name
        if name not in self.hosts:
            self.hosts[name] = build_host(site.router, self.trust)
        return self.hosts[name]

    def attach(
        self,
        node: Node,
        at: Site,
        port_name: str,
        *,
        link: LinkSpec = LAN,
        addresses: tuple[IPAddress | None, IPAddress | None] = (None, None),
    ) -> Port:
        """One more interface of a node, with addresses (free ones of both families unless given) and default routes."""
        return self._wiring.plug(node, at, link, wanted=addresses, name=port_name)

    def detach(self, node: Node, port_name: str) -> None:
        """The interface goes down and loses addresses and routes."""
        port = node.ports[port_name]
        for site in self.sites.values():
            if port in site.ports_to:
                for address in port.addresses:
                    site.forget(address.ip)
        port.up = False
        node.drop_addresses(port)
        node.routes.remove(port)

    def renumber(self, site: Site, external: Iterable[IPAddress] = ()) -> None:
        """A NAT restarts: its mappings are lost, and its public addresses are others (free ones unless given)."""
        assert site.above is not None
        assert site.up is not None
        old = [a.ip for a in site.up.addresses if a.version == 4]
        site.router.drop_addresses(site.up, 4)
        for ip in old:
            site.above.forget(ip)
        for wanted in tuple(external) or (None,) * len(old):
            self._wiring.give(site.router, site.up, site.above, 4, wanted)
        site.router.reboot_nat(site.up, 4, [a.ip for a in site.up.addresses if a.version == 4])

    @property
    def authority(self) -> Authority:
        """Issues certificates that every host here trusts; made at the first use."""
        if self._authority is None:
            self._directory = tempfile.TemporaryDirectory(prefix="natscope-sim-")
            self._authority = Authority(self.seed, Path(self._directory.name))
            self.trust.ca_file = str(self._authority.ca_file)
        return self._authority

    def run(self, program: Coroutine[Any, Any, Result], *, limit_s: float = LIMIT_S) -> Result:
        """Run a program to its end; others that were started go on meanwhile. `TimeoutError` after `limit_s`."""
        return self._programs.run(program, limit_s)

    def start(self, host: SimHost, program: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a program on a host beside everything else, until it ends or the host crashes."""
        task = self._programs.start(program)
        host.tasks[task] = None
        task.add_done_callback(lambda done: host.tasks.pop(done, None))
        return task

    def _check_name(self, name: str) -> None:
        """A name is what chance hangs on, so there is one of each."""
        if name in self.sites or name in self.hosts:
            raise ValueError(f"there is a {name} already")

    def _add_ipv6(self, site: Site, at: Site, up: Port, manner: str) -> None:
        if manner == "none":
            up.put_nat(6, None)
            return
        if manner not in ("open", "firewall", "nat66", "broken"):
            raise ValueError(f"{manner!r} is no manner of IPv6")
        site.prefix = at.delegate(at.ports_to[up], route_back=manner != "broken")
        site.router.routes.add(EVERYWHERE[6], up)
        if manner == "firewall":
            site.router.translate(up, NatConfig(mapping=Mapping.NONE), (6,))
        elif manner == "nat66":
            own = ipaddress.IPv6Interface((int(site.prefix.network_address) + 1, 64))
            site.prefix = local_prefix(site.prefix)
            site.router.add_address(up, own)
            site.router.translate(up, NatConfig(external=(own.ip,)))
        else:
            up.put_nat(6, None)

    def _inner(self, site: Site) -> Port:
        """A port for the router's own inside address, on no wire."""
        ports = site.router.ports
        return ports["inside"] if "inside" in ports else site.router.add_port("inside", lan="lan")


def _literal(wish: bool | str) -> IPAddress | None:
    return ipaddress.ip_address(wish) if isinstance(wish, str) else None
