"""Counts and lists in words, for sentences of findings."""

from __future__ import annotations

from collections.abc import Sequence

MAX_LISTED = 4


def counted(number: int, noun: str) -> str:
    """`1 relay`, `2 relays`, `1,024 packets`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def enumerated(items: Sequence[str], limit: int = MAX_LISTED) -> str:
    """`a`, `a and b`, `a, b, c and 7 more`."""
    shown = list(items[:limit])
    if len(items) > limit:
        return f"{', '.join(shown)} and {len(items) - limit:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def as_sentence(text: str) -> str:
    """With a capital letter and a full stop, if there is any text; URLs and paths keep their first letter."""
    first = text.split(" ", 1)[0]
    if first.rstrip(".,!?").isalpha():
        text = text[0].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."
