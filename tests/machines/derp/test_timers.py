"""One entry for each item, whatever happens to its deadline; due when it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.derp.timers import NEVER, Timers


class Item:
    def __init__(self) -> None:
        self.deadline = NEVER
        self.armed = NEVER


def test_later_earlier_never() -> None:
    timers: Timers[Item] = Timers()
    a, b, c = Item(), Item(), Item()
    timers.arm(a, 1.0)
    timers.arm(a, 5.0)
    timers.arm(b, 5.0)
    timers.arm(b, 2.0)
    timers.arm(c, 1.0)
    timers.disarm(c)
    timers.disarm(c)
    assert timers.due(1.0) == []
    assert timers.due(2.0) == [b]
    assert timers.due(4.9) == []
    assert timers.due(5.0) == [a]
    assert timers.next() is None
    assert timers.due(99.0) == []


def test_what_is_put_off_again_and_again_has_one_entry() -> None:
    timers: Timers[Item] = Timers()
    item = Item()
    for now in range(10_000):
        timers.arm(item, now + 30.0)
    assert len(timers) == 1


def test_what_is_over_does_not_pile_up() -> None:
    timers: Timers[Item] = Timers()
    lasting = [Item() for _ in range(100)]
    for item in lasting:
        timers.arm(item, 60.0)
    for _ in range(10_000):
        item = Item()
        timers.arm(item, 10.0)
        timers.disarm(item)
        assert len(timers) < 400
    assert timers.due(60.0) == lasting


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20)), max_size=200))
def test_as_a_table_of_deadlines(steps: list[tuple[int, int]]) -> None:
    timers: Timers[Item] = Timers()
    items = [Item() for _ in range(6)]
    wanted: dict[int, float] = {}
    for now, (number, delay) in enumerate(steps):
        due = [n for n, when in wanted.items() if when <= now]
        assert sorted(items.index(item) for item in timers.due(now)) == sorted(due)
        for n in due:
            del wanted[n]
        timers.arm(items[number], now + delay)
        wanted[number] = now + delay
        assert len(timers) <= 6 + now
        following = timers.next()
        assert following is not None
        assert following <= min(wanted.values())
