"""Random pairs: knowing less never makes a claim more certain, and never turns a prediction round."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import parse_all
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import judge_pair
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import PEER, YOU, FamilySide, Names, Side, Told
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.nat import Filtering
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import removals

RANK = {Certainty.POSSIBLE: 1, Certainty.LIKELY: 2, Certainty.CERTAIN: 3}
STRENGTHS = (Strength.ABSENCE, Strength.FACT, Strength.DECISIVE)
TOLD = st.builds(Told, st.sampled_from(Tri), st.sampled_from(STRENGTHS), st.just(("o1",)))
PUBLIC = ("203.0.113.24", "198.51.100.60", "")
LOCAL = ("192.168.1.20", "192.168.1.21", "10.0.0.5", "")


@st.composite
def families(draw: st.DrawFn, public: str) -> FamilySide:
    """Without contradictions: a family that works is not absent, and who is not translated has one port."""
    told: dict[str, Any] = {
        name: draw(TOLD)
        for name in ("works", "absent", "translated", "varies", "predictable", "paired", "hairpin", "opens", "service")
    }
    if told["works"].value is not Tri.NO:
        told["absent"] = Told(Tri.NO) if told["works"].value is Tri.YES else Told(Tri.UNKNOWN)
    if told["translated"].value is Tri.NO:
        told["varies"] = Told(Tri.NO, Strength.DECISIVE)
    lets_in = Told(draw(st.sampled_from(Filtering)), draw(st.sampled_from(STRENGTHS)))
    same_port = draw(st.sampled_from(Tri))
    return FamilySide(**told, lets_in=lets_in, public=parse_all([public]), varies_by_address_only=same_port)


@st.composite
def sides(draw: st.DrawFn, names: Names) -> Side:
    public, local = draw(st.sampled_from(PUBLIC)), draw(st.sampled_from(LOCAL))
    four, six = draw(families(public)), draw(families(""))
    udp = draw(TOLD)
    if Tri.YES in (four.works.value, six.works.value):
        udp = Told(Tri.YES, Strength.DECISIVE)
    ends = tuple(Endpoint.parse(f"{ip}:41641") for ip in (public, local) if ip)
    return Side(
        names=names, is_measured=True, udp=udp, v4=four, v6=six, layers=draw(st.sampled_from((None, 0, 1, 2))),
        endpoints=ends, local=parse_all([local]), latency_ms=draw(st.sampled_from(({}, {"fra": 1.0}, {"hkg": 2.0}))),
        silent_relays=draw(st.sampled_from((frozenset(), frozenset({"fra"}), frozenset({"hkg"})))),
    )  # fmt: skip


TRIALS = st.sampled_from((Trial(), Trial(relayed=4, is_tried=Tri.YES), Trial(silent=3)))


def possible(facts: PairFacts) -> bool:
    """One router does not turn packets round for one side only, and no pong comes through a relay that both lack."""
    both = {facts.this.v4.hairpin.value, facts.peer.v4.hairpin.value} != {Tri.YES, Tri.NO}
    return both and not (facts.trial.relayed and facts.this.silent_relays and facts.peer.silent_relays)


PAIRS = st.builds(PairFacts, sides(YOU), sides(PEER), TRIALS).filter(possible)


@settings(max_examples=15, deadline=None)
@given(PAIRS)
def test_taking_a_fact_away_never_makes_a_claim_more_certain(facts: PairFacts) -> None:
    before = {claim.cause.id: RANK[claim.certainty] for claim in judge_pair(facts)}
    for poorer in removals(facts):
        for claim in judge_pair(poorer):
            assert RANK[claim.certainty] <= before.get(claim.cause.id, 0), claim.cause.id


@settings(max_examples=15, deadline=None)
@given(PAIRS)
def test_taking_a_fact_away_never_turns_a_prediction_round(facts: PairFacts) -> None:
    before = predict(facts.this, facts.peer).path
    for poorer in removals(facts):
        after = predict(poorer.this, poorer.peer).path
        assert after in (before, "unknown") or before == "unknown"


@settings(max_examples=15, deadline=None)
@given(PAIRS)
def test_both_ways_agree(facts: PairFacts) -> None:
    assert predict(facts.this, facts.peer).path == predict(facts.peer, facts.this).path
