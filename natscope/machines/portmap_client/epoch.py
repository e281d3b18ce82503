"""Has a router lost its table of mappings? Told by the clock that it sends along.

Source: RFC 6886 §3.6 (NAT-PMP) and RFC 6887 §8.5 (PCP).
"""

from __future__ import annotations

_SLACK_S = 2.0


class NatPmpEpoch:
    """The epoch must have grown by at least 7/8 of the time that has passed here."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None

    def lost(self, epoch_s: int, now: float) -> bool:
        """Take the epoch of an answer that came at `now`; whether the mappings made before it are gone."""
        last, self._last = self._last, (now, epoch_s)
        if last is None:
            return False
        expected = last[1] + (now - last[0]) * 7 / 8
        return epoch_s < expected - _SLACK_S


class PcpEpoch:
    """The epoch must neither fall nor leave the time that has passed here by more than 1/16."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None

    def lost(self, epoch_s: int, now: float) -> bool:
        """Take the epoch of an answer that came at `now`; whether the mappings made before it are gone."""
        last, self._last = self._last, (now, epoch_s)
        if last is None:
            return False
        client, server = now - last[0], float(epoch_s - last[1])
        if server < -1:
            return True
        return server + _SLACK_S < client - client / 16 or client + _SLACK_S < server - server / 16
