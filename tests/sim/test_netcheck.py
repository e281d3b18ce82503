"""The product's netcheck, unchanged, on simulated networks: its report is right by what the network was built to be."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator

import pytest

from natscope.host.api import Host
from natscope.lab.loopback_spec import RelayKind
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.egress import NO_PORTS, Egress
from natscope.machines.nat.packet import TCP
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.presets import PRESETS
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Mapping
from natscope.model.tri import Tri
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.site import Site
from natscope.sim.topology import Network
from natscope.web.server import HttpServer, ServerRequest, ServerResponse
from tests.sim.relays import HTTP, Relays, netcheck

YES, NO, UNKNOWN = Tri.YES, Tri.NO, Tri.UNKNOWN
DNS_ONLY = Egress(udp=((53, 53),))
CONE = PRESETS["port-restricted"].config


def with_egress(egress: Egress, base: NatConfig = CONE) -> NatConfig:
    return NatConfig(external=base.external, mapping=base.mapping, filtering=base.filtering, egress=egress)


class Land:
    """An internet with three relays."""

    def __init__(self, seed: int) -> None:
        self.net = Network(seed)
        self.internet = self.net.internet()
        self.relays = Relays(self.net, self.internet)


@pytest.fixture
def land(seed: int) -> Iterator[Land]:
    made = Land(seed)
    with made.net:
        yield made


def test_on_the_open_internet_nothing_is_translated(land: Land) -> None:
    report = netcheck(land.net, land.net.host("alice", at=land.internet), land.relays)
    assert (report.udp, report.ipv4.works, report.ipv6.works) == (YES, YES, YES)
    assert (report.nat.v4.mapping, report.nat.v4.mapping_varies) == (Mapping.NONE, NO)
    assert report.captive_portal is NO
    assert report.preferred_relay.region_id == 1


def test_a_firewall_is_no_nat(land: Land) -> None:
    site = land.net.nat("wall", at=land.internet, kind="firewall", ipv6="firewall")
    report = netcheck(land.net, land.net.host("alice", at=site), land.relays)
    assert (report.udp, report.nat.v4.mapping, report.nat.v6.mapping) == (YES, Mapping.NONE, Mapping.NONE)


@pytest.mark.parametrize("kind", ["full-cone", "restricted", "port-restricted", "linux-masquerade", "voip-helper"])
def test_endpoint_independent_mapping_is_named(land: Land, kind: str) -> None:
    home = land.net.nat("home", at=land.internet, kind=kind, ipv6="firewall")
    nat = netcheck(land.net, land.net.host("alice", at=home), land.relays).nat.v4
    assert (nat.mapping, nat.mapping_varies) == (Mapping.ENDPOINT_INDEPENDENT, NO)
    assert nat.port_preservation is Tri.of(kind != "voip-helper")


@pytest.mark.parametrize("kind", ["symmetric-random", "symmetric-sequential", "linux-fully-random", "upstream-hard"])
def test_a_mapping_that_varies_is_seen(land: Land, kind: str) -> None:
    home = land.net.nat("home", at=land.internet, kind=kind)
    report = netcheck(land.net, land.net.host("alice", at=home), land.relays)
    assert report.nat.v4.mapping_varies is YES
    wanted = "NS-NAT-03" if kind == "symmetric-sequential" else "NS-NAT-01"
    assert wanted in [finding.id for finding in report.findings]


@pytest.mark.parametrize(("carrier", "varies"), [("cgnat", NO), ("cgnat-symmetric", YES)])
def test_behind_two_nats_the_worse_one_counts(land: Land, carrier: str, varies: Tri) -> None:
    provider = land.net.nat("provider", at=land.internet, kind=carrier, lan="100.64.0.0/10")
    home = land.net.nat("home", at=provider, kind="port-restricted")
    report = netcheck(land.net, land.net.host("alice", at=home), land.relays)
    assert (report.udp, report.nat.v4.mapping_varies) == (YES, varies)
    public = {endpoint.address for endpoint in report.ipv4.endpoints}
    assert provider.up is not None
    assert public == {str(provider.up.address(4))}


def test_an_arbitrary_pool_shows_several_addresses(land: Land) -> None:
    base = PRESETS["full-cone"].config
    pool = NatConfig(
        external=base.external, mapping=Mapping.ADDRESS_AND_PORT_DEPENDENT, pooling=Pooling.PER_DESTINATION
    )
    home = land.net.nat("home", at=land.internet, config=pool, count=16)
    report = netcheck(land.net, land.net.host("alice", at=home), land.relays)
    assert report.nat.v4.several_addresses is YES


def test_blocked_udp_is_no_because_https_answers(land: Land) -> None:
    home = land.net.nat("office", at=land.internet, config=with_egress(DNS_ONLY))
    report = netcheck(land.net, land.net.host("alice", at=home), land.relays)
    assert report.udp is NO
    assert report.nat.v4.mapping_varies is UNKNOWN
    assert all(relay.latency_ms.https is not None for relay in report.relays[:1])


@pytest.mark.parametrize(("icmp", "udp"), [(True, NO), (False, UNKNOWN)])
def test_silence_is_no_verdict_without_a_control_that_answered(land: Land, icmp: bool, udp: Tri) -> None:
    egress = Egress(udp=NO_PORTS, tcp=NO_PORTS, icmp=icmp)
    home = land.net.nat("office", at=land.internet, config=with_egress(egress))
    report = netcheck(land.net, land.net.host("alice", at=home), land.relays)
    assert report.udp is udp


def test_broken_ipv6_is_told_from_none(land: Land) -> None:
    broken = land.net.nat("broken", at=land.internet, ipv6="broken")
    without = land.net.nat("without", at=land.internet, ipv6="none")
    report = netcheck(land.net, land.net.host("alice", at=broken), land.relays)
    assert (report.ipv4.works, report.ipv6.works, report.ipv6.state) == (YES, NO, "broken")
    report = netcheck(land.net, land.net.host("bob", at=without), land.relays)
    assert (report.ipv4.works, report.ipv6.state) == (YES, "absent")


def test_a_host_with_ipv6_only(land: Land) -> None:
    report = netcheck(land.net, land.net.host("alice", at=land.internet, ipv4=False), land.relays)
    assert (report.udp, report.ipv6.works, report.ipv4.state) == (YES, YES, "absent")


def portal(net: Network, site: Site) -> None:
    """A login page in everybody's name, in front of which nothing else passes."""
    site.router.intercept(TCP, HTTP)
    host = net.programs_on(site)

    async def page(request: ServerRequest) -> ServerResponse:
        return ServerResponse(302, headers=(("location", "http://portal.test/login"),))

    async def serve(host: Host) -> None:
        await HttpServer(host, page).listen(Endpoint(UNSPECIFIED[4], HTTP))
        await asyncio.Event().wait()

    net.start(host, serve(host))


def test_a_captive_portal_is_found(land: Land) -> None:
    cafe = land.net.nat("cafe", at=land.internet, config=with_egress(Egress(udp=((53, 53),), tcp=NO_PORTS)))
    portal(land.net, cafe)
    report = netcheck(land.net, land.net.host("alice", at=cafe), land.relays)
    assert report.captive_portal is YES
    assert report.udp is not YES


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RelayKind.DEAD, "no-answer"),
        (RelayKind.EXPIRED_CERTIFICATE, "certificate"),
        (RelayKind.WRONG_CERTIFICATE, "certificate"),
        (RelayKind.SILENT_UDP, "no-answer"),
        (RelayKind.CLOSED_PORT, "icmp"),
    ],
)
def test_each_ailing_relay_is_named(seed: int, kind: RelayKind, code: str) -> None:
    with Network(seed) as net:
        internet = net.internet()
        relays = Relays(net, internet, (RelayKind.HEALTHY, RelayKind.HEALTHY, kind))
        home = net.nat("home", at=internet)
        report = netcheck(net, net.host("alice", at=home), relays, https=True)
    assert [relay.error for relay in report.relays[:2]] == [None, None]
    error = report.relays[2].error
    assert error is not None
    assert error.code == code, error
    assert report.preferred_relay.region_id == 1


def test_what_the_report_measured_is_the_links_latency(land: Land) -> None:
    """10, 20, 30 ms of relay link, 5 ms of uplink, 0.5 ms of the home network, each way."""
    home = land.net.nat("home", at=land.internet)
    report = netcheck(land.net, land.net.host("alice", at=home), land.relays)
    measured = [relay.best_ms.stun_v4 for relay in report.relays]
    assert measured == pytest.approx([31.0, 51.0, 71.0], abs=0.01)
    assert ipaddress.ip_address(report.ipv4.endpoints[0].address).version == 4
