"""Sets of classes from what is known of a side."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from natscope.diagnosis.pair.classes import ALL, CONES, HARD, Klass, possible
from natscope.diagnosis.pair.side import FamilySide, Told
from natscope.model.nat import Filtering
from natscope.model.tri import Tri

O, C1, C2, C3, P, H1, H2, H, B = Klass  # noqa: E741
EIF, ADF, APDF, ANY = Filtering


def side(works: str = "yes", varies: str = "unknown", filtering: Filtering = ANY, **more: str) -> FamilySide:
    told: dict[str, Any] = {name: Told(Tri(value)) for name, value in more.items() if name != "varies_by_address_only"}
    return FamilySide(
        works=Told(Tri(works)), varies=Told(Tri(varies)), lets_in=Told(filtering),
        varies_by_address_only=Tri(more.get("varies_by_address_only", "no")), **told,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("known", "classes"),
    [
        (side(), (CONES | HARD) - {O}),
        (FamilySide(), ALL - {O}),
        (side("no"), {B}),
        (side(varies="no", filtering=EIF), {C1}),
        (side(varies="no", filtering=ADF), {C2}),
        (side(varies="no", filtering=APDF), {C3}),
        (side(varies="no"), {C1, C2, C3}),
        (side(varies="no", filtering=EIF, translated="no"), {O}),
        (side(varies="no", filtering=APDF, translated="no"), {C3}),
        (side(varies="unknown", translated="no"), {O, C2, C3}),
        (side(varies="yes"), HARD),
        (side(varies="yes", filtering=EIF), {H1}),
        (side(varies="yes", filtering=ADF), {H2}),
        (side(varies="yes", filtering=APDF), {P, H}),
        (side(varies="yes", filtering=APDF, predictable="yes"), {P}),
        (side(varies="yes", filtering=APDF, predictable="no"), {H}),
        (side(varies="yes", filtering=APDF, predictable="no", paired="no", varies_by_address_only="yes"), {C3, H}),
        (side(varies="yes", filtering=APDF, predictable="no", paired="yes", varies_by_address_only="yes"), {H}),
        (side(filtering=APDF), {C3, P, H}),
    ],
)
def test_possible(known: FamilySide, classes: set[Klass]) -> None:
    assert possible(known) == classes


def test_knowing_less_leaves_more_open() -> None:
    """Every combination of facts, each fact taken away."""
    words = ("yes", "no")
    for works, varies, filtering, predictable, translated in itertools.product(
        words, words, (EIF, ADF, APDF), words, words
    ):
        known = side(works, varies, filtering, predictable=predictable, translated=translated)
        if varies == "yes" and translated == "no":
            continue
        poorer = (
            replace(known, works=Told(Tri.UNKNOWN)),
            replace(known, varies=Told(Tri.UNKNOWN)),
            replace(known, lets_in=Told(ANY)),
            replace(known, predictable=Told(Tri.UNKNOWN)),
        )
        assert all(possible(known) <= possible(one) for one in poorer)
