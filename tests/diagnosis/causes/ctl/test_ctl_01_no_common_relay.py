"""A home relay that is silent from here; two lists without a common relay."""

from __future__ import annotations

from natscope.diagnosis.causes.ctl import ctl_01_no_common_relay as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.trial import Trial
from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import SCENES, peer, this
from tests.reports.scenes import load


def test_a_silent_home_beside_relays_that_answer_is_likely() -> None:
    support = cause.pair_evidence(SCENES["home relay silent from here"]())
    assert support.holds is Tri.YES
    assert support.certainty is Certainty.LIKELY
    assert "(syd)" in support.title


def test_a_home_that_answers() -> None:
    facts = PairFacts(this(), peer(home="fra"), report=load("dead-relay"))
    assert cause.pair_evidence(facts).holds is Tri.UNKNOWN


def test_relays_must_have_been_asked_from_both_sides() -> None:
    one, other = this(latency_ms={"fra": 10.0}), peer(latency_ms={"hkg": 20.0})
    assert cause.pair_evidence(PairFacts(one, other)).holds is Tri.UNKNOWN
    common = peer(latency_ms={"hkg": 20.0, "fra": 30.0})
    assert cause.pair_evidence(PairFacts(one, common)).holds is Tri.NO


def test_a_pong_through_a_relay_contradicts() -> None:
    assert cause.pair_against(PairFacts(this(), peer(), trial=Trial(relayed=1))).holds is Tri.YES
    assert cause.pair_against(PairFacts(this(), peer())).holds is Tri.NO
