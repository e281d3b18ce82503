"""One hard side and one that lets in only ports that it knows."""

from __future__ import annotations

from dataclasses import replace

from natscope.diagnosis.causes.nat import nat_02_one_side as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Severity
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import ANY, FAILED, neighbour, peer, this, told


def test_numbers_of_grounds() -> None:
    support = cause.pair_evidence(PairFacts(this(), peer("yes"), trial=FAILED))
    assert isinstance(support, PairSupport)
    assert [ground.says for ground in support.grounds] == [
        "the peer shows each peer another port", "your side has one port for all",
        "your side lets in only ports that were written to",
    ]  # fmt: skip
    assert "trial" in support.evidence


def test_title_names_the_side() -> None:
    assert cause.pair_evidence(PairFacts(this("yes"), peer())).title.startswith("Your router picks")
    assert cause.pair_evidence(PairFacts(this(), peer("yes"))).title.startswith("the peer's router picks")


def test_an_unknown_filter_takes_a_trial() -> None:
    unknown = PairFacts(this(filtering=ANY), peer("yes"))
    assert cause.pair_evidence(unknown).holds is Tri.UNKNOWN
    tried = cause.pair_evidence(replace(unknown, trial=FAILED))
    assert tried.holds is Tri.YES
    assert "seems to" in tried.title


def test_severity_follows_what_is_left() -> None:
    facts = PairFacts(this(), peer("yes"))
    assert cause.severity_of(facts) is Severity.FAIL
    assert cause.severity_of(PairFacts(this(), peer("yes", opens=told("yes")))) is Severity.INFO
    assert cause.severity_of(PairFacts(this(), peer("yes", opens=told("unknown")))) is Severity.WARN


def test_behind_one_router_it_is_another_matter() -> None:
    assert cause.pair_evidence(PairFacts(this(), neighbour(varies="yes"))).holds is Tri.NO


def test_a_pong_contradicts() -> None:
    answered = Trial(answered=(Endpoint.parse("198.51.100.60:1"),), is_tried=Tri.YES)
    assert cause.pair_against(PairFacts(this(), peer("yes"), trial=answered)).holds is Tri.YES
    assert cause.pair_against(PairFacts(this(), peer("yes"))).holds is Tri.NO
