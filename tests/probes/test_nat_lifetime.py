"""Lifetimes in virtual time: idle, absolute, the refresh direction, bounds, losses, plain relays, Ctrl-C, budgets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.lifetime import Lifetimes, Refresh
from natscope.machines.nat.presets import PRESETS
from natscope.model.relay_map import LoadedMap, RelayMap
from natscope.model.report import NatFamilyReport, Report
from natscope.model.tri import Tri
from natscope.netcheck.options import NetcheckOptions
from natscope.plugins.probe import Scope
from natscope.plugins.stun_plan import ProbePlan
from natscope_probes.nat_lifetime import PROBE, when
from tests.probes.nat_world import behind, soon
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("relay_stun", "nat_lifetime")
LIMIT_S = 110.0
LOSSY_SEEDS = 4


def lived(wanted: Scenario, seed: int = 1, limit_s: float = LIMIT_S, **options: Any) -> Report:
    report = probed(wanted, *ONLY, seed=seed, limit_s=limit_s, **options)
    spent = next(p for p in report.probes if p.name == "nat_lifetime")
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.elapsed_ms / 1000 <= PROBE.budget.seconds
    return report


def nat_of(lifetimes: str, **more: str) -> NatFamilyReport:
    lines = "".join(f"{key} = {value}\n" for key, value in more.items())
    return lived(scenario(f"[sites.home.nat]\nlifetimes = {{ {lifetimes} }}\n{lines}")).nat.v4


def scope(**options: object) -> Scope:
    loaded = LoadedMap(relay_map=RelayMap(regions=()), source="x", kind="file")
    return Scope(loaded, NetcheckOptions(**options), (4,), ProbePlan())  # type: ignore[arg-type]


def test_it_is_opt_in() -> None:
    assert when(scope()) == "takes 90 seconds"
    assert when(scope(lifetime=True)) == when(scope(profile="full")) == when(scope(only=("nat_lifetime",))) == ""
    assert PROBE.slow


@pytest.mark.parametrize("seconds", [10, 15, 20, 25, 30, 40, 60])
def test_an_idle_lifetime(seconds: int) -> None:
    nat = nat_of(f"udp_s = {seconds}")
    assert nat.mapping_lifetime_s == seconds
    assert nat.mapping_lifetime_at_least_s is None
    assert nat.absolute_lifetime_at_least_s == 75
    assert nat.refresh_outbound is Tri.YES


def test_it_is_found_in_little_more_than_its_own_time() -> None:
    report = lived(load_scenario("idle-lifetime-20s"))
    last = [o.sent_ms or 0.0 for o in report.observations if o.data.get("test") == "silent" and o.family == 4][-1]
    assert last / 1000 < 30


DIRECTIONS = {"both": (Tri.YES, Tri.YES), "inbound": (Tri.NO, Tri.YES), "outbound": (Tri.YES, Tri.NO)}


@pytest.mark.parametrize("seconds", [10, 20, 60])
@pytest.mark.parametrize(("refresh", "told"), DIRECTIONS.items())
def test_the_refresh_direction(refresh: str, told: tuple[Tri, Tri], seconds: int) -> None:
    nat = nat_of(f'udp_s = {seconds}, refresh = "{refresh}"')
    assert nat.mapping_lifetime_s == seconds
    assert (nat.refresh_outbound, nat.refresh_inbound) == told


@pytest.mark.parametrize("refresh", DIRECTIONS)
def test_losses_make_no_direction_wrong(refresh: str) -> None:
    bad = "link = { loss = 0.1 }\nback = { loss = 0.1 }\n"
    nat = f'lifetimes = {{ udp_s = 20, refresh = "{refresh}" }}\n'
    wanted = scenario(f"[sites.home]\n{bad}[sites.home.nat]\n{nat}")
    told = [lived(wanted, seed).nat.v4 for seed in range(LOSSY_SEEDS)]
    outbound, inbound = DIRECTIONS[refresh]
    assert {nat.refresh_outbound for nat in told} <= {outbound, Tri.UNKNOWN}
    assert outbound in {nat.refresh_outbound for nat in told}
    assert {nat.refresh_inbound for nat in told} <= {inbound, Tri.UNKNOWN}


@pytest.mark.parametrize("seconds", [30, 45, 60, 70])
def test_an_absolute_lifetime_of_a_router_that_keeps_ports(seconds: int) -> None:
    nat = nat_of(f"absolute_s = {seconds}")
    assert nat.absolute_lifetime_s == seconds
    assert nat.mapping_lifetime_s is None
    assert nat.refresh_inbound is Tri.UNKNOWN


def test_no_end_is_a_lower_bound() -> None:
    nat = nat_of("udp_s = 300")
    assert (nat.mapping_lifetime_s, nat.mapping_lifetime_at_least_s) == (None, 75)
    assert (nat.absolute_lifetime_s, nat.absolute_lifetime_at_least_s) == (None, 75)
    assert nat.refresh_outbound is Tri.UNKNOWN
    assert "no silent mapping ended" in nat.reasons["refresh_inbound"]


def test_a_flow_that_lasts_is_what_is_measured() -> None:
    """Linux: 30 s for one exchange, 120 s for a flow that lasted two seconds."""
    nat = lived(load_scenario("linux-masquerade")).nat.v4
    assert nat.mapping_lifetime_at_least_s == 75


@pytest.mark.parametrize("kind", ["symmetric-random", "full-cone", "restricted", "cgnat"])
@pytest.mark.parametrize("lifetimes", ["udp_s = 20", "absolute_s = 45"])
def test_whatever_the_router_maps_and_filters(kind: str, lifetimes: str) -> None:
    nat = nat_of(lifetimes, kind=f'"{kind}"')
    told = nat.mapping_lifetime_s if lifetimes.startswith("udp") else nat.absolute_lifetime_s
    assert told == (20 if lifetimes.startswith("udp") else 45)


@pytest.mark.parametrize("loss", [0.02, 0.1])
@pytest.mark.parametrize("name", ["idle-lifetime-20s", "absolute-lifetime-60s", "port-restricted"])
def test_losses_make_nothing_wrong(name: str, loss: float) -> None:
    for seed in range(LOSSY_SEEDS):
        nat = lived(lossy(name, loss), seed).nat.v4
        idle, age = nat.mapping_lifetime_s, nat.absolute_lifetime_s
        assert idle is None or (name.startswith("idle") and abs(idle - 20) <= 1), seed
        assert age is None or (name.startswith("absolute") and abs(age - 60) <= 1), seed
        if name.startswith("absolute"):
            assert (nat.mapping_lifetime_at_least_s or 0) <= 60


def plain(lifetimes: Lifetimes, kind: str, **options: Any) -> NatFamilyReport:
    """With relays that are no helpers."""
    config: NatConfig = replace(PRESETS[kind].config, lifetimes=lifetimes)
    found = behind(config, "nat_lifetime", **options)
    assert (found.sockets, found.threads) == (0, 0)
    return found.nat


def test_with_plain_relays_a_new_port_shows_the_end() -> None:
    nat = plain(Lifetimes(udp_s=20), "voip-helper")
    assert (nat.mapping_lifetime_s, nat.refresh_outbound) == (20, Tri.YES)
    only_inwards = plain(Lifetimes(udp_s=20, refresh=Refresh.INBOUND), "voip-helper")
    assert (only_inwards.mapping_lifetime_s, only_inwards.refresh_outbound) == (20, Tri.NO)
    assert plain(Lifetimes(absolute_s=45), "voip-helper").absolute_lifetime_s == pytest.approx(45, abs=3)


@pytest.mark.parametrize("lifetimes", [Lifetimes(udp_s=20), Lifetimes(absolute_s=45), Lifetimes()])
def test_with_plain_relays_a_router_that_keeps_ports_shows_nothing(lifetimes: Lifetimes) -> None:
    nat = plain(lifetimes, "port-restricted")
    assert (nat.mapping_lifetime_s, nat.mapping_lifetime_at_least_s) == (None, None)
    assert (nat.absolute_lifetime_s, nat.absolute_lifetime_at_least_s) == (None, None)
    assert "helper" in nat.reasons["mapping_lifetime_s"]


def test_a_router_that_is_restarted_has_no_lifetime() -> None:
    text = '[[faults]]\nkind = "nat-reboot"\nat_s = 40\non = "home"\nrenumbered = false\n[sites.home]\nnat = "cgnat"\n'
    nat = lived(scenario(text)).nat.v4
    assert (nat.mapping_lifetime_s, nat.absolute_lifetime_s) == (None, None)


def test_a_line_that_goes_silent_has_no_lifetime() -> None:
    text = '[[faults]]\nkind = "partition"\nat_s = 25\nlasts_s = 200\non = "home"\n[sites.home]\n'
    nat = lived(scenario(text)).nat.v4
    assert (nat.mapping_lifetime_s, nat.absolute_lifetime_s) == (None, None)


def test_a_shorter_limit_gives_shorter_bounds() -> None:
    nat = lived(load_scenario("port-restricted"), limit_s=40.0).nat.v4
    assert nat.mapping_lifetime_s is None
    assert 10 <= (nat.mapping_lifetime_at_least_s or 0) <= 40


def test_an_interrupt_gives_what_is_known() -> None:
    from natscope.apps.netcheck import replay
    from natscope.lab.build_sim import SERVERS_START_S, simulated
    from natscope.lab.scenario_map import relay_map
    from natscope.netcheck.history import History
    from natscope.netcheck.run import RunInputs, run_probes
    from natscope.plugins.loader import PROBES, find
    from natscope.web.client import HttpClient

    wanted = load_scenario("idle-lifetime-20s")
    said: list[str] = []
    with simulated(wanted, 1) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        host = net.hosts["alice"]

        async def work() -> Report:
            stop = asyncio.Event()
            running = asyncio.all_tasks()
            stopper = asyncio.ensure_future(soon(40.0, stop))
            record = await run_probes(
                RunInputs(
                    host=host,
                    loaded_map=LoadedMap(relay_map=relay_map(wanted), source="map.json", kind="file"),
                    options=NetcheckOptions(only=ONLY, limit_s=LIMIT_S),
                    history=History(),
                    found=find(PROBES),
                    http=lambda: HttpClient(host),
                    stop=stop,
                    progress=lambda progress: said.append(progress.step),
                )
            )
            await stopper
            await asyncio.sleep(0)
            assert asyncio.all_tasks() <= running
            return replay(record).report

        report = net.run(work())
        assert not host.node.stack.udp
    assert report.interrupted
    assert report.nat.v4.mapping_lifetime_s == 20
    assert {p.name: p.state for p in report.probes}["nat_lifetime"] == "cut"
    assert any("ports live > 10 s; " in step and "s more at most" in step for step in said)
    assert any("ports end after 20 s; " in step for step in said)


def guarded(seconds: str, **relay: object) -> Scenario:
    """A NAT that keeps mappings, beside an IPv6 firewall that forgets."""
    lines = "".join(f"[relays.{name}]\nhelper = false\n" for name in relay)
    return scenario(f'[sites.home]\nipv6 = "firewall"\n{seconds}\n{lines}')


@pytest.mark.parametrize("seconds", [15, 40])
def test_what_an_ipv6_firewall_forgets(seconds: int) -> None:
    report = lived(guarded(f"ipv6_silence_s = {seconds}"))
    assert report.nat.v6.mapping_lifetime_s == seconds
    assert report.nat.v4.mapping_lifetime_at_least_s == 75


def test_plain_relays_show_nothing_of_a_firewall() -> None:
    report = lived(guarded("ipv6_silence_s = 15", one=1, two=2))
    assert report.nat.v6.mapping_lifetime_s is report.nat.v6.mapping_lifetime_at_least_s is None
    assert not any(o.family == 6 for o in report.observations if o.kind == "nat.lifetime")
