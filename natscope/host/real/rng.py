"""Randomness of the operating system."""

from __future__ import annotations

import os


class RealRng:
    """Random bytes fit for keys, from the kernel."""

    def bytes(self, count: int) -> bytes:
        """`count` random bytes."""
        return os.urandom(count)

    def below(self, limit: int) -> int:
        """A uniform integer in `0 <= n < limit`, by rejection; `limit` is at least 1."""
        if limit < 1:
            raise ValueError("limit must be at least 1")
        bits = (limit - 1).bit_length()
        size = (bits + 7) // 8
        while True:
            number = int.from_bytes(os.urandom(size), "big") >> (size * 8 - bits)
            if number < limit:
                return number
