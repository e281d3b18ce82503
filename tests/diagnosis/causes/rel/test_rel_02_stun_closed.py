"""NS-REL-02: from one network silence stays likely; the host's own "port unreachable" makes it certain."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-REL-02"


def told_by(reporter: str) -> Callable[[Observation], Observation]:
    def change(o: Observation) -> Observation:
        if o.kind == "stun.binding" and o.outcome is Outcome.NO_ANSWER:
            return msgspec.structs.replace(o, outcome=Outcome.ICMP_ERROR, data={"reporter": reporter})
        return o

    return change


def test_likely_from_one_network() -> None:
    finding = found(scene("stun-closed"))[ID]
    assert finding.certainty is Certainty.LIKELY
    assert finding.title == "hkg: no answer on the STUN port, though the relay is up."
    assert finding.detail == "4 requests to UDP port 3478 got no answer; HTTPS did."


def test_silence_that_loss_explains_is_no_closed_port() -> None:
    """Where a third of all requests gets lost, the four to one relay may all be among them."""
    report = scene("stun-closed")
    lost = [o for o in report.observations if o.kind == "stun.binding" and o.outcome is Outcome.ANSWERED][::3]
    lossy = with_observations(
        report, lambda o: msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER) if o in lost else o
    )
    assert claim(lossy, ID) is None
    assert claim(with_observations(lossy, told_by("198.51.100.9")), ID) is not None


@pytest.mark.parametrize(
    ("reporter", "certainty"), [("198.51.100.9", Certainty.CERTAIN), ("198.51.100.254", Certainty.LIKELY)]
)
def test_a_port_unreachable_counts_from_the_host_itself_only(reporter: str, certainty: Certainty) -> None:
    assert found(with_observations(scene("stun-closed"), told_by(reporter)))[ID].certainty is certainty


def test_a_refused_connection_is_no_relay_that_is_up() -> None:
    assert claim(scene("refused-relay"), ID) is None


def test_a_single_relay_that_is_up_makes_both_possible() -> None:
    findings = found(scene("single-relay-silent"))
    assert findings[ID].certainty is Certainty.POSSIBLE
    assert findings["NS-UDP-01"].certainty is Certainty.POSSIBLE


def test_silence_everywhere_is_another_cause() -> None:
    assert claim(scene("udp-blocked"), ID) is None
    assert claim(scene("stun-closed", udp=Tri.UNKNOWN), ID) is None


@pytest.mark.parametrize("error", ["malformed", "other-source"])
def test_a_relay_that_answered_wrongly_has_no_closed_port(error: str) -> None:
    def wrong_once(o: Observation) -> Observation:
        if o.kind == "stun.binding" and o.outcome is Outcome.NO_ANSWER and o.sent_ms == 0.0:
            return msgspec.structs.replace(o, outcome=Outcome.WRONG, error=error)
        return o

    assert claim(with_observations(scene("stun-closed"), wrong_once), ID) is None


def test_strays_from_the_host_show_that_its_port_is_open() -> None:
    report = scene("stun-closed")
    target = next(o.target for o in report.observations if o.outcome is Outcome.NO_ANSWER)
    stray = Observation(
        id="o99",
        kind="stun.dropped",
        probe="stun",
        outcome=Outcome.WRONG,
        data={"counts": {"unknown-transaction": 1}, "sources": {"unknown-transaction": [target]}},
    )
    changed = msgspec.structs.replace(report, observations=(*report.observations, stray))
    assert claim(report, ID) is not None
    assert claim(changed, ID) is None


def test_the_count_is_that_of_the_relays_it_names() -> None:
    """Beside a closed port, a relay that answers wrongly and one whose answers got lost count for nothing."""

    def others(o: Observation) -> Observation:
        if o.kind == "stun.binding" and o.region_id == 2:
            return msgspec.structs.replace(o, outcome=Outcome.WRONG, error="malformed")
        if o.kind == "stun.binding" and o.region_id == 3 and o.sent_ms == 0.0:
            return msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER)
        return told_by("198.51.100.254")(o)  # beside loss a word from the way, since four may get lost

    finding = found(with_observations(scene("stun-closed"), others))[ID]
    assert finding.title == "hkg: no answer on the STUN port, though the relay is up."
    assert finding.detail == "4 requests to UDP port 3478 got no answer; HTTPS did."
