"""Causes that take both sides fire and keep silent; order never matters; knowing less never makes more certain."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.cause import Cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import blame, judge_pair, pair_modules, settled_pair, short
from natscope.model.finding import Certainty
from natscope.model.pair import Blame
from tests.diagnosis.pair.scenes import SCENES, removals

CAUSES: list[Cause] = [module.CAUSE for module in pair_modules()]
FIRES = [(cause.id, name) for cause in CAUSES if cause.sides == 2 for name in cause.fires]
SILENT = [(cause.id, name) for cause in CAUSES if cause.sides == 2 for name in cause.silent]
RANK = {Certainty.POSSIBLE: 1, Certainty.LIKELY: 2, Certainty.CERTAIN: 3}
ALSO_OF_ONE_SIDE = {"NS-NAT-01": "two symmetric", "NS-NAT-10": "neighbours", "NS-UDP-01": "blocked there",
    "NS-V6-01": "two cones"}  # fmt: skip
"""Causes of one report that speak of pairs too."""


def found(name: str) -> dict[str, Certainty]:
    return {claim.cause.id: claim.certainty for claim in judge_pair(SCENES[name]())}


@pytest.mark.parametrize(("cause_id", "name"), FIRES + list(ALSO_OF_ONE_SIDE.items()))
def test_fires(cause_id: str, name: str) -> None:
    assert cause_id in found(name)


@pytest.mark.parametrize(("cause_id", "name"), SILENT)
def test_silent(cause_id: str, name: str) -> None:
    assert cause_id not in found(name)


def test_who_takes_part() -> None:
    both = {entry.id for entry in entries() if entry.load().CAUSE.sides == 2}
    assert {cause.id for cause in CAUSES} == both | set(ALSO_OF_ONE_SIDE)


@pytest.mark.parametrize("name", SCENES)
def test_taking_a_fact_away_never_makes_a_claim_more_certain(name: str) -> None:
    facts = SCENES[name]()
    before = {claim.cause.id: RANK[claim.certainty] for claim in judge_pair(facts)}
    for poorer in removals(facts):
        for claim in judge_pair(poorer):
            assert RANK[claim.certainty] <= before.get(claim.cause.id, 0), claim.cause.id


@pytest.mark.parametrize("name", SCENES)
def test_the_order_of_facts_changes_nothing(name: str) -> None:
    facts = SCENES[name]()
    chance = random.Random(7)

    def mixed(facts: PairFacts) -> PairFacts:
        sides = {}
        for which in ("this", "peer"):
            side = getattr(facts, which)
            ends, local = chance.sample(side.endpoints, len(side.endpoints)), chance.sample(side.local, len(side.local))
            latency = dict(chance.sample(list(side.latency_ms.items()), len(side.latency_ms)))
            sides[which] = replace(side, endpoints=tuple(ends), local=tuple(local), latency_ms=latency)
        return replace(facts, **sides)

    other = mixed(facts)
    assert judge_pair(other) == judge_pair(facts)
    assert other.prediction == facts.prediction


@pytest.mark.parametrize(
    ("name", "cause_id", "whose", "words"),
    [
        ("cone and symmetric", "NS-NAT-02", Blame.PEER, "its router: random ports"),
        ("two symmetric", "NS-NAT-01", Blame.BOTH, "both routers: random ports"),
        ("blocked here", "NS-UDP-01", Blame.THIS, "your network drops UDP"),
        ("blocked there", "NS-UDP-01", Blame.PEER, "its network drops UDP"),
        ("idle", "NS-CTL-08", Blame.NOBODY, "no traffic, not tested"),
    ],
)
def test_whose_side_it_is(name: str, cause_id: str, whose: Blame, words: str) -> None:
    claim = next(claim for claim in settled_pair(SCENES[name]()) if claim.cause.id == cause_id)
    assert (blame(claim), short(claim)) == (whose, words)


def test_cells_of_a_table_hold_every_short_text() -> None:
    claims = [claim for name in SCENES for claim in judge_pair(SCENES[name]())]
    assert all(0 < len(short(claim)) <= 40 for claim in claims)


@pytest.mark.parametrize(
    ("name", "cause_id", "certainty"),
    [
        ("cone and symmetric", "NS-NAT-02", Certainty.CERTAIN),
        ("cone and symmetric, tried", "NS-NAT-02", Certainty.LIKELY),
        ("neighbours that do not answer", "NS-LAN-01", Certainty.POSSIBLE),
        ("two networks of one router that do not answer", "NS-LAN-02", Certainty.POSSIBLE),
        ("no relay in common", "NS-CTL-01", Certainty.LIKELY),
    ],
)
def test_certainty_is_computed(name: str, cause_id: str, certainty: Certainty) -> None:
    assert found(name)[cause_id] is certainty
