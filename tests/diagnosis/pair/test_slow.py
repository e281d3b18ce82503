"""What is wrong with a way that works; it never stands for the reason of a way through a relay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.catalogue import find
from natscope.diagnosis.cause import Cause, Explains
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import judge_pair
from natscope.diagnosis.pair.relayed import explain_relayed
from natscope.diagnosis.pair.slow import slow_findings
from tests.diagnosis.pair.scenes import SCENES, lost, node, peer, this

REMARKS = {"NS-PERF-05", "NS-PERF-07"}
"""Of quality too, but told beside the reason of a way (`remarks.py`)."""


@pytest.mark.parametrize("name", SCENES)
def test_the_same_as_the_whole_catalogue(name: str) -> None:
    facts = SCENES[name]()
    short = {finding.id for finding in slow_findings(facts)}
    assert short == {claim.cause.id for claim in judge_pair(facts) if is_of_quality(claim.cause)} - REMARKS


def test_a_pattern_is_no_reason_for_a_relay() -> None:
    facts = SCENES["fifteen of eighteen pings lost"]()
    assert "NS-PERF-06" in {claim.cause.id for claim in judge_pair(facts)}
    found = explain_relayed(facts)
    assert found.causes[:1] == ("NS-NAT-02",)
    assert not any(is_of_quality(cause) for cause in (find(name).load().CAUSE for name in found.causes))
    unexplained = replace(facts, peer=peer())
    assert explain_relayed(unexplained).causes == ()


def test_nothing_pinged_nothing_said() -> None:
    assert slow_findings(PairFacts(this(), peer(), node=node())) == ()
    assert slow_findings(PairFacts(this(), peer(), trial=lost("x" * 60), node=node())) == ()


def is_of_quality(cause: Cause) -> bool:
    return cause.explains is Explains.QUALITY
