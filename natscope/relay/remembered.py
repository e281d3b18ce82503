"""What was true a moment ago, for a limited time and in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """At most `most` things, each for `seconds`; the oldest makes room."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._since: OrderedDict[T, float] = OrderedDict()

    def __len__(self) -> int:
        """How many are kept, old ones among them."""
        return len(self._since)

    def has(self, item: T, now: float) -> bool:
        """Whether it was added less than `seconds` ago."""
        since = self._since.get(item)
        return since is not None and now - since < self._seconds

    def add(self, item: T, now: float) -> None:
        """It is true now."""
        self._since[item] = now
        self._since.move_to_end(item)
        if len(self._since) > self._most:
            self._since.popitem(last=False)
