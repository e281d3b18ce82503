"""One router, two networks, and no answer."""

from __future__ import annotations

from natscope.diagnosis.causes.lan import lan_02_no_route_between as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import FAILED, neighbour, peer, this


def test_two_networks() -> None:
    support = cause.pair_evidence(PairFacts(this(), neighbour(local="192.168.2.9"), trial=FAILED))
    assert support.holds is Tri.YES
    assert support.certainty is Certainty.POSSIBLE


def test_what_is_not_known() -> None:
    assert cause.pair_evidence(PairFacts(this(), neighbour(local="192.168.2.9"))).holds is Tri.UNKNOWN
    assert cause.pair_evidence(PairFacts(this(local="192.168.1.20"), neighbour(), trial=FAILED)).holds is Tri.NO
    assert cause.pair_evidence(PairFacts(this(), peer(), trial=FAILED)).holds is Tri.NO


def test_any_pong_contradicts() -> None:
    trial = Trial(answered=(Endpoint.parse("192.168.2.9:41641"),), is_tried=Tri.YES)
    assert cause.pair_against(PairFacts(this(), neighbour(), trial=trial)).holds is Tri.YES
