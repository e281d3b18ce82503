"""The buckets that the STUN server keeps per source and for all, with their defaults: `machines.source_limiter`."""

from __future__ import annotations

from natscope.machines.source_limiter import DEFAULT_BURST, DEFAULT_RATE, MAX_SOURCES, SourceLimiter, source_key

__all__ = ["DEFAULT_BURST", "DEFAULT_RATE", "MAX_SOURCES", "SourceLimiter", "limiter_for", "source_key"]

TOTAL_SOURCES = 20_000
"""All together get what so many get that each ask as often as they may."""


def limiter_for(rate: float) -> SourceLimiter:
    """Of a server that answers each source `rate` times a second: four seconds' worth at once, at least 20."""
    return SourceLimiter(rate, max(DEFAULT_BURST, round(4 * rate)), total_rate=TOTAL_SOURCES * rate)
