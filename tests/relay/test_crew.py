"""Which worker is next, and when one that ended is started again."""

from __future__ import annotations

from natscope.relay.crew import LONGEST_PAUSE_S, STEADY_S, Crew


def crew(*numbers: int) -> Crew:
    made = Crew()
    for number in numbers:
        made.arrived(number)
    return made


def take(made: Crew) -> int:
    number = made.order()[0]
    made.given(number)
    return number


def test_they_take_turns_while_nobody_leaves() -> None:
    made = crew(1, 2, 3)
    assert [take(made) for _ in range(6)] == [1, 2, 3, 1, 2, 3]


def test_the_one_with_the_fewest_is_next() -> None:
    made = crew(1, 2)
    made.told(1, 100)
    made.told(2, 97)
    assert [take(made) for _ in range(5)] == [2, 2, 2, 1, 2]
    assert made.connections(1) == 101


def test_who_is_gone_gets_nothing_until_it_is_back() -> None:
    made = crew(1, 2)
    made.gone(1, 100.0)
    made.told(1, 5)  # said before it went
    assert (made.ready, made.order(), made.connections(1)) == ([2], [2], 0)
    made.arrived(1)
    assert made.ready == [1, 2]
    made.gone(1, 1.0)
    made.gone(2, 1.0)
    assert made.order() == []


def test_who_ends_soon_waits_longer_each_time_and_who_lasted_does_not() -> None:
    made = crew(1, 2)
    assert [made.gone(1, 0.5) for _ in range(4)] == [0.1, 0.2, 0.4, 0.8]
    assert max(made.gone(1, 0.5) for _ in range(20)) == LONGEST_PAUSE_S
    assert made.gone(2, STEADY_S) == 0.0
    assert made.gone(1, STEADY_S) == 0.0
    assert made.gone(1, 0.5) == 0.1
