"""Repeatable chance."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.draw import Draw, mix


def test_known_numbers() -> None:
    """Written down once: another process, machine or version draws the same."""
    draw = Draw(b"natscope")
    assert [draw.below(65536) for _ in range(4)] == [54695, 62894, 12694, 42135]
    assert Draw(b"natscope").fixed(1, 1000) == Draw(b"natscope").fixed(1, 1000)


def test_mix_is_splitmix64() -> None:
    """First outputs of the published generator from state 0."""
    step = 0x9E3779B97F4A7C15
    assert [mix(step * n & 2**64 - 1) for n in (1, 2)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


@given(st.binary(max_size=20), st.integers(1, 70000))
def test_numbers_stay_below_their_bound(seed: bytes, bound: int) -> None:
    draw = Draw(seed)
    assert all(0 <= draw.below(bound) < bound for _ in range(5))
    assert 0 <= draw.fixed(2**128 - 1, bound) < bound


def test_numbers_scatter() -> None:
    draw = Draw(b"scatter")
    counts = Counter(draw.below(10) for _ in range(10_000))
    assert all(900 < n < 1100 for n in counts.values())
    fixed = Counter(draw.fixed(n << 64, 10) for n in range(10_000))
    assert all(900 < n < 1100 for n in fixed.values())


def test_seeds_differ() -> None:
    assert [Draw(b"a").below(2**32)] != [Draw(b"b").below(2**32)]
    assert Draw(b"a").salt != Draw(b"b").salt
