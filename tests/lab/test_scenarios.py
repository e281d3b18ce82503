"""Every shipped scenario in the simulator: no wrong claim, and nothing unknown that every netcheck must know."""

from __future__ import annotations

import asyncio
import itertools
import tomllib
from dataclasses import replace

import pytest

from natscope.errors import UserError
from natscope.lab.build_sim import sim_reports, simulated
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed, MeasureHow, Scenario
from natscope.lab.scenario_map import relay_map, relay_map_json
from natscope.lab.scenario_truth import FamilyState
from natscope.lab.scenario_values import read_scenario
from natscope.lab.truth import MUST_KNOW, Agreement, claims_of, compare, out_of_place, unexplained
from natscope.machines.nat.egress import EVERYTHING
from natscope.model.endpoint import Endpoint
from natscope.model.tri import Tri
from natscope.plugins.scenario import scenario_files
from natscope.wire.relay_map_json import decode_relay_map_json
from natscope.wire.stun.message import RequestForm, encode_binding_request
from tests.lab.simulated import reports_of

SCENARIOS = all_scenarios()
HEALTHY_S, ANYWHERE_S, START_S = 2.0, 5.0, 0.4
FAR_S = 0.08
"""One way: what waits for a second answer takes its time."""
SIMULATED = [s for s in SCENARIOS if s.can(Bed.SIM)]
NEEDED = (
    "open-internet", "stateful-firewall", "full-cone", "address-restricted", "port-restricted", "symmetric-random",
    "symmetric-sequential", "voip-helper", "cgnat-behind-home", "double-nat", "two-hosts", "two-hosts-hairpin",
    "udp-blocked", "udp-53-443-only", "tcp-443-only", "tcp-443-by-proxy", "ipv6-only", "ipv6-nat64",
    "ipv6-firewall", "broken-dual-stack", "captive-portal", "idle-lifetime-20s", "absolute-lifetime-60s",
    "mtu-black-hole", "fragments-dropped", "loss-5", "reordering", "asymmetric-latency", "mapping-pcp",
    "mapping-nat-pmp", "mapping-upnp", "mapping-pcp-refused", "mapping-nat-pmp-refused", "mapping-upnp-refused",
    "private-wan", "local-shared-space", "drops-shared-space", "tun-proxy", "two-default-routes",
    "two-public-addresses", "unpaired-pool", "stun-alg", "stun-lies", "dns-lies", "dns-hangs", "relay-expired",
    "relay-self-signed", "relay-wrong-name", "relay-stun-closed", "relay-port80-redirects", "clock-skew",
    "relays-inside", "own-rules", "cloud-machine", "cloud-gateway", "network-shadowed", "port-taken",
    "taken-for-attack", "linux-masquerade", "linux-fully-random", "udp-policed", "udp-policed-packets",
    "udp-policed-back", "slow-line", "cloud-resolver-dropped",
    "random-source-port", "company-firewall", "stale-port", "stuck-flow", "table-full", "changed-meanwhile",
    "port-dependent", "relay-on-this-host",
)  # fmt: skip


def test_the_networks_that_matter_are_there() -> None:
    assert [name for name in NEEDED if name not in {s.name for s in SCENARIOS}] == []


@pytest.mark.parametrize("scenario", SIMULATED, ids=lambda s: s.name)
def test_reports_are_true(scenario: Scenario) -> None:
    """And leave nothing unknown but what the scenario says nobody there can know, or the run did not ask."""
    reports = reports_of(scenario.name)
    found = compare(scenario, reports)
    assert {name: unexplained(scenario, name, report) for name, report in reports.items()} == dict.fromkeys(reports, ())
    assert [one for one in found if not one.acceptable] == []
    assert {n: out_of_place(scenario, n, report) for n, report in reports.items()} == dict.fromkeys(reports, ())
    excused = {one.what for one in found if one.excuse}
    assert excused == set(scenario.how.known_wrong), "what is said to be wrong, and is not, must not be said any more"


@pytest.mark.parametrize("scenario", SIMULATED, ids=lambda s: s.name)
def test_a_usual_run_ends_in_time(scenario: Scenario) -> None:
    """Of 5 s, and 2 s where all is well, the program's own start and end take 0.4 s."""
    usual = replace(scenario, how=MeasureHow(hairpin=False))
    longest = max(report.duration_ms / 1000 for report in sim_reports(usual).values())
    assert longest <= (HEALTHY_S if _all_is_well(scenario) else ANYWHERE_S) - START_S


def _all_is_well(scenario: Scenario) -> bool:
    """UDP works, every relay is sound, near and heard over each family, nothing gets lost, one way out, and room."""
    lossless = all(host.link.loss == 0 and len(host.interfaces) == 1 for host in scenario.hosts.values())
    lossless &= all(site.nat_6 is None or site.nat_6.egress == EVERYTHING for site in scenario.sites.values())
    near = all(relay.link.latency_s < FAR_S for relay in scenario.relays.values())
    roomy = all(site.nat is None or site.nat.udp_capacity is None for site in scenario.sites.values())
    return (
        lossless
        and near
        and roomy
        and all(
            t.udp is Tri.YES and not t.relays and FamilyState.BROKEN not in (t.ipv4, t.ipv6)
            for t in scenario.truth.values()
        )
    )


def test_each_run_of_a_sender_that_is_shut_out_says_so_until_it_may_send_again() -> None:
    """The truth of `taken-for-attack` in time: well, dead after the call, well again."""
    scenario = load_scenario("taken-for-attack")
    answered = []
    with simulated(scenario) as net:
        net.run(asyncio.sleep(0.01))
        alice, relay, site = net.hosts["alice"], scenario.relays["relay1"], scenario.sites["home"]

        async def ask() -> bool:
            socket = await alice.udp.open(4)
            socket.send(encode_binding_request(bytes(12), RequestForm.TAILSCALE), Endpoint(relay.ipv4, 3478))
            try:
                async with asyncio.timeout(1):
                    await socket.receive()
            except TimeoutError:
                return False
            finally:
                socket.close()
            return True

        async def call() -> None:
            (await alice.udp.open(4)).send(b"hello", Endpoint(site.wan, 9))

        answered.append(net.run(ask()))
        net.run(call())
        answered += [net.run(ask()), net.run(ask())]
        net.run(asyncio.sleep(60))
        answered.append(net.run(ask()))
    assert answered == [True, False, False, True]


def test_most_networks_are_healthy() -> None:
    assert sum(map(_all_is_well, SIMULATED)) > len(SIMULATED) / 2


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_a_scenario_is_complete(scenario: Scenario) -> None:
    assert scenario.about.endswith(".")
    assert len(scenario.title) <= 60
    assert set(scenario.truth) == {host.name for host in scenario.measured()}
    every_pair = {frozenset(pair) for pair in itertools.combinations(scenario.truth, 2)}
    assert {frozenset((pair.first, pair.second)) for pair in scenario.pairs} == every_pair
    told = {claim.what.partition(" ")[0] for claim in claims_of(scenario)}
    if scenario.can(Bed.SIM):
        assert set(MUST_KNOW) - {"relay"} <= told


def test_a_common_case_is_a_short_file() -> None:
    texts = {file.name: file.read() for file in scenario_files()}
    for name in ("full-cone", "symmetric-random", "voip-helper", "linux-masquerade"):
        lines = [line for line in texts[name].splitlines() if line]
        network = lines[: next(n for n, line in enumerate(lines) if line.startswith("[truth"))]
        assert len(lines) <= 40
        assert len(network) <= 6


def test_a_bed_that_cannot_says_why() -> None:
    text = 'title = "x"\n[beds]\nsim = "that is not modelled"\n[hosts.alice]\n'
    for scenario in (read_scenario("x", text), *(s for s in SCENARIOS if not s.can(Bed.SIM))):
        assert not scenario.can(Bed.SIM)
        with pytest.raises(UserError, match=scenario.cannot[Bed.SIM]):
            sim_reports(scenario)


def test_the_simulator_uses_the_addresses_of_the_plan() -> None:
    scenario = load_scenario("two-default-routes")
    with simulated(scenario) as net:
        for host in scenario.hosts.values():
            ports = list(net.hosts[host.name].node.ports.values())
            assert [p.address(4) for p in ports] == [i.ipv4 for i in host.interfaces]
    scenario = load_scenario("ipv6-firewall")
    with simulated(scenario) as net:
        assert net.sites["home"].prefix == scenario.sites["home"].prefix
        assert net.hosts["alice"].node.ports["eth0"].address(6) == scenario.hosts["alice"].address(6)


def test_one_seed_one_report_and_another_seed_the_same_truth() -> None:
    scenario = load_scenario("symmetric-random")
    first, again, other = (sim_reports(scenario, seed)["alice"] for seed in (5, 5, 6))
    assert first.ipv4.endpoints == again.ipv4.endpoints
    assert first.ipv4.endpoints != other.ipv4.endpoints
    assert all(one.acceptable for one in compare(scenario, {"alice": other}))


def test_a_truth_that_is_not_of_that_network_is_found_out() -> None:
    """The teeth of `test_reports_are_true`: the network of one scenario against the truth of another."""
    network, truth = load_scenario("symmetric-random"), load_scenario("full-cone")
    found = compare(replace(network, truth=truth.truth), sim_reports(network))
    wrong = {one.what for one in found if one.agreement is Agreement.WRONG}
    assert {"mapping_varies", "port_preservation", "port_allocation", "finding NS-NAT-01"} <= wrong


def test_faults_happen() -> None:
    text = (
        'title = "x"\nmap = "names"\n[[faults]]\nkind = "partition"\nat_s = 0\nlasts_s = 60\non = "relay1"\n'
        '[[faults]]\nkind = "crash"\nat_s = 0\nlasts_s = 60\non = "relay2"\n[[faults]]\nkind = "nat-reboot"\nat_s = 0\n'
        'on = "home"\n[sites.home]\n[hosts.alice]\nat = "home"\n'
    )
    report = sim_reports(read_scenario("x", text))["alice"]
    assert [r.error is not None for r in report.relays] == [True, True, False]
    assert [e.address for e in report.ipv4.endpoints] != ["203.0.113.10"]
    text += '[[faults]]\nkind = "dns"\nat_s = 0\nlasts_s = 60\nmanner = "refuse"\n'
    report = sim_reports(read_scenario("x", text))["alice"]
    assert {r.error.code for r in report.relays if r.error} == {"dns"}


@pytest.mark.parametrize("name", ["full-cone", "ipv6-nat64"])
def test_the_map_as_a_file_is_the_map_as_a_value(name: str) -> None:
    scenario = load_scenario(name)
    assert decode_relay_map_json(relay_map_json(scenario)) == (relay_map(scenario), ())


def test_files_are_plain_toml() -> None:
    for file in scenario_files():
        assert tomllib.loads(file.read())["title"]
