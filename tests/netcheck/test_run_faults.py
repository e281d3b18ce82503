"""Whole runs on a host in memory: networks and plug-ins that misbehave."""

from __future__ import annotations

import pytest

from natscope.errors import UserError
from natscope.host.api import Failure, Interface, LinkFacts
from natscope.model.nat import Mapping
from natscope.model.observation import Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.plugins.loader import PROBES, Found, PluginModule, find
from tests.netcheck.fake_host import LINKS, World, answer, page, unreachable
from tests.netcheck.lab import at, both, loaded, maps, measure, region, report_of, v4, worlds


def test_no_network_at_all() -> None:
    world = World(links=LinkFacts(interfaces=(), default_routes=(), routes_known=True), sources={})
    world.send_failures = {4: Failure.UNREACHABLE_NET, 6: Failure.UNREACHABLE_NET}
    record = measure(world, maps(3))
    report = assemble(record)
    assert report.udp is Tri.UNKNOWN
    assert report.ipv4.works is not Tri.YES
    assert all(r.error is not None for r in report.relays)
    assert not world.sent


def test_a_host_without_addresses_asks_nobody_over_that_family() -> None:
    only4 = LinkFacts(
        interfaces=(
            World().links.interfaces[1].__class__("eth0", 2, "ethernet", True, 1500, (at("192.168.1.20").ip,)),
        ),
        default_routes=World().links.default_routes[:1],
        os_ipv6=True,
    )
    world = worlds(2, 0.05)
    world.links = only4
    report = report_of(world, maps(2))
    assert {target.family for _, target, _ in world.sent} == {4}
    assert (report.ipv6.works, report.ipv6.state) == (Tri.NO, "absent")
    assert report.ipv4.works is Tri.YES


def test_a_socket_that_refuses_to_bind_is_an_observation() -> None:
    world = worlds(2, 0.05)
    world.refused_families = {6: Failure.ADDRESS_IN_USE}
    record = measure(world, maps(2))
    socket = next(o for o in record.observations if o.kind == "udp.socket" and o.family == 6)
    assert (socket.outcome, socket.error) == (Outcome.LOCAL_ERROR, "address-in-use")
    report = assemble(record)
    assert report.ipv4.works is Tri.YES
    assert report.ipv6.works is Tri.UNKNOWN
    assert "no socket" in report.ipv6.reason


def test_both_sockets_refuse_to_bind() -> None:
    world = World(refused_families={4: Failure.PERMISSION, 6: Failure.PERMISSION})
    report = report_of(world, maps(1))
    assert report.udp is Tri.UNKNOWN
    assert report.udp_reason == "no relay was asked over UDP: cannot bind"
    assert report.nat.v4.reasons["mapping"] == "no relay was asked over UDP: cannot bind"


def test_dns_that_never_answers_is_the_regions_error_and_ends_in_time() -> None:
    named = region(1, node_fields={"ipv4": "", "ipv6": ""})
    world = World(names={("r1a.relay.test", 4): Failure.TIMEOUT, ("r1a.relay.test", 6): Failure.TIMEOUT})
    world.relays |= both(2, answer(0.05))
    record = measure(world, loaded(named, region(2)))
    report = assemble(record)
    assert report.relays[0].error is not None
    assert report.relays[0].error.code == "dns"
    assert report.relays[1].latency_ms.stun_v4 == pytest.approx(50)
    assert record.duration_ms <= 2000


def test_a_closed_port_is_no_silence() -> None:
    world = worlds(1, 0.05)
    world.relays |= both(2, unreachable(0.02))
    world.pages["https://r2a.relay.test:443/derp/latency-check"] = page(200)
    world.echoes[v4(2)] = 0.02
    record = measure(world, maps(2))
    relay = assemble(record).relay(2)
    assert relay is not None
    assert relay.error is not None
    assert relay.error.code == "icmp"
    assert relay.latency_ms.https == 30.0
    assert record.duration_ms < 600


def test_ipv6_that_swallows_everything_is_waited_for_and_called_broken() -> None:
    world = World(relays={at(v4(n)): answer(0.02) for n in (1, 2, 3)})
    record = measure(world, maps(3))
    report = assemble(record)
    assert record.duration_ms >= 1500
    assert (report.ipv6.works, report.ipv6.state) == (Tri.NO, "broken")
    assert "while IPv4 was answered" in report.ipv6.reason


def test_permission_denied_counts_as_lost() -> None:
    world = worlds(3, 0.05)
    world.send_failures = {4: Failure.PERMISSION, 6: Failure.PERMISSION}
    report = report_of(world, maps(3))
    assert [r.loss for r in report.relays] == [1.0, 1.0, 1.0]
    assert report.udp is Tri.UNKNOWN


def test_an_unknown_probe_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="there is no probe 'stun'"):
        measure(World(), maps(1), only=("stun",))


def test_skipped_probes_stand_in_the_record() -> None:
    record = measure(worlds(1, 0.01), maps(1), only=("interfaces",))
    states = {outcome.name: outcome.state for outcome in record.probes}
    assert states.pop("interfaces") == "ran"
    assert set(states.values()) == {"skipped"}


def test_a_broken_plug_in_is_a_warning_and_the_rest_goes_on() -> None:
    found = find(PROBES)
    broken = PluginModule(name="broken", qualified="tests.netcheck.broken_probe", builtin=False)
    record = measure(worlds(1, 0.01), maps(1), found=Found((*found.modules, broken)))
    assert any("tests.netcheck.broken_probe" in warning for warning in record.warnings)
    assert any(o.kind == "stun.binding" for o in record.observations)


def test_a_probe_that_raises_fails_alone() -> None:
    found = find(PROBES)
    raising = PluginModule(name="raising_probe", qualified="tests.netcheck.raising_probe", builtin=False)
    record = measure(worlds(1, 0.01), maps(1), found=Found((*found.modules, raising)))
    outcome = next(o for o in record.probes if o.name == "raising_probe")
    assert (outcome.state, outcome.reason) == ("failed", "ZeroDivisionError: a bug")
    assert assemble(record).udp is Tri.YES


def test_addresses_that_change_during_the_run_are_written_down() -> None:
    world = worlds(2, 0.05)
    before = world.links
    eth0 = before.interfaces[1]

    def change(*_: object) -> None:
        world.links = LinkFacts(
            interfaces=(Interface("eth0", 2, eth0.kind, True, 1500, (at("192.168.9.9").ip,)),),
            default_routes=before.default_routes,
        )

    record = measure(world, maps(2), progress=change)
    assert [o.error for o in record.observations if o.kind == "host.links"] == ["", "changed"]
    assert assemble(record).nat.mapping is Mapping.UNKNOWN


def test_a_container_that_starts_during_the_run_changes_nothing() -> None:
    world = worlds(2, 0.05)
    veth = Interface("veth1", 9, "virtual", True, 1500, (at("fe80::9").ip,))

    def change(*_: object) -> None:
        world.links = LinkFacts(interfaces=(*LINKS.interfaces, veth), default_routes=LINKS.default_routes)

    record = measure(world, maps(2), progress=change)
    assert [o.error for o in record.observations if o.kind == "host.links"] == [""]


def test_captive_check_asks_the_two_nearest_and_never_a_vendor() -> None:
    world = World(relays={**both(1, answer(0.09)), **both(2, answer(0.01)), **both(3, answer(0.02))})
    for number in (2, 3):
        host = f"r{number}a.relay.test"
        world.pages[f"http://{host}/generate_204"] = page(204, {"x-tailscale-response": f"response ts_{host}"})
    report = report_of(world, maps(3, node_fields={"can_port80": True}))
    asked = [request.url for request in world.fetched]
    assert asked == ["http://r2a.relay.test/generate_204", "http://r3a.relay.test/generate_204"]
    assert world.fetched[0].headers["x-tailscale-challenge"] == "ts_r2a.relay.test"
    assert report.captive_portal is Tri.NO


def test_a_slow_captive_check_does_not_stretch_the_run() -> None:
    world = worlds(2, 0.05)
    record = measure(world, maps(2, node_fields={"can_port80": True}))
    assert record.duration_ms <= 1.5 * 50 + 250
    report = assemble(record)
    assert report.captive_portal is Tri.UNKNOWN
    assert report.captive_portal_reason.startswith("cut")


@pytest.mark.parametrize("loading_s", [0.0, 0.3, 2.0])
def test_a_busy_computer_does_not_cut_its_own_captive_check(loading_s: float) -> None:
    """The page comes a tenth of a second after it was asked for, however late that was."""
    world = worlds(2, 0.05)
    world.page_delay_s = 0.1
    for number in (1, 2):
        host = f"r{number}a.relay.test"
        world.pages[f"http://{host}/generate_204"] = page(204, {"x-tailscale-response": f"response ts_{host}"})
    record = measure(world, maps(2, node_fields={"can_port80": True}), loading_s=loading_s)
    assert assemble(record).captive_portal is Tri.NO
    assert record.duration_ms <= 1.5 * 50 + 250 + 1000 * loading_s


def test_a_silent_page_is_not_waited_for_longer_than_this_computer_was_late() -> None:
    record = measure(worlds(2, 0.05), maps(2, node_fields={"can_port80": True}), loading_s=0.6)
    assert assemble(record).captive_portal is Tri.UNKNOWN
    assert record.duration_ms <= 1.5 * 50 + 250 + 2 * 600


def test_a_login_page() -> None:
    world = worlds(2, 0.05)
    for number in (1, 2):
        world.pages[f"http://r{number}a.relay.test/generate_204"] = page(302, {"location": "http://login.hotel.test/"})
    report = report_of(world, maps(2, node_fields={"can_port80": True}))
    assert report.captive_portal is Tri.YES
    assert "login.hotel.test" in report.captive_portal_reason


def test_udp_is_blocked_where_tcp_answers() -> None:
    world = World()
    for number in (1, 2, 3):
        world.pages[f"https://r{number}a.relay.test:443/derp/latency-check"] = page(200)
    report = report_of(world, maps(3))
    assert report.udp is Tri.NO
    assert report.preferred_relay.region_id == 1
    assert report.ipv4.works is Tri.YES


def test_silence_everywhere_is_unknown() -> None:
    report = report_of(World(), maps(3))
    assert report.udp is Tri.UNKNOWN
    assert report.captive_portal is Tri.UNKNOWN
