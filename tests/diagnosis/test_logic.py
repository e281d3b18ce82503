"""Kleene's tables, and that more knowledge never flips a known answer."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.diagnosis.logic import all_of, any_of, at_least, negate
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
    assert (all_of(), any_of(), at_least(0, []), at_least(1, [])) == (Y, N, Y, N)


@pytest.mark.parametrize(
    ("count", "answers", "result"), [(2, (Y, Y, N), Y), (2, (Y, U, N), U), (2, (Y, N, N), N), (3, (Y, Y, U), U)]
)
def test_at_least(count: int, answers: tuple[Tri, ...], result: Tri) -> None:
    assert at_least(count, answers) is result


@given(ANSWERS)
def test_they_agree(answers: list[Tri]) -> None:
    assert all_of(*answers) is negate(any_of(*map(negate, answers)))
    assert at_least(1, answers) is any_of(*answers)
    assert at_least(len(answers), answers) is all_of(*answers)


@given(ANSWERS, st.integers(0, 6))
def test_learning_more_never_flips_what_was_known(answers: list[Tri], count: int) -> None:
    def enough(*given_answers: Tri) -> Tri:
        return at_least(count, given_answers)

    for rule in (all_of, any_of, enough):
        before = rule(*answers)
        if before is not U:
            choices = [[a] if a is not U else [Y, N] for a in answers]
            assert all(rule(*world) is before for world in product(*choices))
