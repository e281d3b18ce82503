"""The pair matrix as the field has it."""

from __future__ import annotations

import itertools

import pytest

from natscope.diagnosis.pair.classes import CONES, HARD, Klass
from natscope.diagnosis.pair.matrix import DIRECT, GUESSES, MATRIX, Grade, grade, needs_one_address

O, C1, C2, C3, P, H1, H2, H, B = Klass  # noqa: E741


def test_every_pair_stands_there_and_both_ways_are_one() -> None:
    assert set(MATRIX) == set(itertools.product(Klass, repeat=2))
    assert all(grade(a, b) is grade(b, a) for a, b in MATRIX)


@pytest.mark.parametrize("klass", Klass)
def test_nothing_helps_without_udp(klass: Klass) -> None:
    assert grade(B, klass) is Grade.R


def test_an_open_port_or_two_equal_ports_are_enough() -> None:
    assert all(grade(O, klass) is grade(C1, klass) is Grade.D for klass in Klass if klass is not B)
    assert all(grade(a, b) is Grade.D for a, b in itertools.product(CONES, repeat=2))


def test_who_admits_addresses_needs_the_address() -> None:
    assert {klass for klass in Klass if grade(C2, klass) is Grade.D1} == HARD
    assert all(needs_one_address(C2, klass) and not needs_one_address(klass, C2) for klass in HARD - {H2})
    assert needs_one_address(H2, H1)
    assert not needs_one_address(H1, H2)
    assert not needs_one_address(C3, H)


def test_two_random_ports_do_not_meet() -> None:
    assert grade(H, H) is Grade.R
    assert grade(C3, H) is Grade.G
    assert grade(C3, P) is Grade.G_PLUS
    assert not DIRECT & GUESSES
