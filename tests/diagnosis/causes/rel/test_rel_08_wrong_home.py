"""NS-REL-08: homes that peers do not reach, homes farther than another relay, and what contradicts either."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.report import RelayLatency, Report
from tests.diagnosis.judging import claim, found, relay_index, scene, with_observations

ID = "NS-REL-08"


def relay(report: Report, code: str, **fields: Any) -> Report:
    """The report with fields of one relay replaced."""
    at = relay_index(report, code)
    changed = msgspec.structs.replace(report.relays[at], **fields)
    return msgspec.structs.replace(report, relays=(*report.relays[:at], changed, *report.relays[at + 1 :]))


def test_a_home_inside_this_network_is_likely_wrong() -> None:
    finding = found(scene("home-inside"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.WARN)
    assert finding.title == "own: the home relay is in this network, where peers elsewhere may not reach it."
    assert "192.168.1.50" in finding.detail


def test_one_that_sees_another_address_is_only_possibly_so() -> None:
    def elsewhere(o: Observation) -> Observation:
        return o if o.region_id != 49 else msgspec.structs.replace(o, data={"mapped": "10.9.9.9:1"})

    report = with_observations(scene("home-inside"), elsewhere)
    finding = claim(report, ID)
    assert finding is not None
    assert finding.certainty is Certainty.POSSIBLE


def test_a_public_address_of_that_home_contradicts() -> None:
    report = scene("home-inside")
    of_home = next(o for o in report.observations if o.region_id == 49 and o.outcome is Outcome.ANSWERED)
    more = msgspec.structs.replace(of_home, id="o999", target="[2001:db8:1::31]:3478", family=6)
    assert claim(msgspec.structs.replace(report, observations=(*report.observations, more)), ID) is None


def test_a_home_on_this_very_computer_is_told_apart() -> None:
    report = with_observations(
        scene("home-inside"), lambda o: msgspec.structs.replace(o, target=o.target.replace("192.168.1.50", "127.0.0.1"))
    )
    finding = claim(report, ID)
    assert finding is not None
    assert "this computer" in finding.support.title


def test_the_mesh_own_range_is_not_this_network() -> None:
    report = with_observations(
        scene("home-inside"), lambda o: msgspec.structs.replace(o, target=o.target.replace("192.168.1.", "100.64.1."))
    )
    assert claim(report, ID) is None


def test_a_nearer_relay_that_is_silent_over_udp_is_likely_the_better_home() -> None:
    findings = found(scene("home-far"))
    assert (findings[ID].certainty, findings[ID].severity) == (Certainty.LIKELY, Severity.WARN)
    assert findings[ID].title == (
        "fra is 11 ms away but answers over HTTPS only; a home is chosen by UDP, so par (78 ms) is the home."
    )
    assert "NS-REL-02" not in findings, "one fault, one order"


def test_another_silent_relay_keeps_the_finding_of_closed_ports() -> None:
    report = relay(scene("home-far"), "par", latency_ms=RelayLatency(stun_v4=78.2))
    other = next(r for r in report.relays if r.region_code not in ("fra", "par"))
    silent = with_observations(
        relay(report, other.region_code, latency_ms=RelayLatency(https=120.0)),
        lambda o: (
            msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER, data={})
            if o.kind == "stun.binding" and o.region_id == other.region_id
            else o
        ),
    )
    assert {ID, "NS-REL-02"} <= set(found(silent))


@pytest.mark.parametrize(("https", "fires"), [(52.0, True), (52.5, False), (70.0, False)])
def test_it_has_to_be_nearer_by_a_third(https: float, fires: bool) -> None:
    report = relay(scene("home-far"), "fra", latency_ms=RelayLatency(https=https))
    assert (claim(report, ID) is not None) is fires


def test_and_by_ten_milliseconds() -> None:
    report = scene("home-far")
    for code in ("par", "waw", "lhr"):
        report = relay(report, code, latency_ms=RelayLatency(stun_v4=21.0))
    assert claim(report, ID) is None


def test_a_home_that_is_as_near_over_https_contradicts() -> None:
    report = relay(scene("home-far"), "par", latency_ms=RelayLatency(stun_v4=78.2, https=12.0))
    assert claim(report, ID) is None


def test_a_relay_that_was_not_asked_over_udp_is_no_better_home() -> None:
    report = with_observations(
        scene("home-far"), lambda o: None if o.kind == "stun.binding" and o.region_id == 2 else o
    )
    assert claim(report, ID) is None


def test_a_home_of_one_quick_sample_is_worth_knowing() -> None:
    report = scene("home-one-quick-sample")
    finding = found(report)[ID]
    assert (finding.certainty, finding.severity) == (Certainty.POSSIBLE, Severity.INFO)
    assert "ams is 15 ms away, the home relay fra 94 ms, by medians of 4 samples" in finding.detail
    twice = relay(report, "fra", latency_ms=RelayLatency(stun_v4=94.0, https=95.0))
    twice = relay(twice, "ams", latency_ms=RelayLatency(stun_v4=14.8, https=15.0))
    again = claim(twice, ID)
    assert again is not None
    assert again.certainty is Certainty.LIKELY


@pytest.mark.parametrize("code", ["fra", "ams"])
def test_few_samples_make_no_median(code: str) -> None:
    report = scene("home-one-quick-sample")
    for other in ("par", "waw"):
        report = relay(report, other, latency_ms=RelayLatency())
    assert claim(report, ID) is not None
    assert claim(relay(report, code, samples=2), ID) is None


def test_without_a_home_nothing_is_said() -> None:
    report = scene("home-far")
    none = msgspec.structs.replace(report.preferred_relay, region_id=None)
    assert claim(msgspec.structs.replace(report, preferred_relay=none), ID) is None
