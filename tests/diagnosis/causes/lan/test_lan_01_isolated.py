"""One network, and no answer from its addresses."""

from __future__ import annotations

from natscope.diagnosis.causes.lan import lan_01_isolated as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import FAILED, neighbour, peer, this


def test_silence_makes_it_possible_at_most() -> None:
    support = cause.pair_evidence(PairFacts(this(), neighbour(), trial=FAILED))
    assert support.holds is Tri.YES
    assert support.certainty is Certainty.POSSIBLE


def test_without_a_trial_nothing_is_known() -> None:
    support = cause.pair_evidence(PairFacts(this(), neighbour()))
    assert support.holds is Tri.UNKNOWN
    assert support.missing == ("pings to the peer (natscope ping)",)


def test_other_networks() -> None:
    assert cause.pair_evidence(PairFacts(this(), peer(), trial=FAILED)).holds is Tri.NO
    assert cause.pair_evidence(PairFacts(this(), neighbour(layers=None), trial=FAILED)).holds is Tri.UNKNOWN


def test_a_local_pong_contradicts() -> None:
    local = Trial(answered=(Endpoint.parse("192.168.1.21:41641"),), is_tried=Tri.YES)
    assert cause.pair_against(PairFacts(this(), neighbour(), trial=local)).holds is Tri.YES
    public = Trial(answered=(Endpoint.parse("203.0.113.24:41641"),), is_tried=Tri.YES)
    assert cause.pair_against(PairFacts(this(), neighbour(), trial=public)).holds is Tri.NO
