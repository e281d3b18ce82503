"""Limits of UDP in the simulator: found with their rate, told from losses and full lines; opt-in, bounded, tidy."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natscope.machines.helper.train import TrainPlan, TrainResult
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import LoadedMap, RelayMap
from natscope.model.report import Report
from natscope.model.report_path import UdpRateReport
from natscope.model.tri import Tri
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.plugins.probe import Scope
from natscope.plugins.stun_plan import ProbePlan
from natscope_probes import nat_hairpin
from natscope_probes.udp_rate import PROBE, contacts, parts_of, when
from tests.probes.simulated import probed, scenario

ONLY = ("relay_stun", "interfaces", "nat_servers", "udp_rate")
LIMIT_S = 40.0
HEALTHY = "[sites.home]\n"
SEEDS = 3


def report_of(text: str, seed: int = 1, *, host: str = "", **options: Any) -> Report:
    found = probed(scenario(text, host=host), *ONLY, seed=seed, **({"limit_s": LIMIT_S} | options))
    spent = next(p for p in found.probes if p.name == "udp_rate")
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.bytes_sent <= PROBE.budget.bytes
    assert spent.elapsed_ms / 1000 <= PROBE.budget.seconds
    assert spent.bytes_received <= spent.bytes_sent
    return found


def rate_of(text: str, seed: int = 1, **more: Any) -> UdpRateReport:
    return report_of(text, seed, **more).path.udp_rate


def trains(report: Report) -> list[Observation]:
    return [o for o in report.observations if o.kind == "udp.train"]


def link(words: str, name: str = "link") -> str:
    return f"[sites.home]\n{name} = {{ {words} }}\n"


def scope(**options: object) -> Scope:
    loaded = LoadedMap(relay_map=RelayMap(regions=()), source="x", kind="file")
    return Scope(loaded, NetcheckOptions(**options), (4,), ProbePlan())  # type: ignore[arg-type]


def test_it_is_opt_in_and_comes_last_but_for_hairpinning() -> None:
    assert when(scope()) == "sends a megabyte or two"
    assert when(scope(udp_rate=True)) == when(scope(profile="full")) == when(scope(only=("udp_rate",))) == ""
    assert PROBE.last
    assert "udp_rate" in nat_hairpin.PROBE.after
    assert not any(contact.always for contact in contacts(scope(udp_rate=True)))


def test_the_time_limit_leaves_room_for_it() -> None:
    room_s = with_limit(NetcheckOptions(udp_rate=True)).whole_s - NetcheckOptions().timeout_s
    assert room_s >= PROBE.budget.seconds
    assert with_limit(NetcheckOptions(profile="full")).whole_s - 110.0 >= PROBE.budget.seconds


def test_a_healthy_way_carries_all_trains_in_six_seconds() -> None:
    found = report_of(HEALTHY)
    told = found.path.udp_rate
    assert (told.out.limited, told.back.limited) == (Tri.NO, Tri.NO)
    assert told.out.carried_bits_per_s == 4_000_000
    assert [o.data["rate"] for o in trains(found)] == [25, 100, 250, 500]
    assert not any(o.kind == "tcp.upload" for o in found.observations)
    assert next(p for p in found.probes if p.name == "udp_rate").elapsed_ms < 6000


@pytest.mark.parametrize("mbit", [0.3, 0.6, 1.6])
def test_a_limit_of_bytes(mbit: float) -> None:
    told = rate_of(link(f"udp_limit_mbit = {mbit}"))
    assert (told.out.limited, told.out.counted, told.udp_only) == (Tri.YES, "bytes", Tri.YES)
    assert told.out.bits_per_s == pytest.approx(mbit * 1e6, rel=0.1)
    assert told.out.burst_packets == pytest.approx(mbit * 1e6 * 0.2 / 8000, abs=5)
    assert told.back.limited is not Tri.YES


@pytest.mark.parametrize("packets", [60, 150, 220])
def test_a_limit_of_packets(packets: int) -> None:
    told = rate_of(link(f"udp_limit_packets = {packets}, udp_limit_burst_ms = 100"))
    assert (told.out.limited, told.out.counted) == (Tri.YES, "packets")
    assert told.out.packets_per_s == pytest.approx(packets, rel=0.1)


def test_a_limit_of_the_way_back() -> None:
    told = rate_of(link("udp_limit_mbit = 0.6", "back"))
    assert (told.out.limited, told.back.limited) == (Tri.NO, Tri.YES)
    assert told.back.bits_per_s == pytest.approx(600_000, rel=0.1)


@pytest.mark.parametrize("words", ["loss = 0.02", "loss = 0.1", "loss = 0.3", "loss = 0.05, jitter_ms = 40",
                                   "reordering = 0.2, held_back_ms = 30", "duplication = 0.1"])  # fmt: skip
def test_losses_and_disorder_are_no_limit(words: str) -> None:
    for seed in range(SEEDS):
        told = rate_of(link(words), seed)
        assert Tri.YES not in (told.out.limited, told.back.limited), seed


@pytest.mark.parametrize("words", ["rate_mbit = 1", "rate_mbit = 1, queue_kbyte = 10", "rate_mbit = 0.5, loss = 0.02",
                                   "rate_mbit = 3, queue_kbyte = 64"])  # fmt: skip
def test_a_slow_line_is_no_limit_of_udp(words: str) -> None:
    found = report_of(link(words))
    told = found.path.udp_rate
    assert told.out.limited is Tri.NO
    assert "line carries no more" in told.out.reason
    assert told.out.bits_per_s == pytest.approx(float(words.split()[2].rstrip(",")) * 1e6, rel=0.1)
    assert told.back.limited is not Tri.YES
    assert not any(finding.id == "NS-UDP-05" for finding in found.findings)


def test_a_line_that_is_slow_on_the_way_back_is_no_limit() -> None:
    told = rate_of(link("rate_mbit = 1", "back"))
    assert Tri.YES not in (told.out.limited, told.back.limited)


def test_a_queue_is_not_filled_further_than_it_shows() -> None:
    found = report_of(link("rate_mbit = 1"))
    last = trains(found)[-1].data
    assert last["late"]
    assert sum(part[1] for part in last["parts"]) < last["rate"]


@pytest.mark.parametrize("words", ["loss = 0.02, udp_limit_mbit = 0.6", "loss = 0.1, udp_limit_packets = 100"])
def test_a_limit_is_found_behind_losses_or_stays_unknown(words: str) -> None:
    told = [rate_of(link(words), seed).out.limited for seed in range(SEEDS)]
    assert Tri.NO not in told
    assert told.count(Tri.YES) >= SEEDS - 1


def test_a_limit_is_a_finding() -> None:
    finding = next(f for f in report_of(link("udp_limit_mbit = 0.6")).findings if f.id == "NS-UDP-05")
    assert "TCP carried" in finding.detail


def test_without_a_helper_nobody_knows() -> None:
    text = "".join(f"[relays.relay{n}]\nhelper = false\n" for n in (1, 2, 3))
    told = rate_of(text + HEALTHY)
    assert told.out.limited is Tri.UNKNOWN
    assert "counts packets" in told.out.reason


def test_gently_it_asks_for_less() -> None:
    found = report_of(HEALTHY, gentle=True)
    assert [o.data["rate"] for o in trains(found)] == [25, 100]
    assert found.path.udp_rate.out.carried_packets_per_s == 100


def test_a_short_limit_gives_what_was_seen() -> None:
    found = report_of(HEALTHY, limit_s=5.0)
    assert 1 <= len(trains(found)) < 4
    assert found.path.udp_rate.out.limited is not Tri.YES


def test_an_outage_is_no_limit() -> None:
    for at_s in (2.5, 3.5, 4.5):
        fault = f'[[faults]]\nkind = "partition"\nat_s = {at_s}\nlasts_s = 0.7\non = "home"\n'
        told = rate_of(fault + HEALTHY)
        assert Tri.YES not in (told.out.limited, told.back.limited), at_s


def test_over_ipv6_alone() -> None:
    text = '[sites.home]\nipv6 = "open"\nnat = "none"\nlink = { udp_limit_mbit = 0.6 }\n'
    told = rate_of(text, host="ipv4 = false\n")
    assert (told.family, told.out.limited) == (6, Tri.YES)


def test_parts_of_a_train() -> None:
    server = Endpoint.parse("192.0.2.1:3478")
    result = TrainResult(server, TrainPlan(0, 100, 3, 200), sent=[1.0, 1.01, 1.02], arrived=frozenset({0, 2}))
    result.echoes = {0: 1.03}
    parts = parts_of(result)
    assert [part[1:4] for part in parts] == [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    assert [part[0] for part in parts] == [0.0, 10.0, 20.0]
    assert [part[4] for part in parts] == [pytest.approx(30.0), None, None]


def test_cut_in_the_middle_it_leaves_nothing_and_says_so() -> None:
    from natscope.apps.netcheck import replay
    from natscope.lab.build_sim import SERVERS_START_S, simulated
    from natscope.lab.scenario_map import relay_map
    from natscope.netcheck.history import History
    from natscope.netcheck.run import RunInputs, run_probes
    from natscope.plugins.loader import PROBES, find
    from natscope.web.client import HttpClient
    from tests.probes.nat_world import soon

    wanted, said = scenario(HEALTHY), []
    with simulated(wanted, 1) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        host = net.hosts["alice"]

        async def work() -> Report:
            stop = asyncio.Event()
            stopper = asyncio.ensure_future(soon(4.0, stop))
            record = await run_probes(
                RunInputs(
                    host=host, loaded_map=LoadedMap(relay_map=relay_map(wanted), source="map.json", kind="file"),
                    options=NetcheckOptions(only=ONLY, limit_s=LIMIT_S), history=History(), found=find(PROBES),
                    http=lambda: HttpClient(host), stop=stop, progress=lambda progress: said.append(progress.step),
                )
            )  # fmt: skip
            await stopper
            return replay(record).report

        report = net.run(work())
        assert not host.node.stack.udp
    assert report.interrupted
    assert {p.name: p.state for p in report.probes}["udp_rate"] == "cut"
    assert trains(report)[-1].outcome is Outcome.NO_ANSWER
    assert any("packets/s" in step for step in said)
