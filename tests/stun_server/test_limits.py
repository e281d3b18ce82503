"""The buckets that a STUN server has, as its rate makes them."""

from __future__ import annotations

import pytest

from natscope.stun_server.limits import DEFAULT_RATE, limiter_for


@pytest.mark.parametrize(("rate", "burst"), [(0.01, 20), (DEFAULT_RATE, 20), (50.0, 200)])
def test_four_seconds_at_once_for_one_source(rate: float, burst: int) -> None:
    limiter = limiter_for(rate)
    assert sum(limiter.allow(1, 5.0) for _ in range(300)) == burst
    assert limiter.total_refusals == 0


def test_all_sources_together_get_what_20000_may_have() -> None:
    limiter = limiter_for(0.05)
    assert sum(limiter.allow(key, 5.0) for key in range(1500)) == 1000
    assert limiter.total_refusals == 500
