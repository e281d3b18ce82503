"""What a simulated TCP packet carries beside its ports and flags."""

from __future__ import annotations


class Segment:
    """`number` of its first byte, the bytes, up to where the sender has everything, and what it can still take."""

    __slots__ = ("acknowledged", "data", "number", "window")

    def __init__(self, number: int = 0, data: bytes = b"", acknowledged: int = 0, window: int = 0) -> None:
        self.number = number
        self.data = data
        self.acknowledged = acknowledged
        self.window = window
