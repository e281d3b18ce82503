"""Opening a port on the router: every kind of answer, nothing left open, nobody asked who should not be."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import msgspec
import pytest

from natscope.diagnosis.engine import diagnose
from natscope.host.api import DefaultRoute, Failure, HostError, Interface, LinkFacts, UdpError
from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_map import relay_map
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import LoadedMap
from natscope.model.report import MappingServiceReport, Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient
from natscope.wire.portmap import nat_pmp
from natscope_probes.port_mapping import PROBE, contacts
from tests.netcheck.fake_host import LINKS, World, run_virtual
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("port_mapping", "relay_stun")
GATEWAY = ipaddress.ip_address("192.168.1.1")
LEASE_S = 120


def site(**service: Any) -> Scenario:
    """`alice` behind a router with a mapping service."""
    inner = ", ".join(f"{key} = {value}" for key, value in service.items())
    return scenario(f"[sites.home]\nmapping_service = {{ {inner} }}\n")


def of(report: Report, kind: str, protocol: str = "") -> list[Observation]:
    found = [o for o in report.observations if o.kind == kind]
    return [o for o in found if not protocol or o.data.get("protocol") == protocol]


def words(service: MappingServiceReport) -> tuple[Tri, str | None]:
    return service.state, service.proof


class Run:
    """One netcheck of `alice` that keeps the network, so that the router can be looked at afterwards."""

    def __init__(
        self, wanted: Scenario, *, stop_after_s: float | None = None, kill_after_s: float | None = None
    ) -> None:
        with simulated(wanted) as net:
            net.run(asyncio.sleep(SERVERS_START_S))
            host = net.hosts["alice"]
            up = net.sites["home"].up
            nat = up.nat(4) if up is not None else None
            assert nat is not None

            async def work() -> Report | None:
                stop = asyncio.Event()
                inputs = RunInputs(
                    host=host,
                    loaded_map=LoadedMap(relay_map=relay_map(wanted), source="map.json", kind="file"),
                    options=NetcheckOptions(only=ONLY),
                    history=History(),
                    found=find(PROBES),
                    http=lambda: HttpClient(host),
                    stop=stop,
                )
                running = asyncio.all_tasks()
                run = asyncio.ensure_future(run_probes(inputs))
                if stop_after_s is not None:
                    asyncio.get_running_loop().call_later(stop_after_s, stop.set)
                if kill_after_s is not None:
                    await asyncio.sleep(kill_after_s)
                    self.open_before = len(nat._forwards)
                    return None
                record = await run
                self.open_at_once = len(nat._forwards)
                await asyncio.sleep(0.001)
                self.tasks_left = asyncio.all_tasks() - running
                self.sockets_left = len(host.node.stack.udp)
                return assemble(record)

            self.open_before = self.open_at_once = 0
            self.report = net.run(work())
            self.open_after = len(nat._forwards)
            if kill_after_s is not None:
                host.node.is_on = False  # nothing of it leaves any more, as after SIGKILL or a pulled plug
                net.run(asyncio.sleep(LEASE_S + 5))
                self.open_after = len(nat._forwards)


def test_three_services_are_there_and_every_port_is_proved_and_closed() -> None:
    run = Run(site())
    assert run.report is not None
    group = run.report.port_mapping
    for service in (group.upnp, group.nat_pmp, group.pcp):
        assert words(service) == (Tri.YES, "proved")
        assert service.lifetime_s == LEASE_S
        assert service.external is not None
        assert service.external.startswith("203.0.113.10:")
    assert group.nat_pmp.router_external == group.upnp.router_external == "203.0.113.10"
    assert [o.outcome for o in of(run.report, "portmap.removed")] == [Outcome.ANSWERED] * 3
    assert run.open_after == 0
    assert run.tasks_left == set()
    assert run.sockets_left == 0


def test_what_was_proved_came_by_the_mapping_alone() -> None:
    report = probed(site(), *ONLY)
    internal = {o.data["internal_port"] for o in of(report, "portmap.map")}
    asking = {int(seen.rpartition(":")[2]) for o in of(report, "portmap.proof") for seen in o.data["seen"]}
    assert len(internal) == 3
    assert internal.isdisjoint(asking), "the socket behind a mapping must not have sent anything outside"


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.002, 0.004, 0.01, 0.03, 0.06, 0.09, 0.12, 0.2])
def test_nothing_stays_open_after_an_interruption(after_s: float) -> None:
    run = Run(site(), stop_after_s=after_s)
    assert run.open_at_once == run.open_after == 0
    assert run.tasks_left == set()
    assert run.sockets_left == 0
    assert run.report is not None
    assert run.report.interrupted


@pytest.mark.parametrize("after_s", [0.02, 0.065, 0.08])
def test_what_a_killed_program_leaves_lapses_with_its_lease(after_s: float) -> None:
    run = Run(site(), kill_after_s=after_s)
    assert run.open_before > 0, "nothing was open when it was killed: this test says nothing"
    assert run.open_after == 0


@pytest.mark.parametrize(
    ("service", "upnp", "nat_pmp", "pcp"),
    [
        ({"protocols": '["upnp"]'}, (Tri.YES, "proved"), (Tri.NO, None), (Tri.NO, None)),
        ({"protocols": '["pcp"]'}, (Tri.NO, None), (Tri.NO, None), (Tri.YES, "proved")),
        ({"protocols": '["nat-pmp"]'}, (Tri.NO, None), (Tri.YES, "proved"), (Tri.NO, None)),
        ({"manner": '"refused"'}, (Tri.YES, "refused"), (Tri.YES, "refused"), (Tri.YES, "refused")),
        ({"manner": '"network-failure"'}, (Tri.YES, "refused"), (Tri.YES, "refused"), (Tri.YES, "refused")),
        ({"capacity": "0"}, (Tri.YES, "refused"), (Tri.YES, "refused"), (Tri.YES, "refused")),
        ({"external": '"10.9.8.7"'}, (Tri.YES, "unreachable"), (Tri.YES, "unreachable"), (Tri.YES, "unreachable")),
        ({"external": '"203.0.113.99"'}, (Tri.YES, "unreachable"), (Tri.YES, "unreachable"), (Tri.YES, "unreachable")),
        ({"late_ms": "300"}, (Tri.YES, "proved"), (Tri.YES, "proved"), (Tri.YES, "proved")),
    ],
)
def test_kinds_of_services(service: dict[str, Any], upnp: Any, nat_pmp: Any, pcp: Any) -> None:
    group = probed(site(**service), *ONLY).port_mapping
    assert [words(group.upnp), words(group.nat_pmp), words(group.pcp)] == [upnp, nat_pmp, pcp]


@pytest.mark.parametrize(
    ("upnp", "wanted"),
    [
        ('{ version = 2 }', (Tri.YES, "proved")),
        ('{ services = ["wan-ppp-1"] }', (Tri.YES, "proved")),
        ('{ services = ["dslforum-ip"] }', (Tri.YES, "proved")),
        ('{ services = ["wan-ip-1", "wan-ppp-1"], first_down = true }', (Tri.YES, "proved")),
        ('{ services = [] }', (Tri.YES, None)),
        ('{ leases = "permanent-only" }', (Tri.YES, "refused")),
        ('{ leases = "invalid-args" }', (Tri.YES, "refused")),
        ('{ searches = "multicast-only" }', (Tri.YES, "proved")),
        ('{ searches = "unicast-only" }', (Tri.YES, "proved")),
        ('{ search_port = 4000 }', (Tri.YES, "proved")),
        ('{ useless_first = true }', (Tri.YES, "proved")),
        ('{ location_host = "198.51.100.99" }', (Tri.YES, "proved")),
        ('{ urls = "url-base" }', (Tri.YES, "proved")),
        ('{ urls = "absolute" }', (Tri.YES, "proved")),
        ('{ same_port = true }', (Tri.YES, "proved")),
    ],
)  # fmt: skip
def test_quirks_of_upnp_routers(upnp: str, wanted: Any) -> None:
    report = probed(site(protocols='["upnp"]', upnp=upnp), *ONLY)
    assert words(report.port_mapping.upnp) == wanted, report.port_mapping.upnp


def test_a_refusal_keeps_the_routers_words() -> None:
    group = probed(site(manner='"refused"'), *ONLY).port_mapping
    assert group.pcp.error is not None
    assert (group.pcp.error.code, group.pcp.error.words) == ("2", "not authorized")
    assert group.upnp.error is not None
    assert group.upnp.error.code == "606"


@pytest.mark.parametrize("seed", range(12))
def test_loss_makes_no_wrong_verdict(seed: int) -> None:
    for name, there in (("mapping-all", True), ("full-cone", False)):
        group = probed(lossy(name, 0.1), *ONLY, seed=seed).port_mapping
        for service in (group.upnp, group.nat_pmp, group.pcp):
            assert service.state is not (Tri.NO if there else Tri.YES), service
            assert service.proof in (("proved", "unproved", None) if there else (None,)), service


def test_a_router_that_restarts_in_between_is_noticed() -> None:
    wanted = site(protocols='["nat-pmp"]', late_ms="300")
    with simulated(wanted) as net:
        net.run(asyncio.sleep(1000))
        host, home = net.hosts["alice"], net.sites["home"]
        assert home.up is not None

        async def work() -> Report:
            up = home.up
            assert up is not None
            asyncio.get_running_loop().call_later(0.4, home.router.reboot_nat, up, 4)
            inputs = RunInputs(
                host=host,
                loaded_map=LoadedMap(relay_map=relay_map(wanted), source="map.json", kind="file"),
                options=NetcheckOptions(only=ONLY),
                history=History(),
                found=find(PROBES),
                http=lambda: HttpClient(host),
                stop=asyncio.Event(),
            )
            return diagnose(assemble(await run_probes(inputs)))

        report = net.run(work())
    assert "NS-MAP-05" in {finding.id for finding in report.findings}
    assert any(o.data.get("restarted") for o in of(report, "portmap.map"))


# -- a host in memory: silence, strangers, tunnels ---------------------------------------------------------------------


def asked(world: World, **options: Any) -> Report:
    inputs = RunInputs(
        host=world.host(),
        loaded_map=LoadedMap(relay_map=relay_map(site()), source="map.json", kind="file"),
        options=NetcheckOptions(only=("port_mapping", "interfaces"), **options),
        history=History(),
        found=find(PROBES),
        http=lambda: world,
        stop=asyncio.Event(),
    )
    return assemble(run_virtual(run_probes(inputs)))


def test_silence_alone_is_unknown() -> None:
    group = asked(World()).port_mapping
    assert [s.state for s in (group.upnp, group.nat_pmp, group.pcp)] == [Tri.UNKNOWN] * 3
    assert "nothing else" in group.pcp.reason


def test_silence_beside_answered_echoes_is_no() -> None:
    group = asked(World(echoes={"192.168.1.1": 0.004})).port_mapping
    assert [s.state for s in (group.upnp, group.nat_pmp, group.pcp)] == [Tri.NO] * 3
    assert "echo" in group.pcp.reason


def test_a_closed_port_is_no_at_once() -> None:
    def closed(request: bytes, target: Endpoint) -> list[Any]:
        return [(0.001, UdpError(Failure.REFUSED, target, 0.0, GATEWAY, request[:28], "port unreachable"))]

    world = World(relays={Endpoint(GATEWAY, port): closed for port in (5351, 1900)})
    report = asked(world)
    group = report.port_mapping
    assert report.duration_ms < 900  # what only listens to the group is waited for half as long
    assert [s.state for s in (group.upnp, group.nat_pmp, group.pcp)] == [Tri.NO] * 3
    assert "port unreachable" in group.nat_pmp.reason
    to_5351 = [target for _, target, _ in world.sent if target.port == 5351]
    assert len(to_5351) == 2  # one for each protocol, and none after the answer


def test_only_the_gateway_and_the_group_are_written_to() -> None:
    world = World()
    asked(world)
    allowed = {
        Endpoint(GATEWAY, 5351),
        Endpoint(GATEWAY, 1900),
        Endpoint(ipaddress.ip_address("239.255.255.250"), 1900),
    }
    assert {target for _, target, _ in world.sent} == allowed
    assert sum(len(data) for _, _, data in world.sent) <= PROBE.budget.bytes
    assert len(world.sent) <= PROBE.budget.packets


def test_full_runs_wait_longer_for_the_gateway() -> None:
    default, full = (asked(World(), profile=profile) for profile in ("default", "full"))
    assert default.duration_ms < 1500
    assert full.duration_ms > 2900
    for observation in of(full, "portmap.service"):
        assert observation.outcome is Outcome.NO_ANSWER


def test_a_router_that_takes_seconds_is_found_by_full_runs_only() -> None:
    def late(request: bytes, target: Endpoint) -> list[Any]:
        answer = nat_pmp.AddressResponse(0, 7, ipaddress.IPv4Address("203.0.113.7"))
        return [(2.2, nat_pmp.encode_response(answer), target)] if request == bytes(2) else []

    world = World(relays={Endpoint(GATEWAY, 5351): late})
    default, full = (asked(world, profile=profile).port_mapping.nat_pmp for profile in ("default", "full"))
    assert default.state is Tri.UNKNOWN
    assert full.state is Tri.YES


class FewSockets(World):
    """A computer that has sockets for the questions, and none for what comes in."""

    left = 5

    async def open(self, family: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise HostError(Failure.OTHER, "too many open files")
        return await super().open(family, **options)


def test_a_computer_without_sockets_says_so_and_nothing_breaks() -> None:
    def router(request: bytes, target: Endpoint) -> list[Any]:
        answer = nat_pmp.AddressResponse(0, 7, ipaddress.IPv4Address("203.0.113.7"))
        return [(0.002, nat_pmp.encode_response(answer), target)] if request == bytes(2) else []

    report = asked(FewSockets(relays={Endpoint(GATEWAY, 5351): router}))
    assert words(report.port_mapping.nat_pmp) == (Tri.YES, None)
    assert "too many open files" in report.port_mapping.nat_pmp.reason
    assert [p.state for p in report.probes if p.name == "port_mapping"] == ["ran"]


def test_an_answer_from_another_address_is_taken_and_told() -> None:
    def other_router(request: bytes, target: Endpoint) -> list[Any]:
        answer = nat_pmp.AddressResponse(0, 7, ipaddress.IPv4Address("203.0.113.7"))
        source = Endpoint(ipaddress.ip_address("192.168.1.2"), 5351)
        return [(0.002, nat_pmp.encode_response(answer), source)] if request == bytes(2) else []

    report = diagnose(asked(World(relays={Endpoint(GATEWAY, 5351): other_router})))
    assert report.port_mapping.nat_pmp.state is Tri.YES
    [seen] = of(report, "portmap.service", "nat-pmp")
    assert seen.data["elsewhere"] == seen.source == "192.168.1.2:5351"
    assert "NS-MAP-06" in {finding.id for finding in report.findings}
    assert report.port_mapping.pcp.state is Tri.UNKNOWN  # that was no sign of life of the gateway


def links(*routes: DefaultRoute, kind: str = "ethernet", name: str = "eth0") -> LinkFacts:
    interface = Interface(name, 2, kind, True, 1500, (ipaddress.ip_address("192.168.1.20"),))
    return msgspec.structs.replace(LINKS, interfaces=(interface,), default_routes=routes)


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        (links(DefaultRoute(4, "tun0", GATEWAY), kind="tunnel", name="tun0"), Tri.UNKNOWN, "tunnel"),
        (links(DefaultRoute(4, "eth0", ipaddress.ip_address("203.0.113.1"))), Tri.NO, "public address"),
        (links(DefaultRoute(4, "eth0", None)), Tri.NO, "no default route has a gateway"),
        (links(), Tri.NO, "no default route has a gateway"),
        (msgspec.structs.replace(links(), routes_known=False), Tri.UNKNOWN, "not asked"),
    ],
)
def test_who_is_no_router_of_ours_is_not_asked(facts: LinkFacts, state: Tri, reason: str) -> None:
    world = World(links=facts)
    group = asked(world).port_mapping
    assert (group.pcp.state, reason in group.pcp.reason) == (state, True), group.pcp.reason
    assert world.sent == []


def test_the_declaration_says_whom_it_contacts() -> None:
    class Options:
        profile = "full"

    scope: Any = type("Scope", (), {"options": Options, "families": (4,)})
    said = contacts(scope)
    assert {contact.host for contact in said} == {
        "the gateway",
        "group 239.255.255.250",
        "a relay that is a helper",
    }
    assert sum(c.packets for c in said) <= PROBE.budget.packets
    assert sum(c.bytes for c in said) <= PROBE.budget.bytes


@pytest.mark.parametrize("wanted", [site(), site(manner='"refused"'), site(external='"203.0.113.99"')])
def test_no_run_spends_more_than_declared(wanted: Scenario) -> None:
    [spent] = [p for p in probed(wanted, *ONLY).probes if p.name == "port_mapping"]
    assert 0 < spent.packets_sent <= PROBE.budget.packets
    assert 0 < spent.bytes_sent <= PROBE.budget.bytes
