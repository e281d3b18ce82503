"""Where the keys of a TOML document stand: line and column, which the reader of the standard library does not tell.

For text that this reader took: only keys and the ends of values are looked for, nothing is checked again.
Source: TOML 1.0.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from natscope.wire.toml_text import read_toml

if TYPE_CHECKING:
    from natscope.model.config_lint import ConfigProblem

_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL)
_PLAIN = re.compile(r"[^,\]}#\r\n]*")
_SKIPPED = re.compile(r"[^\"'\[\]{}#]+")


class Place(NamedTuple):
    """A key and its value, both counted from 1 in characters; a table's value is its head again."""

    line: int
    column: int
    value_line: int
    value_column: int


NOWHERE = Place(0, 0, 0, 0)
"""Of what no key stands for."""
TOP = Place(1, 1, 1, 1)
"""For a key that has no place of its own: inside an array of tables."""
_OF_VALUES = ("wrong-value", "does-not-fit")


def problem_at(place: Place, severity: str, code: str, name: str, message: str, hint: str = "") -> ConfigProblem:
    """At the key, or at its value where that is what is wrong."""
    from natscope.model.config_lint import ConfigProblem  # only when something is wrong

    line, column = place[2:] if code in _OF_VALUES else place[:2]
    return ConfigProblem(severity=severity, code=code, place=name, message=message, hint=hint, line=line, column=column)


def toml_places(text: str) -> dict[tuple[str, ...], Place]:
    """Each key and each table by its parts; the first of an array of tables. None from where the text is no TOML on."""
    return _Scan(text).places


class _Scan:
    """One pass. Line numbers are counted along, so that a long file costs no more than its length."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places: dict[tuple[str, ...], Place] = {}
        self._counted, self._line, self._line_start = 0, 1, 0
        self._document()

    def _document(self) -> None:
        prefix: tuple[str, ...] = ()
        at = self._over(_GAP, 0)
        while at < len(self.text):
            start = at
            if self.text[at] == "[":
                at = self._over(_BLANK, at + (2 if self.text.startswith("[[", at) else 1))
                line, column = self._where(start)
                prefix, at = self._key(at)
                self.places.setdefault(prefix, Place(line, column, line, column))
                at = self._over(re.compile(r"[ \t]*\]*"), at)
            else:
                at = self._pair(at, prefix)
            at = self._over(_GAP, at)
            if at <= start:  # no TOML: better no place than no end
                return

    def _pair(self, at: int, prefix: tuple[str, ...]) -> int:
        """`key = value`; the place after it."""
        line, column = self._where(at)
        parts, at = self._key(at)
        at = self._over(_BLANK, at)
        if not parts or not self.text.startswith("=", at):
            return len(self.text)
        at = self._over(_BLANK, at + 1)
        path = (*prefix, *parts)
        self.places.setdefault(path, Place(line, column, *self._where(at)))
        for length in range(len(prefix) + 1, len(path)):
            self.places.setdefault(path[:length], Place(line, column, line, column))
        return self._value(at, path)

    def _key(self, at: int) -> tuple[tuple[str, ...], int]:
        """The parts of a dotted key."""
        parts: list[str] = []
        while True:
            found = _BARE.match(self.text, at) or _BASIC.match(self.text, at) or _LITERAL.match(self.text, at)
            if found is None:
                return tuple(parts), at
            parts.append(_unquoted(found.group()))
            at = self._over(_BLANK, found.end())
            if not self.text.startswith(".", at):
                return tuple(parts), at
            at = self._over(_BLANK, at + 1)

    def _value(self, at: int, path: tuple[str, ...]) -> int:
        start = self.text[at : at + 1]
        if start in ('"', "'"):
            return self._string(at)
        if start == "[":
            return self._array(at)
        if start == "{":
            at = self._over(_GAP, at + 1)
            while at < len(self.text) and self.text[at] != "}":
                at = self._over(_GAP, self._pair(at, path))
                if self.text.startswith(",", at):
                    at = self._over(_GAP, at + 1)
            return at + 1
        return self._over(_PLAIN, at)

    def _string(self, at: int) -> int:
        for form in (_LONG_BASIC, _LONG_LITERAL, _BASIC, _LITERAL):
            found = form.match(self.text, at)
            if found is not None:
                return found.end()
        return len(self.text)

    def _array(self, at: int) -> int:
        """Past its end; keys of tables inside have no place of their own."""
        depth = 0
        while at < len(self.text):
            letter = self.text[at]
            if letter in "\"'":
                at = self._string(at)
                continue
            if letter == "#":
                at = self._over(_GAP, at)
                continue
            depth += (letter in "[{") - (letter in "]}")
            if depth == 0:
                return at + 1
            at = self._over(_SKIPPED, at + 1)
        return at

    def _over(self, what: re.Pattern[str], at: int) -> int:
        found = what.match(self.text, at)
        return at if found is None else found.end()

    def _where(self, at: int) -> tuple[int, int]:
        self._line += self.text.count("\n", self._counted, at)
        start = self.text.rfind("\n", self._counted, at)
        self._line_start = start + 1 if start >= 0 else self._line_start
        self._counted = at
        return self._line, at - self._line_start + 1


def _unquoted(written: str) -> str:
    if written[0] not in "\"'":
        return written
    if "\\" not in written:
        return written[1:-1]
    return str(read_toml(f"key = {written}")["key"])
