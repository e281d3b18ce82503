"""How often a source is answered: a token bucket per IPv4 address and IPv6 /64, in a bounded table, and one for all.

The bucket is kept as one number per source, the time at which it will be full again (the same thing: generic cell rate
algorithm, ITU-T I.371). A source that has been silent for a whole refill has a full bucket, so it may be forgotten:
entries live in two generations, and the older one is dropped once a refill has passed since they were swapped. Under a
flood of invented sources a generation ends early, and forgotten sources get a new burst; the flood has then cost its
sender `MAX_SOURCES` requests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

DEFAULT_RATE = 5.0
DEFAULT_BURST = 20
MAX_SOURCES = 65_536
"""Sources in one generation; there are two."""
_TOLERANCE_S = 1e-6
"""Sums of floats must not cost a token."""


class SourceLimiter:
    """Per-source buckets. Keys are `source_key`; times are seconds of any clock that never goes back.

    All sources together have one more bucket, of `total_rate` a second and a second's worth at once; infinite for none.
    What it refuses costs no source a token.
    """

    def __init__(
        self, rate: float = DEFAULT_RATE, burst: int = DEFAULT_BURST, *, max_sources: int = MAX_SOURCES,
        total_rate: float = math.inf,
    ) -> None:  # fmt: skip
        if rate <= 0 or burst < 1 or max_sources < 1 or total_rate <= 0:
            raise ValueError("rate, burst, max_sources and total_rate must be positive")
        self.rate = rate
        self.burst = burst
        self.evictions = 0
        """How often a generation ended because it was full."""
        self.total_refusals = 0
        """How often all together were over their rate."""
        self._total_interval = 1.0 / total_rate
        self._total_limit = max(1.0 - self._total_interval, 0.0) + _TOLERANCE_S
        self._total_full_at = float("-inf")
        self._interval = 1.0 / rate
        self._limit = (burst - 1) * self._interval + _TOLERANCE_S
        self._refill = burst * self._interval + 2 * _TOLERANCE_S
        self._max_sources = max_sources
        self._young: dict[bytes | int, float] = {}
        self._old: dict[bytes | int, float] = {}
        self._swap_at = float("-inf")

    def __len__(self) -> int:
        """Sources in the table."""
        return len(self._young) + sum(key not in self._young for key in self._old)

    def allow(self, key: bytes | int, now: float) -> bool:
        """Take a token of that source; False when there is none."""
        total_full_at = max(self._total_full_at, now)
        if total_full_at > now + self._total_limit:
            self.total_refusals += 1
            return False
        if now >= self._swap_at or len(self._young) >= self._max_sources:
            self._swap(now)
        full_at = self._young.get(key)
        if full_at is None:
            full_at = self._old.get(key, now)
        if full_at < now:
            full_at = now
        allowed = full_at <= now + self._limit
        self._young[key] = full_at + self._interval if allowed else full_at
        if allowed:
            self._total_full_at = total_full_at + self._total_interval
        return allowed

    def allow_each(self, keys: Sequence[bytes | int], now: float) -> list[bool]:
        """`allow` for each key in turn, all at the same `now`; quick where all are known, different and allowed."""
        if now < self._swap_at and len(self._young) + len(keys) <= self._max_sources:
            known = list(map(self._young.get, keys))
            if None not in known and len(set(keys)) == len(keys):
                times: list[float] = known  # type: ignore[assignment] # None is not in it
                total_full_at = max(self._total_full_at, now) + len(keys) * self._total_interval
                is_within_total = total_full_at <= now + self._total_limit + self._total_interval
                if is_within_total and max(times, default=now) <= now + self._limit:
                    interval, fresh = self._interval, now + self._interval
                    later = [full_at + interval if full_at > now else fresh for full_at in times]
                    self._young.update(zip(keys, later, strict=True))
                    self._total_full_at = total_full_at
                    return [True] * len(keys)
        return [self.allow(key, now) for key in keys]

    def _swap(self, now: float) -> None:
        if now < self._swap_at:
            self.evictions += 1
        self._old = self._young if now < self._swap_at + self._refill else {}
        self._young = {}
        self._swap_at = now + self._refill


def source_key(packed_ip: bytes) -> bytes | int:
    """The bucket of an address: itself for IPv4 (as a number), its /64 for IPv6 (as 8 bytes)."""
    return int.from_bytes(packed_ip, "big") if len(packed_ip) == 4 else packed_ip[:8]
