"""NS-REL-09: moves to and fro between two equals here; fewer moves, another network, clear differences are none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation
from natscope.model.report import RelayLatency, Report
from tests.diagnosis.judging import claim, found, relay_index, scene, with_observations

ID = "NS-REL-09"
TO, FRO = (2, 3), (3, 2)


def moved(*moves: tuple[int, int], **fields: Any) -> Report:
    told = [{"ago_s": 60.0, "old": old, "new": new, "here": True} | fields for old, new in moves]

    def change(observation: Observation) -> Observation:
        if observation.kind != "relay.moves":
            return observation
        return msgspec.structs.replace(observation, data={"moves": told})

    return with_observations(scene("home-flaps"), change)


def near(report: Report, code: str, latency: RelayLatency) -> Report:
    at = relay_index(report, code)
    relay = msgspec.structs.replace(report.relays[at], best_ms=latency)
    return msgspec.structs.replace(report, relays=(*report.relays[:at], relay, *report.relays[at + 1 :]))


def test_it_is_likely_by_two_facts_and_cites_both() -> None:
    finding = found(scene("home-flaps"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.WARN)
    assert finding.title == "The home relay moves to and fro between fra and ams, which are equally near."
    assert finding.detail == "It moved 4 times in 24 hours; now fra is 10 ms away and ams 14 ms."
    kinds = {o.kind for o in scene("home-flaps").observations if o.id in finding.evidence}
    assert kinds == {"relay.moves", "stun.binding"}


@pytest.mark.parametrize(
    ("moves", "fires"),
    [
        ((TO, FRO, TO), True),
        ((TO, FRO), False),
        ((TO, TO, TO), False),
        ((TO, FRO, (2, 4), (4, 2)), False),
        ((TO, FRO, TO, (3, 5)), True),
        ((), False),
    ],
)
def test_three_moves_between_the_same_two_both_ways(moves: tuple[tuple[int, int], ...], fires: bool) -> None:
    assert (claim(moved(*moves), ID) is not None) is fires


@pytest.mark.parametrize("fields", [{"here": False}, {"ago_s": 24 * 3600 + 1}, {"ago_s": -5}, {"ago_s": "soon"}])
def test_moves_elsewhere_or_long_ago_do_not_count(fields: dict[str, Any]) -> None:
    assert claim(moved(TO, FRO, TO), ID) is not None
    assert claim(moved(TO, FRO, TO, **fields), ID) is None


@pytest.mark.parametrize(("rtt", "fires"), [(19.7, True), (19.9, False), (80.0, False)])
def test_a_clear_difference_in_this_run_contradicts(rtt: float, fires: bool) -> None:
    assert (claim(near(scene("home-flaps"), "ams", RelayLatency(stun_v4=rtt)), ID) is not None) is fires


def test_the_nearer_family_counts() -> None:
    assert claim(near(scene("home-flaps"), "ams", RelayLatency(stun_v4=80.0, stun_v6=11.0)), ID) is not None


def test_a_relay_that_was_not_measured_keeps_it_silent() -> None:
    assert claim(near(scene("home-flaps"), "ams", RelayLatency(https=14.0)), ID) is None
    report = scene("home-flaps")
    gone = tuple(relay for relay in report.relays if relay.region_code != "fra")
    assert claim(msgspec.structs.replace(report, relays=gone), ID) is None
