"""A scenario in the simulator: builds the network from the same value as the kernel bed, and measures every host.

The netcheck that runs on the simulated hosts is the product's own, probes found by entry point and all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from natscope.diagnosis.engine import diagnose
from natscope.errors import UserError
from natscope.host.api import Host
from natscope.host.system_api import Container, Suite
from natscope.lab.host_rules import WRITTEN
from natscope.lab.http_proxy import serve_proxy
from natscope.lab.mapping_service import MappingServer
from natscope.lab.relay_service import helper_peers
from natscope.lab.scenario import (
    INTERNET,
    Bed,
    DnsManner,
    FaultKind,
    MeasureHow,
    Scenario,
    ScenarioFault,
    ScenarioHost,
    ScenarioRelay,
    Site,
    SiteIpv6,
)  # fmt: skip
from natscope.lab.scenario_faults import addresses_after_reboot
from natscope.lab.scenario_map import read_relay_map
from natscope.lab.scenario_proxy import environment, proxies_on, proxy_address
from natscope.lab.scenario_relays import LIE
from natscope.lab.sim_ports import ToldFirewall, ToldPorts
from natscope.lab.sim_relay import HTTP, HTTPS, serve_portal, start_relay
from natscope.lab.stuck_flow import table
from natscope.lab.tls_inspector import inspector_certificate, serve_inspector
from natscope.machines.nat.packet import TCP
from natscope.machines.portmap_router.config import ServiceConfig
from natscope.machines.portmap_router.service import MappingService
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import LoadedMap
from natscope.model.report import Report
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.home import next_history
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.netcheck.record import RunRecord
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.sim.dns import PORT as DNS_PORT
from natscope.sim.dns import DnsServer, Manner
from natscope.sim.faults import Congestion, Crash, DnsOutage, Fault, NatReboot, Partition, schedule
from natscope.sim.guarded import GuardedNode, Wall
from natscope.sim.host import SimHost
from natscope.sim.site import Site as SimSite
from natscope.sim.topology import Network
from natscope.sim.wiring import EVERYWHERE
from natscope.web.client import HttpClient
from natscope.wire.system_text import cloud_of_firmware

BEFORE_ALL = -1
"""The metric of a route that comes before the card's own to the same network."""
BETWEEN_RUNS_S = 600.0
SERVERS_START_S = 0.01
"""Servers open their ports before anybody is measured."""


def sim_reports(
    scenario: Scenario, seed: int | None = None, options: NetcheckOptions | None = None
) -> dict[str, Report]:
    """A netcheck on every measured host, one after the other; reports by host.

    `seed` replaces the scenario's own, `options` what the scenario asks of the last run of each host.
    Raises `UserError` for a scenario that the simulator cannot express.
    """
    return {host: diagnose(assemble(record)) for host, record in sim_records(scenario, seed, options).items()}


def sim_records(
    scenario: Scenario, seed: int | None = None, options: NetcheckOptions | None = None
) -> dict[str, RunRecord]:
    """What `sim_reports` is made from."""
    with simulated(scenario, seed) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        schedule(net, [_FAULTS[fault.kind](net, scenario, fault) for fault in scenario.faults])
        found, problems = read_relay_map(scenario, seed)
        loaded = LoadedMap(relay_map=found, source=f"{scenario.name}.json", kind="file", problems=problems)
        return {
            h.name: net.run(_measure(net.hosts[h.name], loaded, scenario.how, options)) for h in scenario.measured()
        }


@contextmanager
def simulated(scenario: Scenario, seed: int | None = None) -> Iterator[Network]:
    """The network with its servers, not yet running. Raises `UserError`."""
    if not scenario.can(Bed.SIM):
        raise UserError(f"the simulator cannot express {scenario.name}: {scenario.cannot[Bed.SIM]}")
    with Network(scenario.seed if seed is None else seed) as net:
        net.internet(INTERNET)
        for site in scenario.sites.values():
            _add_site(net, site)
            _add_inspector(net, scenario, site)
        for host in scenario.hosts.values():
            _add_host(net, scenario, host)
        _add_relays(net, scenario)
        _set_dns(net, scenario)
        yield net


def usual_options(how: MeasureHow) -> NetcheckOptions:
    """What a scenario asks of a netcheck."""
    return with_limit(
        NetcheckOptions(
            https=how.https,
            profile=how.profile,
            hairpin=how.hairpin,
            udp_rate=how.udp_rate,
            source_port=how.source_port,
        )
    )


async def _measure(host: Host, loaded: LoadedMap, how: MeasureHow, options: NetcheckOptions | None) -> RunRecord:
    """The last of several runs, each with what the one before it left."""
    usual, history = usual_options(how), History()
    for _ in range(how.earlier):
        record = await _run(host, loaded, usual, history)
        await host.clock.sleep(BETWEEN_RUNS_S)
        history = next_history(record, assemble(record).relays)
    return await _run(host, loaded, options or usual, history)


async def _run(host: Host, loaded: LoadedMap, options: NetcheckOptions, history: History) -> RunRecord:
    return await run_probes(
        RunInputs(
            host=host,
            loaded_map=loaded,
            options=options,
            history=history,
            found=find(PROBES),
            http=lambda: HttpClient(host),
            stop=asyncio.Event(),
        )
    )


def _add_site(net: Network, site: Site) -> None:
    external = site.external or (site.wan,)
    built = net.nat(
        site.name,
        net.sites[site.at],
        config=site.nat,
        kind="firewall",
        lan=str(site.lan),
        ipv6=(SiteIpv6.FIREWALL if site.ipv6 is SiteIpv6.NAT64 else site.ipv6).value,
        external=external,
        link=site.link,
        back=site.back,
    )
    assert built.up is not None
    if site.nat is None:
        built.up.put_nat(4, None)
        built.up.put_nat(6, None)
    if site.nat_6 is not None:
        built.router.translate(built.up, site.nat_6, (6,))
    if site.ipv6 is SiteIpv6.NAT64:
        built.router.bridge_families()
        DnsServer(built.router, net.zone).dns64 = True
    elif site.resolver:
        DnsServer(built.router, net.zone)
    if site.portal is not None:
        built.router.intercept(TCP, HTTP)
        host = net.programs_on(built)
        net.start(host, serve_portal(host, site.portal))
    if site.mapping_service is not None:
        _start_mapping_service(net, built, site.mapping_service, site)


def _add_inspector(net: Network, scenario: Scenario, site: Site) -> None:
    """A router that opens TLS; its files lie in a folder beside those of the relays' authority."""
    if site.opens_tls:
        built = net.sites[site.name]
        built.router.intercept(TCP, HTTPS)
        host = net.programs_on(built)
        folder = net.authority.ca_file.parent / site.name
        folder.mkdir(mode=0o700)
        net.start(host, serve_inspector(host, inspector_certificate(scenario, folder)))


def _start_mapping_service(net: Network, built: SimSite, config: ServiceConfig, site: Site) -> None:
    """On the router's own programs side, beside its NAT."""
    nat, guard = (built.up.nat(4), built.up.nat(6)) if built.up is not None else (None, None)
    if nat is None:
        return
    host, world = net.programs_on(built), built.router.world
    service = MappingService(
        config, site.gateway, ToldPorts(nat, world), host.clock.now(), gateway_6=site.gateway_6,
        firewall=None if guard is None else ToldFirewall(guard, world),
    )  # fmt: skip
    net.start(host, MappingServer(host, service).serve())


def _add_host(net: Network, scenario: Scenario, host: ScenarioHost) -> None:
    first, *more = host.interfaces
    devices = scenario.devices(host)
    built = net.host(
        host.name,
        net.sites[first.at],
        ipv4=str(first.ipv4) if first.ipv4 is not None else False,
        ipv6=str(first.ipv6) if first.ipv6 is not None else False,
        link=host.link,
        back=host.back,
        interface=devices[0],
        environ=environment(scenario, host),
        guarded=host.rules is not None or host.strict_source or bool(host.suite),
    )
    built.names.servers = (Endpoint(host.name_server, DNS_PORT),)
    built.names.search = host.search
    built.wall.wrong_by_s = host.clock_wrong_by_s
    home = None if first.at == INTERNET else scenario.sites[first.at].lan
    if more and home is not None:
        built.node.routes.add(home, built.node.ports[devices[0]])
    for device, interface in zip(devices[1:], more, strict=True):
        addresses = interface.ipv4, interface.ipv6
        port = net.attach(built.node, net.sites[interface.at], device, addresses=addresses)
        lan = net.sites[interface.at].lan
        if lan is not None:
            built.node.routes.add(lan, port)
    _carry(scenario, host, built)
    _tell(scenario, host, built)
    for taken in host.taken:
        net.start(built, _hold(built, taken))
    for site in proxies_on(scenario, host):
        at = proxy_address(scenario, site)
        assert at is not None
        net.start(built, serve_proxy(built, at, with_password=site.proxy_password))


def _carry(scenario: Scenario, host: ScenarioHost, built: SimHost) -> None:
    """Tunnels that take some networks only, before the cards that those are on."""
    for at, device in zip(host.interfaces, scenario.devices(host), strict=True):
        port, routes = built.node.ports[device], built.node.routes
        carried = () if at.at == INTERNET else scenario.sites[at.at].carries
        if carried:
            routes.remove(port, EVERYWHERE[4])
        for network in carried:
            routes.add(network, port, metric=BEFORE_ALL)


async def _hold(host: SimHost, port: int) -> None:
    """Another program on the host has the port."""
    for family in host.node.families:
        await host.udp.open(4 if family == 4 else 6, port=port)
    await asyncio.Event().wait()


def _tell(scenario: Scenario, host: ScenarioHost, built: SimHost) -> None:
    """What the computer knows of itself, and its own rules."""
    for at, device in zip(host.interfaces, scenario.devices(host), strict=True):
        if at.at != INTERNET and scenario.sites[at.at].tunnel:
            built.node.ports[device].kind = "tunnel"
            built.own.drivers[device] = "tun"
    made = {str(site.gateway): site.hardware for site in _sites_of(scenario, host) if site.hardware}
    if made:
        built.own.facts = msgspec.structs.replace(built.own.facts, neighbours=made)
    if host.stuck_to:
        built.own.table = table(scenario, host)
    if host.container:
        container = Container(kind=host.container, sign="the scenario says so")
        built.own.facts = msgspec.structs.replace(built.own.facts, container=container)
        built.own.drivers = dict.fromkeys(built.node.ports, "veth") | built.own.drivers
    if host.firmware:
        cloud = cloud_of_firmware({"sys_vendor": host.firmware})
        built.own.facts = msgspec.structs.replace(built.own.facts, cloud=cloud)
    if host.suite:
        suites = (Suite(name=host.suite, sign="the scenario says so"),)
        built.own.facts = msgspec.structs.replace(built.own.facts, suites=suites)
    if isinstance(built.node, GuardedNode):
        built.node.muzzled = bool(host.suite)
        built.node.wall = Wall(WRITTEN[host.rules].values) if host.rules is not None else None
        built.node.strict = dict.fromkeys(built.node.ports) if host.strict_source else {}


def _sites_of(scenario: Scenario, host: ScenarioHost) -> list[Site]:
    return [scenario.sites[at.at] for at in host.interfaces if at.at != INTERNET and at.ipv4 is not None]


def _computer_of(net: Network, relay: ScenarioRelay) -> SimHost:
    return net.host(
        relay.name,
        net.sites[relay.at],
        ipv4=str(relay.ipv4),
        ipv6=str(relay.ipv6) if relay.ipv6 is not None else False,
        link=relay.link,
        back=relay.back,
    )


def _add_relays(net: Network, scenario: Scenario) -> None:
    for relay in scenario.relays.values():
        host = net.hosts[relay.on] if relay.on else _computer_of(net, relay)
        if relay.at != INTERNET:
            net.zone.add(relay.host_name, *(ip for ip in (relay.ipv4, relay.ipv6) if ip is not None))
        start_relay(net, host, relay, helper_peers(scenario, relay))


def _set_dns(net: Network, scenario: Scenario) -> None:
    assert net.dns is not None
    net.dns.manner = _MANNERS[scenario.dns]
    net.dns.lies = scenario.dns_lies
    for domain in scenario.dns_wildcards:
        net.zone.add_wildcard(domain, LIE)


_MANNERS = {manner: Manner(manner.value) for manner in DnsManner}


def _partition(net: Network, scenario: Scenario, fault: ScenarioFault) -> Fault:
    return Partition(at_s=fault.at_s, lasts_s=fault.lasts_s, nodes=(fault.on,))


def _congestion(net: Network, scenario: Scenario, fault: ScenarioFault) -> Fault:
    return Congestion(at_s=fault.at_s, lasts_s=fault.lasts_s, nodes=(fault.on,), extra_s=fault.slower_by_s)


def _nat_reboot(net: Network, scenario: Scenario, fault: ScenarioFault) -> Fault:
    new = addresses_after_reboot(scenario, scenario.sites[fault.on])
    return NatReboot(at_s=fault.at_s, site=net.sites[fault.on], renumbered=fault.renumbered, external=new)


def _crash(net: Network, scenario: Scenario, fault: ScenarioFault) -> Fault:
    relay = scenario.relays[fault.on]

    async def start_again(host: SimHost) -> None:
        start_relay(net, host, relay, helper_peers(scenario, relay))

    return Crash(at_s=fault.at_s, lasts_s=fault.lasts_s, host=net.hosts[fault.on], restart=start_again, power=True)


def _dns_outage(net: Network, scenario: Scenario, fault: ScenarioFault) -> Fault:
    assert net.dns is not None
    return DnsOutage(at_s=fault.at_s, lasts_s=fault.lasts_s, server=net.dns, manner=_MANNERS[fault.manner])


_FAULTS: dict[FaultKind, Callable[[Network, Scenario, ScenarioFault], Fault]] = {
    FaultKind.PARTITION: _partition,
    FaultKind.CONGESTION: _congestion,
    FaultKind.NAT_REBOOT: _nat_reboot,
    FaultKind.CRASH: _crash,
    FaultKind.DNS: _dns_outage,
}
