"""What a mistyped word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known word nearest to `word`, empty when none is near."""
    from difflib import get_close_matches  # 8 ms that only a mistake has to pay

    lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), lower, n=1, cutoff=cutoff)
    return lower[found[0]] if found else ""


def question(word: str, known: Iterable[str]) -> str:
    """`. Did you mean X?`, or nothing."""
    match = closest(word, known)
    return f". Did you mean {match}?" if match else ""
