"""The buckets that the STUN server keeps per source, with their defaults: `natscope.machines.source_limiter`."""

from __future__ import annotations

from natscope.machines.source_limiter import DEFAULT_BURST, DEFAULT_RATE, MAX_SOURCES, SourceLimiter, source_key

__all__ = ["DEFAULT_BURST", "DEFAULT_RATE", "MAX_SOURCES", "SourceLimiter", "source_key"]
