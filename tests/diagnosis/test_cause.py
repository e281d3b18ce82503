"""Certainty comes from the grounds and from nothing else."""

from __future__ import annotations

import pytest

from natscope.diagnosis.cause import NOTHING, Ground, Strength, Support, unknown
from natscope.model.finding import Certainty
from natscope.model.tri import Tri

ABSENCE, FACT, DECISIVE = Strength.ABSENCE, Strength.FACT, Strength.DECISIVE
FINGERPRINT = Strength.FINGERPRINT


@pytest.mark.parametrize(
    ("strengths", "certainty"),
    [
        ((), Certainty.POSSIBLE),
        ((ABSENCE,), Certainty.POSSIBLE),
        ((ABSENCE, ABSENCE, ABSENCE), Certainty.POSSIBLE),
        ((FACT,), Certainty.POSSIBLE),
        ((FACT, ABSENCE), Certainty.POSSIBLE),
        ((FINGERPRINT, FINGERPRINT, FINGERPRINT), Certainty.POSSIBLE),
        ((FACT, FINGERPRINT), Certainty.POSSIBLE),
        ((FACT, FACT), Certainty.LIKELY),
        ((ABSENCE, FACT, FACT, FACT), Certainty.LIKELY),
        ((DECISIVE,), Certainty.CERTAIN),
        ((ABSENCE, DECISIVE), Certainty.CERTAIN),
    ],
)
def test_certainty(strengths: tuple[Strength, ...], certainty: Certainty) -> None:
    support = Support(Tri.YES, tuple(Ground(strength, "x") for strength in strengths))
    assert support.certainty is certainty


def test_evidence_is_cited_once_in_the_order_of_the_grounds() -> None:
    support = Support(Tri.YES, (Ground(FACT, "x", ("o2", "o1")), Ground(FACT, "y", ("o1", "o3"))))
    assert support.evidence == ("o2", "o1", "o3")


def test_nothing_and_unknown() -> None:
    assert NOTHING.holds is Tri.NO
    assert unknown("a test").holds is Tri.UNKNOWN
    assert unknown("a test").missing == ("a test",)
