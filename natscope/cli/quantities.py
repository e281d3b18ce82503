"""Times, sizes and round trips as people read them, one form everywhere: `18 min`, `1.4 MB`, `43 ms`."""

from __future__ import annotations

_AGES = ((86400, "d"), (3600, "h"), (60, "min"))
_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def age(seconds: float) -> str:
    """The largest unit alone, rounded down: `3 d`, `2 h`, `18 min`, `5 s`; a time to come counts as now."""
    for size, unit in _AGES:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} s"


def size(count: int) -> str:
    """Powers of ten: `712 B`, `1.4 kB`, `23 MB`."""
    for unit, name in _SIZES:
        if count >= unit:
            value = count / unit
            return f"{value:.1f} {name}" if value < 9.95 else f"{value:.0f} {name}"
    return f"{count} B"


def round_trip(seconds: float) -> str:
    """Whole milliseconds from one on, else one decimal that is never 0: `43 ms`, `0.6 ms`, `<0.1 ms`."""
    ms = seconds * 1000
    if ms >= 9.95:
        return f"{ms:.0f} ms"
    return f"{ms:.1f} ms" if ms >= 0.1 else "<0.1 ms"
