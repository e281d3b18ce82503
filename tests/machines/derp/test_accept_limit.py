"""So many connections a second, over all sources."""

from __future__ import annotations

import math

from natscope.machines.derp.accept_limit import AcceptLimit


def test_the_burst_and_then_the_rate() -> None:
    limit = AcceptLimit(10.0, 5)
    assert [limit.allow(100.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert [limit.allow(100.25) for _ in range(3)] == [True, True, False]
    assert [limit.allow(1000.0) for _ in range(6)] == [True] * 5 + [False]


def test_no_limit_and_nothing_but_the_burst() -> None:
    limit = AcceptLimit(math.inf, 0)
    assert all(limit.allow(0.0) for _ in range(10_000))
    closed = AcceptLimit(0.0, 2)
    assert [closed.allow(n * 1e9) for n in range(3)] == [True, True, False]


def test_a_clock_that_goes_back_earns_nothing() -> None:
    limit = AcceptLimit(1.0, 1)
    assert limit.allow(10.0)
    assert not limit.allow(5.0)
    assert not limit.allow(10.5)
    assert limit.allow(11.0)
