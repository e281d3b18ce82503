"""What was true a moment ago."""

from __future__ import annotations

from natscope.relay.remembered import Remembered


def test_for_a_limited_time() -> None:
    yes: Remembered[str] = Remembered(600.0, 10)
    assert not yes.has("a", 0.0)
    yes.add("a", 0.0)
    assert yes.has("a", 599.9)
    assert not yes.has("a", 600.0)
    yes.add("a", 600.0)
    assert yes.has("a", 1199.0)


def test_in_bounded_memory_and_the_oldest_makes_room() -> None:
    yes: Remembered[int] = Remembered(600.0, 3)
    for item in (1, 2, 3, 1, 4):
        yes.add(item, 0.0)
    assert [item for item in range(1, 5) if yes.has(item, 1.0)] == [1, 3, 4]
    assert len(yes) == 3
