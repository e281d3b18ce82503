"""Where the values of a JSON text stand: lines and columns for texts that a decoder has already accepted.

A second, slower look, taken only when there is something to point at. It also sees what a decoder hides: keys that
stand twice in one object. Iterative, so depth costs no stack; at most `MAX_TOKENS` tokens are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from natscope.wire.relay_map_problems import Path, Spot

MAX_TOKENS = 400_000

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class JsonSpots:
    """The spots of one text: `root`, and `duplicates` as (path, spot of the later one)."""

    def __init__(self, text: str) -> None:
        self.root: Spot | None = None
        self.duplicates: list[tuple[Path, Spot]] = []
        self._open: list[Spot] = []
        self._path: list[str | int] = []
        self._key: tuple[str, int, int] | None = None
        for token, line, column in _tokens(text):
            self._take(token, line, column)

    def _take(self, token: str, line: int, column: int) -> None:
        if token == ",":
            if self._path and isinstance(self._path[-1], int):
                self._path[-1] += 1
        elif token in "}]":
            if self._open:
                self._open.pop()
                self._path.pop()
        elif token != ":":
            self._value_or_key(token, line, column)

    def _value_or_key(self, token: str, line: int, column: int) -> None:
        in_object = bool(self._open) and not isinstance(self._path[-1], int)
        if in_object and self._key is None:
            self._key = (_unquoted(token), line, column)
            return
        spot = Spot(line, column, compound=token in "{[")
        if self._key is not None:
            spot.key, spot.key_line, spot.key_column = self._key
            self._path[-1] = spot.key
            self._key = None
        self._place(spot)
        if spot.compound:
            self._open.append(spot)
            self._path.append("" if token == "{" else 0)

    def _place(self, spot: Spot) -> None:
        if not self._open:
            self.root = self.root or spot
            return
        siblings = self._open[-1].inside
        name = str(self._path[-1]).lower()
        if name in siblings:
            self.duplicates.append((tuple(self._path), spot))
        siblings[name] = spot


def spot_at(text: str, offset: int) -> tuple[int, int]:
    """Line and column (from 1) of a character offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    line, line_start, seen = 1, 0, 0
    for count, match in enumerate(_TOKEN.finditer(text)):
        if count >= MAX_TOKENS:
            return
        start = match.start()
        newlines = text.count("\n", seen, start)
        if newlines:
            line += newlines
            line_start = text.rfind("\n", 0, start) + 1
        seen = start
        yield match.group(), line, start - line_start + 1


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    return msgspec.json.decode(token, type=str)
