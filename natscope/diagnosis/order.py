"""An order for ids with numbers in them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[tuple[bool, int, str], ...], str]:
    """A sort key in which `o9` stands before `o10`; different names never have equal keys."""
    return tuple(_part(part) for part in _NUMBER.split(name) if part), name


def _part(text: str) -> tuple[bool, int, str]:
    """Numbers by length, then digits, so that no size of number is a trouble; texts as they are, before numbers."""
    if not text.isdecimal():
        return False, 0, text
    digits = text.lstrip("0")
    return True, len(digits), digits
