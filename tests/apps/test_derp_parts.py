"""What strangers may take, from the settings to the door."""

from __future__ import annotations

import pytest

from natscope.apps.derp_config import relay_config
from natscope.apps.derp_parts import front_limits
from natscope.apps.derp_values import FileValues, settle
from natscope.apps.derper_flags import FLAGS, Meaning, Surroundings, meaning_of
from natscope.apps.go_flags import take
from natscope.apps.settings import Value
from natscope.machines.derp.accept_limit import AcceptLimit

MANY = 10_000


def let_in(meaning: Meaning, **settings: Value) -> list[int]:
    """How many of many are let in at once, and a second and a minute later."""
    file = FileValues({f"limits.{name}": value for name, value in settings.items()}, {})
    limits = front_limits(relay_config(settle({"tls.mode": "off"}, meaning, file), {}).limits)
    door = AcceptLimit(limits.accepts_per_s, limits.accept_burst)
    return [sum(door.allow(at) for _ in range(MANY)) for at in (1000.0, 1001.0, 1061.0)]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [400, 200, 400]),
        ({"accept_burst": 0}, [200, 200, 200]),
        ({"accept_rate": 2.5, "accept_burst": 0}, [3, 2, 3]),
        ({"accept_rate": 0.1, "accept_burst": 0}, [1, 0, 1]),
        ({"accept_rate": 0.0, "accept_burst": 0}, [MANY, MANY, MANY]),
        ({"accept_rate": 1.0, "accept_burst": 5}, [5, 1, 5]),
    ],
)
def test_new_connections(settings: dict[str, Value], expected: list[int]) -> None:
    assert let_in(Meaning(), **settings) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-derp",), [MANY, MANY, MANY]),
        (("-accept-connection-limit=0",), [MANY, MANY, MANY]),
        (("-accept-connection-limit=5",), [MANY, MANY, MANY]),
        (("-accept-connection-burst=5",), [MANY, MANY, MANY]),
        (("-accept-connection-limit=5", "-accept-connection-burst=9"), [9, 5, 9]),
    ],
)
def test_new_connections_by_derpers_flags(words: tuple[str, ...], expected: list[int]) -> None:
    assert let_in(meaning_of(take(words, FLAGS), Surroundings())) == expected


def test_what_a_file_says_wins_over_what_derper_does_where_nobody_asked() -> None:
    assert let_in(meaning_of(take(("-derp",), FLAGS), Surroundings()), accept_rate=5, accept_burst=9) == [9, 5, 9]
