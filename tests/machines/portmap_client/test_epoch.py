"""Whether a router has lost its table, by the clock that it sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.portmap_client.epoch import NatPmpEpoch, PcpEpoch


@pytest.mark.parametrize(
    ("passed_s", "epoch", "nat_pmp", "pcp"),
    [
        (0, 1000, False, False),
        (100, 1100, False, False),
        (100, 1085, True, True),  # 7/8 of 100 less 2
        (100, 1090, False, True),  # PCP bears 1/16
        (100, 1095, False, False),
        (100, 1120, False, True),  # a clock that runs away is PCP's business only
        (100, 3, True, True),
        (5, 999, True, True),
        (0, 999, False, False),
        (0.5, 998, True, True),
    ],
)
def test_one_step(passed_s: float, epoch: int, nat_pmp: bool, pcp: bool) -> None:
    for clock, wanted in ((NatPmpEpoch(), nat_pmp), (PcpEpoch(), pcp)):
        assert clock.lost(1000, 50.0) is False
        assert clock.lost(epoch, 50.0 + passed_s) is wanted


def test_after_a_restart_the_new_clock_counts() -> None:
    for clock in (NatPmpEpoch(), PcpEpoch()):
        assert [clock.lost(e, t) for e, t in ((9000, 0.0), (2, 10.0), (12, 20.0))] == [False, True, False]


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=20), st.floats(0.97, 1.03), st.integers(0, 10**6))
def test_a_sound_clock_never_looks_lost(steps: list[float], rate: float, start: int) -> None:
    clocks = (NatPmpEpoch(), PcpEpoch())
    now = 0.0
    for step in steps:
        now += step
        assert not any(clock.lost(start + int(now * rate), now) for clock in clocks)
