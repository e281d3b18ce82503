"""Kleene's tables, and that more knowledge never flips a known answer."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.diagnosis.logic import all_of, any_of, negate
from natscope.model.tri import Tri

Y, N, U = Tri.YES, Tri.NO, Tri.UNKNOWN
ANSWERS = st.lists(st.sampled_from(Tri), max_size=6)


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [(Y, Y, Y, Y), (Y, N, N, Y), (N, N, N, N), (Y, U, U, Y), (N, U, N, U), (U, U, U, U)],
)
def test_tables(left: Tri, right: Tri, both: Tri, either: Tri) -> None:
    assert all_of(left, right) is all_of(right, left) is both
    assert any_of(left, right) is any_of(right, left) is either


def test_negate() -> None:
    assert [negate(answer) for answer in (Y, N, U)] == [N, Y, U]


def test_of_nothing() -> None:
    assert (all_of(), any_of()) == (Y, N)


@given(ANSWERS)
def test_they_agree(answers: list[Tri]) -> None:
    assert all_of(*answers) is negate(any_of(*map(negate, answers)))


@given(ANSWERS)
def test_learning_more_never_flips_what_was_known(answers: list[Tri]) -> None:
    for rule in (all_of, any_of):
        before = rule(*answers)
        if before is not U:
            choices = [[a] if a is not U else [Y, N] for a in answers]
            assert all(rule(*world) is before for world in product(*choices))
