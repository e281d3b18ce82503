"""Certainty of what needs several facts: the weakest decides."""

from __future__ import annotations

import pytest

from natscope.diagnosis.cause import Ground, Strength
from natscope.diagnosis.pair.side import Told
from natscope.diagnosis.pair.support import PairSupport, blame_of, ground, shorter, strongest
from natscope.model.finding import Certainty
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import YES, peer, this

A, F, D = Strength.ABSENCE, Strength.FACT, Strength.DECISIVE


@pytest.mark.parametrize(
    ("needed", "also", "certainty"),
    [
        ((D, D), (), Certainty.CERTAIN),
        ((D,), (), Certainty.CERTAIN),
        ((D, F), (), Certainty.LIKELY),
        ((F, F), (), Certainty.LIKELY),
        ((F,), (F,), Certainty.LIKELY),
        ((F,), (), Certainty.POSSIBLE),
        ((D, A), (F,), Certainty.POSSIBLE),
        ((F, Strength.FINGERPRINT), (F,), Certainty.POSSIBLE),
        ((F,), (A,), Certainty.POSSIBLE),
        ((), (), Certainty.POSSIBLE),
    ],
)
def test_certainty(needed: tuple[Strength, ...], also: tuple[Strength, ...], certainty: Certainty) -> None:
    support = PairSupport(Tri.YES, tuple(Ground(s, "x") for s in needed), also=tuple(Ground(s, "y") for s in also))
    assert support.certainty is certainty


def test_evidence_once_and_in_order() -> None:
    support = PairSupport(Tri.YES, (Ground(F, "x", ("b", "a")),), also=(Ground(F, "y", ("a", "trial")),))
    assert support.evidence == ("b", "a", "trial")


def test_blame() -> None:
    one, other = this(), peer()
    assert blame_of(one) is Blame.UNKNOWN
    assert blame_of(one, one) is Blame.THIS
    assert blame_of(one, other) is Blame.PEER
    assert blame_of(one, one, other) is Blame.BOTH
    assert shorter(Blame.THIS, "a", "b", "c") == "a"
    assert shorter(Blame.BOTH, "a", "b", "c") == "c"
    assert shorter(Blame.BOTH, "a", "b") == "b"


def test_strongest() -> None:
    weak, strong = (this(), Told(Tri.NO, A)), (peer(), Told(Tri.NO, D))
    assert strongest([weak, strong]) == (strong,)
    assert strongest([strong, strong]) == (strong, strong)
    assert strongest([]) == ()


def test_ground_of_a_told_fact() -> None:
    assert ground(YES, "says") == Ground(D, "says", ("o1",))
