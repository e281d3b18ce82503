"""`port_burns`: by another port at the place that wrote too early, beside one that kept quiet."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_burn import DIFFERS, FEW, NO_CONTROL, NOT_TRIED, burn_part
from natscope.netcheck.nat_part import NatInputs, NatPart

USUAL, OTHER = "203.0.113.7:41641", "203.0.113.7:2435"
EARLY = "192.0.2.102:3479"
GOOD: dict[str, Any] = {
    "came_early": 5, "let_in": 0, "mapped": [USUAL], "seen_calm": USUAL, "seen_early": OTHER,
}  # fmt: skip


def tried(**data: Any) -> Observation:
    return Observation(
        id="b1", kind="nat.early", probe="nat_burn", outcome=Outcome.ANSWERED, family=4, target=EARLY, data=GOOD | data
    )  # fmt: skip


def part(*observations: Observation) -> NatPart:
    return burn_part(NatInputs(family=4, observations=observations))


ANSWERED = Observation(
    id="m1", kind="nat.mapping", probe="nat_mapping", outcome=Outcome.ANSWERED, family=4, target=EARLY
)


def test_not_tried() -> None:
    assert part().reasons == {"port_burns": NOT_TRIED}
    assert part().values == {}


@pytest.mark.parametrize(
    ("data", "told", "reason"),
    [
        ({}, Tri.YES, ""),
        ({"seen_early": USUAL}, Tri.NO, ""),
        ({"let_in": 1, "came_early": 0, "seen_early": None}, Tri.NO, ""),
        ({"came_early": 2}, Tri.UNKNOWN, FEW),
        ({"seen_calm": None}, Tri.UNKNOWN, NO_CONTROL),
        ({"seen_calm": OTHER}, Tri.UNKNOWN, DIFFERS),
        ({"mapped": []}, Tri.UNKNOWN, DIFFERS),
        ({"mapped": [USUAL, OTHER]}, Tri.UNKNOWN, DIFFERS),
        ({"seen_early": None}, Tri.UNKNOWN, NO_CONTROL),
    ],
)
def test_what_it_takes(data: dict[str, Any], told: Tri, reason: str) -> None:
    found = part(tried(**data))
    assert (found.values, found.reasons, found.evidence) == ({"port_burns": told}, {"port_burns": reason}, ("b1",))


def test_silence_there_counts_where_that_place_answers_others_of_ours() -> None:
    assert part(ANSWERED, tried(seen_early=None)).values == {"port_burns": Tri.YES}
