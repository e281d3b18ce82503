"""NS-LAN-03: the group's silence beside the gateway's answers, and nothing without them."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.model.report_surroundings import FirewallReport, SurroundingsReport
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID, KIND = "NS-LAN-03", "portmap.multicast"


def compared(**fields: Any) -> Report:
    def change(observation: Observation) -> Observation:
        return msgspec.structs.replace(observation, **fields) if observation.kind == KIND else observation

    return with_observations(scene("multicast-filtered"), change)


def guarded(**fields: Any) -> Report:
    firewall = FirewallReport(**({"readable": Tri.YES, "unasked": "drop"} | fields))
    return scene("multicast-filtered", surroundings=SurroundingsReport(firewall=firewall))


def test_it_is_possible_and_no_more() -> None:
    finding = found(scene("multicast-filtered"))[ID]
    assert (finding.certainty, finding.severity, finding.minor) == (Certainty.POSSIBLE, Severity.INFO, True)
    assert finding.detail.startswith("5 answers came")


def test_silence_without_the_gateways_answers_says_nothing() -> None:
    assert claim(compared(data={"gateway_answers": 0}), ID) is None
    assert claim(compared(data={}), ID) is None


def test_an_answer_to_the_group_contradicts() -> None:
    assert claim(compared(outcome=Outcome.ANSWERED), ID) is None
    report = scene("multicast-filtered")
    [silent] = [o for o in report.observations if o.kind == KIND]
    other = msgspec.structs.replace(silent, id="o900", outcome=Outcome.ANSWERED)
    assert claim(msgspec.structs.replace(report, observations=(*report.observations, other)), ID) is None


def test_own_rules_that_drop_such_answers_explain_it_better() -> None:
    assert claim(guarded(), ID) is None
    assert claim(guarded(unasked="reject"), ID) is None
    assert claim(guarded(unasked="accept"), ID) is not None
    assert claim(guarded(readable=Tri.NO, unasked="unknown"), ID) is not None


def test_searches_that_never_left_say_nothing() -> None:
    assert claim(compared(outcome=Outcome.LOCAL_ERROR), ID) is None
