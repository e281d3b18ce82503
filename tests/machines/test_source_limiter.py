"""Per-source buckets."""

from __future__ import annotations

import ipaddress
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.source_limiter import DEFAULT_BURST, SourceLimiter, source_key


class TokenBuckets:
    """The plain form of the rule, without bounds: what the limiter must agree with."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.state: dict[bytes | int, tuple[float, float]] = {}

    def allow(self, key: bytes | int, now: float) -> bool:
        tokens, at = self.state.get(key, (float(self.burst), now))
        tokens = min(self.burst, tokens + (now - at) * self.rate)
        allowed = tokens >= 1 - 1e-4
        self.state[key] = (tokens - allowed, now)
        return allowed


def test_twenty_at_once_then_five_a_second() -> None:
    limiter = SourceLimiter()
    assert [limiter.allow(1, 100.0) for _ in range(25)] == [True] * 20 + [False] * 5
    assert [limiter.allow(1, 101.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert sum(limiter.allow(1, 101.0 + 60) for _ in range(30)) == DEFAULT_BURST


def test_sources_do_not_share_a_bucket() -> None:
    limiter = SourceLimiter()
    assert all(limiter.allow(key, 5.0) for key in range(50) for _ in range(20))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 0.05, 0.1875, 1.0, 4.5, 30.0])), max_size=300),
    st.sampled_from([(5.0, 20), (1.0, 3), (64.0, 256)]),
)
def test_it_agrees_with_plain_token_buckets(events: list[tuple[int, float]], numbers: tuple[float, int]) -> None:
    limiter, model, now = SourceLimiter(*numbers), TokenBuckets(*numbers), 1000.0
    for key, step in events:
        now += step
        assert limiter.allow(key, now) == model.allow(key, now)


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 5), max_size=40), st.sampled_from([0.0, 0.1875, 4.5])), max_size=20),
    st.sampled_from([3, 1000]),
    st.sampled_from([math.inf, 64.0, 8.0]),
)
def test_many_at_once_are_each_in_turn(
    batches: list[tuple[list[int], float]], max_sources: int, total_rate: float
) -> None:
    together, single = (SourceLimiter(max_sources=max_sources, total_rate=total_rate) for _ in range(2))
    now = 0.0
    for keys, step in batches:
        now += step
        assert together.allow_each(keys, now) == [single.allow(key, now) for key in keys]
        assert together.total_refusals == single.total_refusals


def test_all_sources_together_have_a_bucket_of_a_seconds_worth() -> None:
    limiter = SourceLimiter(total_rate=100.0)
    assert sum(limiter.allow(key, 7.0) for key in range(150)) == 100
    assert limiter.total_refusals == 50
    assert sum(limiter.allow_each(range(200, 300), 7.5)) == 50
    assert sum(limiter.allow_each(range(300, 500), 60.0)) == 100


@pytest.mark.parametrize("together", [False, True])
def test_who_is_refused_for_all_loses_no_token_and_who_has_none_costs_the_others_nothing(together: bool) -> None:
    limiter = SourceLimiter(1.0, 2, total_rate=4.0)
    for_each = limiter.allow_each if together else lambda keys, now: [limiter.allow(key, now) for key in keys]
    assert for_each([1, 1, 1, 1, 1, 2, 2, 3], 0.0) == [True, True, False, False, False, True, True, False]
    assert limiter.total_refusals == 1
    assert for_each([3, 3, 3], 0.75) == [True, True, False]


def test_the_table_is_bounded_and_says_when_it_forgot() -> None:
    limiter = SourceLimiter(max_sources=100)
    for key in range(1000):
        limiter.allow(key, 1.0)
    assert len(limiter) <= 200
    assert limiter.evictions == 9


def test_forgetting_by_time_is_no_eviction_and_gives_no_extra_tokens() -> None:
    limiter = SourceLimiter()
    for step in range(200):
        allowed = sum(limiter.allow(1, step * 1.0) for _ in range(30))
        assert allowed == (20 if step == 0 else 5)
    assert limiter.evictions == 0
    assert len(limiter) == 1


def test_keys_are_the_address_and_the_64() -> None:
    def key(text: str) -> bytes | int:
        return source_key(ipaddress.ip_address(text).packed)

    assert key("192.0.2.1") != key("192.0.2.2")
    assert key("2001:db8::1") == key("2001:db8::ffff:1")
    assert key("2001:db8:0:1::1") != key("2001:db8::1")
    assert key("::c000:201") != key("192.0.2.1")


@pytest.mark.parametrize(
    ("rate", "burst", "size", "total"), [(0, 20, 1, 1.0), (5, 0, 1, 1.0), (5, 20, 0, 1.0), (5, 20, 1, 0.0)]
)
def test_numbers_must_be_positive(rate: float, burst: int, size: int, total: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        SourceLimiter(rate, burst, max_sources=size, total_rate=total)
