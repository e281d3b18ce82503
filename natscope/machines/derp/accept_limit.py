"""How many connections are taken in a second: a token bucket over all sources.

Whoever comes beyond is accepted and closed at once, as upstream does (cmd/derper/derper.go): the client learns of it,
and nothing piles up in the system. Its default is no limit; ours has one, since a handshake costs more than a packet.
"""

from __future__ import annotations

import math

DEFAULT_PER_S, DEFAULT_BURST = 200.0, 400


class AcceptLimit:
    """`per_s` may be infinite. The bucket is full at first."""

    def __init__(self, per_s: float = DEFAULT_PER_S, burst: int = DEFAULT_BURST) -> None:
        self.per_s = per_s
        self.burst = burst
        self._tokens = float(burst)
        self._at = -math.inf

    def allow(self, now: float) -> bool:
        """Take a token; False when there is none."""
        if math.isinf(self.per_s):
            return True
        earned = (now - self._at) * self.per_s if self.per_s > 0 and now > self._at else 0.0
        self._tokens = min(float(self.burst), self._tokens + earned)
        self._at = max(self._at, now)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
