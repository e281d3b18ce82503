"""NS-HOST-01: the rule is named with its counter; unread rules are no claim, accepted packets none either."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.engine import diagnose
from natscope.model.finding import Certainty, Severity
from natscope.model.report_surroundings import RuleReport
from natscope.model.tri import Tri
from natscope.model.verdict import Direct
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-HOST-01"
RULE = RuleReport(place="nftables: table inet filter, chain input", rule="x" * 500, packets=1)


def test_the_rule_is_named_with_its_counter() -> None:
    finding = found(around("own-firewall"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.INFO)
    assert finding.detail == "nftables: table inet filter, chain input: `drop`. Its counter says 731 packets."


def test_a_rule_that_drops_answers_stops_everything() -> None:
    silent = around("own-firewall", firewall={"answers": "drop", "answers_rule": RULE})
    report = diagnose(msgspec.structs.replace(silent, udp=Tri.NO))
    finding = next(f for f in report.findings if f.id == ID)
    assert finding.severity is Severity.FAIL
    assert len(finding.detail) < 250
    assert report.verdict.direct is Direct.NO
    assert report.verdict.reasons == (ID,)


def test_answers_that_came_in_contradict_such_a_rule() -> None:
    assert claim(around("own-firewall", firewall={"answers": "drop", "answers_rule": RULE}), ID) is None


def test_accepted_or_uncertain_is_no_claim() -> None:
    for verdict in ("accept", "unknown"):
        assert claim(around("own-firewall", firewall={"unasked": verdict}), ID) is None


def test_unread_rules_are_no_claim() -> None:
    assert claim(around("own-firewall", firewall={"readable": Tri.NO}), ID) is None
    assert claim(unlooked("own-firewall"), ID) is None
