"""The time that a server tells in its `Date` header, against ours. Source: RFC 9110 §5.6.7 and §6.6.1."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def clock_offset_s(date: str, now: datetime) -> float | None:
    """How far a `Date` header is ahead of `now`, in seconds; None for what is no date. The header has whole seconds."""
    try:
        told = parsedate_to_datetime(date)
        return round((told - now).total_seconds(), 3)
    except (TypeError, ValueError, OverflowError):
        return None
