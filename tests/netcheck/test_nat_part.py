"""Areas of the assembly are merged field by field, and only open questions keep a reason."""

from __future__ import annotations

import pytest

from natscope.model.nat import Filtering
from natscope.model.tri import Tri
from natscope.netcheck.nat_part import NatPart, is_known, merge, unknown


def test_a_later_part_wins_and_its_reason_with_it() -> None:
    merged = merge(
        (
            NatPart(values={"layers": 1}, reasons={"hairpinning": "not tried"}, evidence=("o1", "o2")),
            NatPart(values={"layers": 2}, reasons={"hairpinning": "nobody answered"}, evidence=("o2", "o3")),
        )
    )
    assert merged.layers == 2
    assert merged.reasons == {"hairpinning": "nobody answered"}
    assert merged.evidence == ("o1", "o2", "o3")


def test_a_reason_without_a_value_takes_nothing_away() -> None:
    merged = merge((NatPart(values={"layers": 1}), unknown(("layers",), "not asked")))
    assert (merged.layers, merged.reasons) == (1, {})


def test_an_explicit_unknown_takes_the_value_away() -> None:
    merged = merge(
        (
            NatPart(values={"filtering": Filtering.ADDRESS_DEPENDENT}),
            NatPart(values={"filtering": Filtering.UNKNOWN}, reasons={"filtering": "servers disagree"}),
        )
    )
    assert (merged.filtering, merged.reasons) == (Filtering.UNKNOWN, {"filtering": "servers disagree"})


def test_a_field_that_no_report_has_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        merge((NatPart(values={"colour": 1}),))


def test_what_counts_as_known() -> None:
    assert [is_known(value) for value in (None, "", (), Tri.UNKNOWN, "unknown")] == [False] * 5
    assert [is_known(value) for value in (0, 0.0, Tri.NO, "sequential")] == [True] * 4
