"""The timeline runs everything in order of time, then of asking, and nothing before its time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.sim.timeline import START_S, Timeline


@given(st.lists(st.floats(min_value=0, max_value=5, allow_nan=False), max_size=60))
def test_everything_runs_in_order(delays: list[float]) -> None:
    timeline, ran = Timeline(), []
    for number, delay in enumerate(delays):
        timeline.after(delay, lambda n: ran.append((timeline.now, n)), number)
    timeline.run_all()
    assert ran == sorted((START_S + delay, number) for number, delay in enumerate(delays))


def test_run_until_stops_there_and_includes_it() -> None:
    timeline = Timeline(start=0.0)
    ran: list[float] = []
    for when in (1.0, 2.0, 3.0):
        timeline.at(when, ran.append, when)
    timeline.run_until(2.0)
    assert (ran, timeline.now) == ([1.0, 2.0], 2.0)
    timeline.run_until(2.5)
    assert (ran, timeline.now) == ([1.0, 2.0], 2.5)


def test_the_past_is_now() -> None:
    timeline, ran = Timeline(start=10.0), []
    timeline.at(3.0, lambda: ran.append(timeline.now))
    timeline.run_all()
    assert ran == [10.0]
