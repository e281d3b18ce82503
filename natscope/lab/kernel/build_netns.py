"""Builds a scenario out of namespaces: one for the internet, one for each router, host, relay and server.

Runs in the first process of the lab's own namespaces (`holder.py`), which keeps the descriptors. Link faults, latency
and our NATs are done by one process per router and one for the internet; a site with the kernel's NAT has no process,
so the links inside it have no latency.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from natscope.errors import UserError
from natscope.lab.host_rules import WRITTEN
from natscope.lab.kernel import wiring
from natscope.lab.kernel.enter import FIRMWARE
from natscope.lab.kernel.faults import Cable, Player, Reboot, Stage
from natscope.lab.kernel.leftovers import BROKEN, PROCESSES
from natscope.lab.kernel.name_server import start_dns, start_dns64, start_resolver
from natscope.lab.kernel.netns import Space, add_addresses
from natscope.lab.kernel.nftables import INSIDE, OUTSIDE
from natscope.lab.kernel.nftables import silent_ports as silence
from natscope.lab.kernel.orders import Orders
from natscope.lab.kernel.processes import Processes
from natscope.lab.kernel.renumber import PublicAddresses
from natscope.lab.kernel.router_tun import Attached, IPNetwork
from natscope.lab.kernel.routers import Routers
from natscope.lab.kernel.servers import (
    certificate,
    hold_ports,
    silent_ports,
    start_proxy,
    start_relay,
    start_server,
)  # fmt: skip
from natscope.lab.kernel.stuck_flow import start_stuck_flow
from natscope.lab.kernel.tunnel import shuttle
from natscope.lab.relay_service import helper_peers
from natscope.lab.scenario import (
    DNS_4,
    DNS_6,
    DNS_NAME,
    DOMAIN,
    INTERNET,
    Attachment,
    Bed,
    Scenario,
    ScenarioFault,
    ScenarioHost,
    ScenarioRelay,
    Site,
    SiteIpv6,
)  # fmt: skip
from natscope.lab.scenario_faults import addresses_after_reboot, is_renumbered
from natscope.lab.scenario_links import UPLINK
from natscope.lab.scenario_proxy import environment as environment_of
from natscope.lab.scenario_proxy import proxies_on, proxy_address
from natscope.lab.scenario_relays import LIE
from natscope.lab.stuck_flow import ends
from natscope.model.endpoint import IPAddress
from natscope.sim.authority import Authority
from natscope.sim.link import LinkSpec
from natscope.sim.name_answers import Zone

WORSE_METRIC = 100
FAULTS = "faults"
"""The process that plays them."""
TRUST_VARIABLES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE")
"""By which programs are told whose certificates to trust."""


class Built:
    """A lab that stands."""

    def __init__(
        self, spaces: dict[str, Space], processes: Processes, environment: dict[str, str], folder: Path
    ) -> None:
        self._spaces = spaces
        self._processes = processes
        self._folder = folder
        self.environment = environment
        """What programs on its hosts get beside their own environment: whom they trust."""

    def descriptors(self) -> dict[str, int]:
        """Of each network namespace, in this process."""
        return {name: space.descriptor for name, space in self._spaces.items()}

    def ended(self, pid: int, status: int) -> None:
        """A process has ended: into the log, and the lab is broken when it was one that should stay."""
        name, code = self._processes.names.pop(pid, ""), os.waitstatus_to_exitcode(status)
        if not name or (name == FAULTS and code == 0):
            return
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        print(f"{name} has ended ({how})", file=sys.stderr, flush=True)
        if code != -Processes.MEANT:
            with contextlib.suppress(FileExistsError), open(self._folder / BROKEN, "x", encoding="ascii") as file:
                file.write(f"{name} has ended ({how})")


def build(scenario: Scenario, folder: Path) -> Built:
    """Everything, ready to be used. Raises `UserError`, `CannotMeasure`, `OSError`."""
    if not scenario.can(Bed.KERNEL):
        raise UserError(f"the kernel lab cannot express {scenario.name}: {scenario.cannot[Bed.KERNEL]}")
    if len({host.clock_wrong_by_s for host in scenario.hosts.values()}) > 1:
        raise UserError(
            f"namespaces have one clock: {scenario.name} needs several", hint=f"natscope lab run --sim {scenario.name}"
        )
    return _Builder(scenario, folder).build()


class _Builder:
    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._scenario = scenario
        self._folder = folder
        self._spaces: dict[str, Space] = {}
        self._ports: dict[str, str] = {}
        self._attached: dict[str, list[Attached]] = {INTERNET: []}
        self._behind: dict[str, list[str]] = {}
        self._ports_used: dict[str, int] = {}
        self._neighbour: dict[str, int] = {}
        self._tunnels: dict[str, int] = {}
        self._processes = Processes(folder)
        self._routers = Routers(scenario, folder, self._processes)
        self._cables: dict[str, list[Cable]] = {}
        self._restarts: dict[str, Callable[[], None]] = {}
        self._dns = Orders()

    def build(self) -> Built:
        wiring.prepare_core(self._space(INTERNET))
        for site in self._scenario.sites.values():
            self._add_site(site)
        for host in self._scenario.hosts.values():
            self._add_host(host)
        environment = self._add_servers()
        for site in self._scenario.sites.values():
            self._routers.start(site, self._spaces[site.name], self._behind[site.name], self._attached[site.name])
        self._routers.start_core(self._spaces[INTERNET], self._ports_used[INTERNET], self._attached[INTERNET])
        self._processes.wait()
        for host in self._scenario.hosts.values():
            if host.stuck_to:
                start_stuck_flow(self._processes, self._spaces[host.name], ends(self._scenario, host))
        self._processes.wait()
        if self._scenario.faults:
            self._play(self._scenario.faults)
        names = {name: pid for pid, name in self._processes.names.items()}
        (self._folder / PROCESSES).write_bytes(msgspec.json.encode(names))
        return Built(self._spaces, self._processes, environment, self._folder)

    def _space(self, name: str) -> Space:
        space = self._spaces[name] = Space(name)
        return space

    # -- wires -----------------------------------------------------------------------------------------------------

    def _add_site(self, site: Site) -> None:
        space = self._space(site.name)
        self._attached[site.name], self._behind[site.name] = [], []
        if site.at == INTERNET:
            self._ports[site.name] = self._join_core(space, OUTSIDE, site.external or (site.wan,))
            if site.prefix is not None:
                space.ip(f"route add default via {wiring.GATEWAY_6} dev {OUTSIDE}")
        else:
            self._join_site(space, site)
        tunnel = wiring.prepare_router(space, site)
        if tunnel is not None:
            self._tunnels[site.name] = tunnel
        if site.routed_6 is not None:
            self._behind[site.name].append(str(site.routed_6))
            if site.ipv6 is not SiteIpv6.BROKEN:
                self._route_prefix(site)
        self._attach(site)

    def _join_site(self, space: Space, site: Site) -> None:
        """A router behind a router: its `wan` hangs on the bridge above."""
        above = self._scenario.sites[site.at]
        number = self._neighbour[site.name] = self._next_port(site.at)
        self._ports[site.name] = INSIDE
        self._cables[site.name] = [Cable(self._spaces[site.at], f"l{number}", space, OUTSIDE)]
        at = Attachment(at=site.at, ipv4=site.wan, ipv6=None)
        wiring.join_lan(self._spaces[site.at], space, OUTSIDE, number, above, at, 0)
        add_addresses(space, OUTSIDE, [f"{ip}/32" for ip in site.external[1:]])
        self._own_addresses(site.at, site.external or (site.wan,))
        if site.prefix is not None:
            add_addresses(space, OUTSIDE, [f"fe80::{number + 2:x}/64"])
            space.ip(f"route add default via {wiring.GATEWAY_6} dev {OUTSIDE}")

    def _attach(self, site: Site) -> None:
        """The link of a site belongs to the router above."""
        later = addresses_after_reboot(self._scenario, site) if is_renumbered(self._scenario, site.name) else ()
        prefixes = [ipaddress.ip_network(ip) for ip in (*(site.external or (site.wan,)), *later)]
        networks: list[IPNetwork] = [*prefixes, *([site.routed_6] if site.routed_6 is not None else [])]
        if site.lan is None:
            networks += [ipaddress.ip_network(ip) for ip in self._addresses_below(site.name)]
        self._attached[site.at].append(Attached(prefixes=tuple(networks), up=site.link, back=site.back))

    def _addresses_below(self, site: str) -> Iterator[IPAddress]:
        """IPv4 addresses that a site without translation hands down."""
        for host in self._scenario.hosts.values():
            yield from (i.ipv4 for i in host.interfaces if i.at == site and i.ipv4 is not None)
        yield from (relay.ipv4 for relay in self._scenario.relays.values() if relay.at == site)
        for below in self._scenario.sites.values():
            if below.at == site:
                yield from below.external or (below.wan,)
                if below.lan is None:
                    yield from self._addresses_below(below.name)

    def _route_prefix(self, site: Site) -> None:
        """The way down to a site's IPv6 prefix, from the internet on."""
        assert site.routed_6 is not None
        name, prefix = site.name, site.routed_6
        while name != INTERNET:
            here = self._scenario.sites[name]
            above = self._spaces[here.at]
            via = "fe80::2" if here.at == INTERNET else f"fe80::{self._neighbour[name] + 2:x}"
            source = wiring.CORE_6 if here.at == INTERNET else ""
            wiring.route_down(above, [prefix], via, self._ports[name], source)
            if name != site.name:
                self._behind[name].append(str(prefix))
            name = here.at

    def _own_addresses(self, site: str, addresses: tuple[IPAddress, ...]) -> None:
        """IPv4 addresses below a router that does not translate: every router above learns the way."""
        name = site
        while name != INTERNET and self._scenario.sites[name].lan is None:
            here = self._scenario.sites[name]
            self._behind[name] += [f"{ip}/32" for ip in addresses]
            source = wiring.CORE_4 if here.at == INTERNET else ""
            wiring.route_down(self._spaces[here.at], addresses, str(here.wan), self._ports[name], source)
            name = here.at

    def _add_host(self, host: ScenarioHost) -> None:
        space = self._space(host.name)
        for number, (at, device) in enumerate(zip(host.interfaces, self._scenario.devices(host), strict=True)):
            self._join(space, device, at, number)
            self._attached[at.at].append(_linked(at, host.link, host.back))
        if host.rules is not None:
            space.nft(WRITTEN[host.rules].nft)
        if host.strict_source:
            space.sysctl({f"net/ipv4/conf/{device}/rp_filter": 1 for device in self._scenario.devices(host)})
        self._write_files(host)
        for proxied in proxies_on(self._scenario, host):
            at_inside = proxy_address(self._scenario, proxied)
            assert at_inside is not None
            start_proxy(self._processes, space, f"{host.name}'s proxy", at_inside, with_password=proxied.proxy_password)
        if host.taken:
            hold_ports(self._processes, space, host.name, host.taken)

    def _join(self, space: Space, device: str, at: Attachment, number: int) -> None:
        """One interface of a host or relay, the `number`th of its own."""
        if at.at == INTERNET:
            self._join_core(space, device, _present(at.ipv4, at.ipv6))
        elif self._scenario.sites[at.at].tunnel:
            self._join_tunnel(space, device, at, number)
        else:
            port = self._next_port(at.at)
            site = self._scenario.sites[at.at]
            wiring.join_lan(self._spaces[at.at], space, device, port, site, at, WORSE_METRIC * number)
            self._cables.setdefault(space.name, []).append(Cable(self._spaces[at.at], f"l{port}", space, device))
            if at.ipv4 is not None:
                self._own_addresses(at.at, (at.ipv4,))

    def _join_tunnel(self, space: Space, device: str, at: Attachment, number: int) -> None:
        """A TUN device whose other end is the router's own inside."""
        site = self._scenario.sites[at.at]
        assert site.lan is not None
        near, far = space.tun(device), self._tunnels[site.name]
        space.ip(f"link set {device} mtu {wiring.TUNNEL_MTU}")
        add_addresses(space, device, [f"{at.ipv4}/{site.lan.prefixlen}"])
        if site.carries:
            space.ip(*wiring.carried(device, site.carries))
        else:
            space.ip(f"route add default dev {device} metric {WORSE_METRIC * number}")
        self._processes.call(f"tunnel {device}", space, lambda ready: shuttle(near, far, ready))

    def _join_core(self, space: Space, device: str, own: tuple[IPAddress, ...]) -> str:
        port = wiring.join_core(self._spaces[INTERNET], space, device, self._next_port(INTERNET), own)
        self._cables.setdefault(space.name, []).append(Cable(self._spaces[INTERNET], port, space, device))
        return port

    def _next_port(self, at: str) -> int:
        number = self._ports_used[at] = self._ports_used.get(at, 0) + 1
        return number

    # -- servers ---------------------------------------------------------------------------------------------------

    def _add_servers(self) -> dict[str, str]:
        scenario = self._scenario
        certificates = self._folder / "certificates"
        certificates.mkdir(mode=0o755, exist_ok=True)
        # Namespaces have this computer's clock: where a host's is wrong, everybody else's is turned the other way.
        wrong_by_s = next(iter(scenario.hosts.values())).clock_wrong_by_s
        authority = Authority(scenario.seed, certificates, later_by_s=-wrong_by_s)
        for relay in scenario.relays.values():
            space = self._spaces[relay.on] if relay.on else self._computer_of(relay)
            space.nft(silence(silent_ports(relay)))
            turned = replace(relay, clock_wrong_by_s=relay.clock_wrong_by_s - wrong_by_s)
            tls, peers = certificate(authority, relay), helper_peers(scenario, relay)
            start = functools.partial(start_relay, self._processes, space, turned, tls, peers)
            self._restarts[relay.name] = start
            start()
        self._add_name_server()
        for server in scenario.servers.values():
            space = self._space(server.name)
            addresses = (*server.addresses, *server.addresses_6)
            self._join_core(space, "eth0", addresses)
            self._attached[INTERNET].append(_plain(addresses))
            start_server(self._processes, space, server, self._folder, authority)
        return {name: str(authority.ca_file) for name in TRUST_VARIABLES}

    def _computer_of(self, relay: ScenarioRelay) -> Space:
        space, place = self._space(relay.name), Attachment(at=relay.at, ipv4=relay.ipv4, ipv6=relay.ipv6)
        self._join(space, "eth0", place, 0)
        self._attached[relay.at].append(_linked(place, relay.link, relay.back))
        return space

    def _add_name_server(self) -> None:
        space = self._space(DNS_NAME)
        self._join_core(space, "eth0", (DNS_4, DNS_6))
        self._attached[INTERNET].append(_plain((DNS_4, DNS_6)))
        zone = Zone()
        for relay in self._scenario.relays.values():
            zone.add(relay.host_name, *_present(relay.ipv4, relay.ipv6))
        for host in self._scenario.hosts.values():
            if host.at == INTERNET:
                zone.add(f"{host.name}.{DOMAIN}", *_present(host.address(4), host.address(6)))
        for domain in self._scenario.dns_wildcards:
            zone.add_wildcard(domain, LIE)
        for server in self._scenario.servers.values():
            zone.add(f"{server.name}.{DOMAIN}", *server.addresses)
        start_dns(self._processes, space, self._scenario, zone, self._dns)
        for site in self._scenario.sites.values():
            if site.ipv6 is SiteIpv6.NAT64:
                start_dns64(self._processes, self._spaces[site.name], site, zone)
            elif site.resolver:
                start_resolver(self._processes, self._spaces[site.name], site, zone)

    def _write_files(self, host: ScenarioHost) -> None:
        folder = self._folder / "etc" / host.name
        folder.mkdir(mode=0o755, parents=True)
        search = f"search {' '.join(host.search)}\n" if host.search else ""
        (folder / "resolv.conf").write_text(f"nameserver {host.name_server}\n{search}")
        (folder / "hosts").write_text(f"127.0.0.1 localhost {host.name}\n::1 localhost\n")
        found = environment_of(self._scenario, host).items()
        if host.firmware:
            (folder / FIRMWARE).write_text(f"{host.firmware}\n")
        (folder / "environment").write_text("".join(f"{name}={value}\n" for name, value in found))

    # -- faults ----------------------------------------------------------------------------------------------------

    def _play(self, faults: Sequence[ScenarioFault]) -> None:
        """Once everything serves: times count from then, or from the beginning of the first measurement."""
        measured = [
            (self._spaces[host.name], device)
            for host in self._scenario.measured()
            for device in self._scenario.devices(host)
        ]
        stage = Stage(self._processes, self._cables, relays=self._restarts, dns=self._dns, measured=measured)
        for site in self._scenario.sites.values():
            if site.nat is not None or site.kernel_nat is not None:
                stage.reboots[site.name] = self._reboot(site)
        player = Player(faults, stage)
        self._processes.call(FAULTS, self._spaces[INTERNET], player.play)
        self._processes.wait()

    def _reboot(self, site: Site) -> Reboot:
        above = self._scenario.sites.get(site.at)
        addresses = PublicAddresses(site, self._spaces[site.name], self._spaces[site.at], self._ports[site.name], above)
        new = addresses_after_reboot(self._scenario, site)
        return Reboot(
            space=self._spaces[site.name],
            order=self._routers.orders.get(site.name),
            external=new,
            renumber=lambda: addresses.become(new),
        )


def _linked(at: Attachment, up: LinkSpec, back: LinkSpec) -> Attached:
    return Attached(prefixes=tuple(map(ipaddress.ip_network, _present(at.ipv4, at.ipv6))), up=up, back=back)


def _plain(own: tuple[IPAddress, ...]) -> Attached:
    return Attached(prefixes=tuple(map(ipaddress.ip_network, own)), up=UPLINK, back=UPLINK)


def _present(*addresses: IPAddress | None) -> tuple[IPAddress, ...]:
    return tuple(ip for ip in addresses if ip is not None)
