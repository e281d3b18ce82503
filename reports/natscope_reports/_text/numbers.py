"""Numbers as people read them: one decimal of a millisecond, seconds, bytes by thousands, counts with their noun."""

from __future__ import annotations

import math


def milliseconds(value: float) -> str:
    """`9.8 ms`."""
    return f"{value:,.1f} ms" if math.isfinite(value) else "unknown"


def seconds(value_ms: float) -> str:
    """`0.9 s` from milliseconds; two decimals below a tenth."""
    return f"{value_ms / 1000:.2f} s" if value_ms < 100 else f"{value_ms / 1000:,.1f} s"


def size(count: int) -> str:
    """`640 B`, `11 kB`, `1.2 MB`: by thousands."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:,.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"


def rate(bytes_per_s: float) -> str:
    """`640 kB/s`, `11.2 MB/s`: by thousands."""
    return f"{size(round(bytes_per_s))}/s" if math.isfinite(bytes_per_s) else "unknown"


def age(seconds_old: float) -> str:
    """`40 s`, `18 min`, `2 h`, `3 d`."""
    for limit, divisor, unit in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds_old < limit:
            return f"{seconds_old / divisor:.0f} {unit}"
    return f"{seconds_old / 86400:,.0f} d"


def counted(number: int, noun: str) -> str:
    """`1 problem`, `2 problems`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
