"""One direction of a link in real time: when a packet arrives, if it does, by the same values as in the simulator.

Latency, jitter that keeps the order, loss, duplication, reordering, a rate behind a bounded queue, a policer. Sizes
against the MTU are the router's decision (`router_tun.py`). Times are seconds of the caller's clock.
"""

from __future__ import annotations

from random import Random

from natscope.sim.link import LinkSpec
from natscope.sim.policer import Policer


class LinkShaper:
    """Keeps what a link remembers: until when it is busy, and when the last packet arrives."""

    __slots__ = ("_busy_until", "_last_arrivals", "_policer", "_random", "lost", "spec")

    def __init__(self, spec: LinkSpec, random: Random) -> None:
        self.spec = spec
        self._random = random
        self._busy_until = 0.0
        self._last_arrivals = [0.0, 0.0]
        self._policer = None if spec.udp_policer is None else Policer(spec.udp_policer)
        self.lost = 0
        """Packets that did not arrive: bad luck, a full queue, or policed."""

    def arrivals(self, length: int, now: float, *, udp: bool = False, family: int = 4) -> list[float]:
        """When a packet of `length` bytes arrives: never, once, or twice. The draws come in the same order always."""
        spec, chance = self.spec, self._random.random
        if udp and self._policer is not None and not self._policer.passes(length, now):
            self.lost += 1
            return []
        when = self._through_queue(length, now)
        if when is None or (spec.loss and chance() < spec.loss):
            self.lost += 1
            return []
        when += spec.latency_of(family)
        if spec.jitter_s:
            when += chance() * spec.jitter_s
        if spec.reordering and chance() < spec.reordering:
            when += spec.held_back_s
        else:
            lane = spec.lane_of(family)
            when = self._last_arrivals[lane] = max(when, self._last_arrivals[lane])
        return [when, when] if spec.duplication and chance() < spec.duplication else [when]

    def _through_queue(self, length: int, now: float) -> float | None:
        """When its last bit leaves."""
        rate = self.spec.rate_bps
        if rate is None:
            return now
        begins_at = max(now, self._busy_until)
        if (begins_at - now) * rate / 8 + length > self.spec.queue_bytes:
            return None
        self._busy_until = begins_at + length * 8 / rate
        return self._busy_until
