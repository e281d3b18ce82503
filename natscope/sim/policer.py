"""A policer: drops what comes faster than a rate, without a queue. A token bucket, by packets or by bytes (RFC 2697).

Both beds use it: what it drops is UDP, as routers do that throttle it.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicerSpec:
    """`packets_per_s` or `bits_per_s`, one of them; a full bucket holds what passes in `burst_s`."""

    packets_per_s: float | None = None
    bits_per_s: float | None = None
    burst_s: float = BURST_S

    def __post_init__(self) -> None:
        if (self.packets_per_s is None) is (self.bits_per_s is None):
            raise ValueError("a policer counts either packets or bits")
        if (self.packets_per_s or self.bits_per_s or 0) <= 0 or self.burst_s <= 0:
            raise ValueError("a policer's rate and burst are positive")


class Policer:
    """The bucket of one direction; full at first. Times are seconds of the caller's clock."""

    __slots__ = ("_at", "_by_packets", "_depth", "_rate", "_tokens")

    def __init__(self, spec: PolicerSpec) -> None:
        self._by_packets = spec.packets_per_s is not None
        self._rate = spec.packets_per_s if spec.packets_per_s is not None else (spec.bits_per_s or 0.0) / 8
        self._depth = max(self._rate * spec.burst_s, 1.0 if self._by_packets else 1500.0)
        self._tokens = self._depth
        self._at = float("-inf")

    def passes(self, length: int, now: float) -> bool:
        """Whether a packet of `length` bytes goes through; one that does not costs nothing."""
        self._tokens = min(self._depth, self._tokens + (now - self._at) * self._rate)
        self._at = now
        needed = 1.0 if self._by_packets else float(length)
        if self._tokens + 1e-9 < needed:
            return False
        self._tokens -= needed
        return True
