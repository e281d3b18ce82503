"""What is wrong with a way that works; it never stands for the reason of a way through a relay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import judge_pair
from natscope.diagnosis.pair.relayed import explain_relayed
from natscope.diagnosis.pair.slow import NO_REASON, slow_findings
from tests.diagnosis.pair.scenes import SCENES, lost, node, peer, this


@pytest.mark.parametrize("name", SCENES)
def test_the_same_as_the_whole_catalogue(name: str) -> None:
    facts = SCENES[name]()
    short = {finding.id for finding in slow_findings(facts)}
    whole = {claim.cause.id for claim in judge_pair(facts)} & NO_REASON
    assert short - {"NS-PERF-04"} == whole


def test_a_pattern_is_no_reason_for_a_relay() -> None:
    facts = SCENES["fifteen of eighteen pings lost"]()
    assert "NS-PERF-06" in {claim.cause.id for claim in judge_pair(facts)}
    found = explain_relayed(facts)
    assert found.causes[:1] == ("NS-NAT-02",)
    assert not set(found.causes) & NO_REASON
    unexplained = replace(facts, peer=peer())
    assert explain_relayed(unexplained).causes == ()


def test_nothing_pinged_nothing_said() -> None:
    assert slow_findings(PairFacts(this(), peer(), node=node())) == ()
    assert slow_findings(PairFacts(this(), peer(), trial=lost("x" * 60), node=node())) == ()
