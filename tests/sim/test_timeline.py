"""The timeline runs everything in order of time, then of asking, and nothing before its time."""

from __future__ import annotations

import heapq

from hypothesis import given
from hypothesis import strategies as st

from natscope.sim.timeline import MAX_LANES, START_S, Timeline


@given(st.lists(st.floats(min_value=0, max_value=5, allow_nan=False), max_size=60))
def test_everything_runs_in_order(delays: list[float]) -> None:
    timeline, ran = Timeline(), []
    for number, delay in enumerate(delays):
        timeline.after(delay, lambda n: ran.append((timeline.now, n)), number)
    timeline.run_all()
    assert ran == sorted((START_S + delay, number) for number, delay in enumerate(delays))


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), max_size=60), st.booleans())
def test_lanes_and_the_heap_are_one_order(plan: list[tuple[float, bool]], taken_one_by_one: bool) -> None:
    timeline, ran = Timeline(), []
    asked: list[tuple[float, int]] = []

    def happen(number: int, _other: object) -> None:
        ran.append((timeline.now, number))
        if number < len(plan):  # what happens asks for more, as packets do
            ask(number + len(plan), *plan[number])

    def ask(number: int, delay: float, in_lane: bool) -> None:
        lane = timeline.lane(delay, happen)
        assert lane is not None
        order = next(timeline.numbers)
        asked.append((timeline.now + delay, order))
        numbers[order] = number
        if in_lane:
            lane.queue.append((timeline.now + delay, order, number, None))
        else:
            heapq.heappush(timeline.heap, (timeline.now + delay, order, happen, (number, None)))

    numbers: dict[int, int] = {}
    for number, (delay, in_lane) in enumerate(plan):
        ask(number, delay, in_lane)
    if taken_one_by_one:
        while (next_time := timeline.next_time()) is not None:
            entry = timeline.take(next_time)
            assert entry is not None
            assert entry[0] == next_time
            timeline.now, _, function, args = entry
            function(*args)
    else:
        timeline.run_all()
    assert ran == [(when, numbers[order]) for when, order in sorted(asked)]


def test_there_are_only_so_many_lanes() -> None:
    timeline = Timeline()
    lanes = [timeline.lane(float(delay), print) for delay in range(MAX_LANES + 1)]
    assert lanes[-1] is None
    assert None not in lanes[:-1]
    assert timeline.lane(0.0, print) is lanes[0]


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
