"""An order for ids with numbers in them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    """A sort key in which `o9` stands before `o10`."""
    return tuple(
        (part.isdecimal(), int(part) if part.isdecimal() and len(part) < 20 else 0, part)
        for part in _NUMBER.split(name)
        if part
    )
