"""A pattern in the pings, and the chance of it."""

from __future__ import annotations

import random

import pytest

from natscope.diagnosis.causes.perf import perf_06_periodic_loss as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.trial import Trial
from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import SCENES, lost, peer, this


def facts(trial: Trial) -> PairFacts:
    return PairFacts(this(), peer(), trial=trial)


def test_it_says_which_and_how_improbable_it_is() -> None:
    support = cause.pair_evidence(SCENES["fifteen of eighteen pings lost"]())
    assert support.certainty is Certainty.LIKELY
    assert support.title == "Packets get lost in a fixed pattern: 15 of every 18."
    assert support.detail == (
        "In 4 whole periods of 18 pings the same 15 got lost; random loss looks like that at most once in 1,000,000 "
        "series."
    )


def test_pings_beside_the_pattern_are_told() -> None:
    series = list(lost("..x", 40).lost)
    series[4] = True
    support = cause.pair_evidence(facts(Trial(lost=tuple(series))))
    assert "with 1 of 120 pings beside the pattern" in support.detail


@pytest.mark.parametrize(
    ("trial", "holds"),
    [
        (Trial(), Tri.UNKNOWN),
        (lost("x.x.x"), Tri.UNKNOWN),
        (lost("......"), Tri.NO),
        (lost("xxxxxxxx"), Tri.NO),
        (lost("..x", 3), Tri.NO),
        (lost("..x", 9), Tri.YES),
    ],
)
def test_how_much_it_takes(trial: Trial, holds: Tri) -> None:
    assert cause.pair_evidence(facts(trial)).holds is holds


def test_random_loss_is_none() -> None:
    chance = random.Random(11)
    for _ in range(200):
        series = tuple(chance.random() < 0.4 for _ in range(60))
        assert cause.pair_evidence(facts(Trial(lost=series))).holds is Tri.NO
