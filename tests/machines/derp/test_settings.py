"""Settings of a relay: the burst lets the longest packet pass."""

from __future__ import annotations

import pytest

from natscope.machines.derp.settings import RateLimit


@pytest.mark.parametrize(("asked", "burst"), [(0, 65_568), (65_567, 65_568), (100_000, 100_000)])
def test_a_burst_is_never_too_small(asked: int, burst: int) -> None:
    assert RateLimit(bytes_per_second=1, burst_bytes=asked).burst == burst
