"""Which of a relay's processes gets the next connection, and when one that ended is started again."""

from __future__ import annotations

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 30.0
STEADY_S = 10.0
"""A process that lasted so long did not end because of its start."""


class Crew:
    """Workers by number. The one with the fewest connections is next: they stay for hours, so taking turns is not
    enough once one of them was started anew.
    """

    def __init__(self) -> None:
        """None is ready."""
        self._load: dict[int, int] = {}
        self._failures: dict[int, int] = {}

    @property
    def ready(self) -> list[int]:
        """Those who take connections, in order of their numbers."""
        return sorted(self._load)

    def arrived(self, number: int) -> None:
        """It is ready."""
        self._load[number] = 0

    def told(self, number: int, connections: int) -> None:
        """It says how many connections it has."""
        if number in self._load:
            self._load[number] = connections

    def given(self, number: int) -> None:
        """It got one more."""
        self._load[number] += 1

    def order(self) -> list[int]:
        """Whom to ask first, and then."""
        return sorted(self._load, key=lambda number: (self._load[number], number))

    def connections(self, number: int) -> int:
        """As far as is known; 0 for one that is not ready."""
        return self._load.get(number, 0)

    def gone(self, number: int, lived_s: float) -> float:
        """It ended; seconds until it should be started again: at once, and later each time that it ends soon."""
        self._load.pop(number, None)
        failures = 0 if lived_s >= STEADY_S else self._failures.get(number, 0) + 1
        self._failures[number] = failures
        return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (failures - 1)) if failures else 0.0
