"""How long to wait before connecting again: 10 ms × n² after the n-th failure in a row, 5 s at most, with jitter.

Source: upstream util/backoff, wgengine/magicsock/derp.go. The jitter takes up to half away, so that clients of a relay
that went away do not all come back at once. Only a connection that held for a while starts the count again: a relay
that lets in and closes at once is not hammered.
"""

from __future__ import annotations

UNIT_S, LONGEST_S = 0.01, 5.0
HELD_S = 5.0
LONGEST_TOLD_S = 60.0
"""What a relay may ask for at most when it says that it restarts."""


class Backoff:
    """Randomness arrives as a number in 0 to 1."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        """No failure yet."""
        self.failures = 0
        self._longest_s = longest_s
        self._told_s = 0.0

    def told(self, reconnect_in_s: float) -> None:
        """The relay said when to come back: the next pause is no shorter."""
        self._told_s = min(max(0.0, reconnect_in_s), LONGEST_TOLD_S)

    def held(self, seconds: float) -> None:
        """The connection that ended had lasted so long."""
        if seconds >= HELD_S:
            self.failures = 0

    def next_s(self, jitter: float) -> float:
        """The pause after one more failure."""
        self.failures += 1
        pause = min(self._longest_s, UNIT_S * self.failures**2)
        told, self._told_s = self._told_s, 0.0
        return max(pause, told) if told > pause else pause * (1 - jitter / 2)
