"""The probe plan against rows, and against upstream's initial plans where both do the same."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest

from natscope.host.api import Interface, LinkFacts
from natscope.model.relay_map import RelayMap, RelayRegion
from natscope.netcheck.history import History, Reading
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.plan import NORMAL, make_plan, pace
from natscope.plugins.stun_plan import ProbePlan
from tests.netcheck.fake_host import LINKS
from tests.netcheck.lab import region

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/netcheck.json").read_text())["probe_plans"]
INITIAL = [case for case in VECTORS["cases"] if case["last_latency_ms"] is None]
ONLY_LOOPBACK = LinkFacts(
    interfaces=(Interface("lo", 1, "loopback", True, 65536, (ipaddress.ip_address("127.0.0.1"),)),), routes_known=True
)
LINK_LOCAL = LinkFacts(
    interfaces=(Interface("eth0", 1, "ethernet", True, 1500, (ipaddress.ip_address("fe80::1"),)),), routes_known=True
)


NOBODY = History()
FOUR = [(1, "1a", at_s) for at_s in (0.0, 0.1, 0.2, 0.6)]
THREE_NODES = [(1, "1a", 0.0), (1, "1b", 0.1), (1, "1a", 0.2), (1, "1c", 0.6)]
TEST_V4 = {"ipv4": "none", "stun_test_ip": "192.0.2.1"}


def plan(
    *regions: RelayRegion, links: LinkFacts | None = LINKS, history: History = NOBODY, **options: Any
) -> ProbePlan:
    return make_plan(RelayMap(regions=regions), links, NetcheckOptions(**options), history)


def rows(made: ProbePlan, family: int = 4) -> list[tuple[int, str, float]]:
    return [(s.region_id, s.node, s.at_s) for s in made.sends if s.family == family]


def links_with(*, v4: bool, v6: bool) -> LinkFacts:
    texts = ["192.168.1.20"] * v4 + ["2001:db8::20"] * v6
    addresses = tuple(ipaddress.ip_address(text) for text in texts)
    return LinkFacts(interfaces=(Interface("eth0", 1, "ethernet", True, 1500, addresses),), routes_known=True)


@pytest.mark.parametrize("case", INITIAL, ids=[case["name"] for case in INITIAL])
def test_upstreams_initial_plan(case: dict[str, Any]) -> None:
    """The same regions, families and delays; the same nodes where a region has at most two (see `plan`)."""
    regions = [region(r["id"], len(r["nodes"]), no_measure_no_home=r["NoMeasureNoHome"]) for r in VECTORS["regions"]]
    made = plan(*regions, links=links_with(v4=case["have_v4"], v6=case["have_v6"]))
    ours: dict[str, list[dict[str, Any]]] = {}
    for send in made.sends:
        if not send.only_if_silent:
            row = {"node": send.node, "delay_ms": round(send.at_s * 1000, -2)}
            ours.setdefault(f"region-{send.region_id}-v{send.family}", []).append(row)
    assert sorted(ours) == sorted(case["plan"])
    for key, theirs in case["plan"].items():
        assert [row["delay_ms"] for row in ours[key]] == [row["delay_ms"] for row in theirs]
        if len({row["node"] for row in theirs}) <= 2:
            assert [row["node"] for row in ours[key]] == [row["node"] for row in theirs]


ROWS = [
    ("one node", region(1), FOUR),
    ("two nodes", region(1, 2), [(1, "1a", 0.0), (1, "1b", 0.1), (1, "1a", 0.2), (1, "1a", 0.6)]),
    ("three nodes: two samples on the first", region(1, 3), THREE_NODES),
    ("not to be measured", region(1, no_measure_no_home=True), []),
    ("to be avoided, measured all the same", region(1, avoid=True), FOUR),
    ("no STUN", region(1, node_fields={"stun_port": -1}), []),
    ("family switched off by the map", region(1, node_fields={"ipv4": "none"}), []),
    ("name only", region(1, node_fields={"ipv4": ""}), FOUR),
    ("test address of this family", region(1, node_fields=TEST_V4), FOUR),
    ("test address of the other family", region(1, node_fields={"stun_test_ip": "2001:db8::9"}), []),
]


@pytest.mark.parametrize(("name", "asked", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_rows(name: str, asked: RelayRegion, expected: list[tuple[int, str, float]]) -> None:
    assert rows(plan(asked)) == expected


def test_no_address_no_sends_but_loopback_is_always_reachable() -> None:
    assert rows(plan(region(1), links=ONLY_LOOPBACK)) == []
    assert rows(plan(region(1), links=LINK_LOCAL), family=6) == []
    local = region(1, node_fields={"ipv4": "127.0.0.5", "ipv6": "::1"})
    assert len(rows(plan(local, links=ONLY_LOOPBACK))) == 4
    assert len(rows(plan(local, links=LINK_LOCAL), family=6)) == 4


def test_nothing_known_of_the_host_asks_both_families() -> None:
    assert plan(region(1), links=None).families == (4, 6)


def test_gentle_is_a_quarter_as_fast_and_asks_once() -> None:
    made = plan(region(1), gentle=True)
    assert rows(made) == [(1, "1a", 0.0), (1, "1a", 0.4), (1, "1a", 0.8)]
    assert [s.only_if_silent for s in made.sends if s.family == 4] == [False, True, True]


def test_quick_takes_two_samples() -> None:
    unconditional = [s.at_s for s in plan(region(1), profile="quick").sends if s.family == 4 and not s.only_if_silent]
    assert unconditional == [0.0, 0.1]


def test_the_last_home_and_the_nearest_go_first() -> None:
    history = History(home=3, readings=(Reading(at=0.0, latency_s={1: 0.09, 2: 0.01, 3: 0.2}),))
    made = plan(region(1), region(2), region(3), region(4), history=history)
    assert [s.region_id for s in made.sends if s.family == 4][:4] == [3, 2, 1, 4]


def test_relays_get_the_tailscale_form() -> None:
    assert {s.form for s in plan(region(1), region(2)).sends} == {"tailscale"}


def test_a_short_limit_shortens_the_wait_for_silence() -> None:
    assert plan(region(1), timeout_s=0.8).silent_after_s == 0.8


@pytest.mark.parametrize("count", [1, 20, 21, 100, 400, 2000])
def test_pacing(count: int) -> None:
    offsets = pace(count, NORMAL)
    assert len(offsets) == count
    assert offsets == sorted(offsets)
    assert offsets[-1] <= NORMAL.spread_s
    bursts: dict[float, int] = {}
    for offset in offsets:
        bursts[offset] = bursts.get(offset, 0) + 1
    assert max(bursts.values()) <= max(NORMAL.burst, count / 7 + 1)
