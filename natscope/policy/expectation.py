"""One expectation: a name, what is expected of it, and whether a value meets that.

`"< 80"`, `"<= 80"`, `"> 1"`, `">= 1"`: a number, whose median counts; `"!= no"`: anything else; a list: any of these; a
word or a number: that one. `true` and `false` are `yes` and `no`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from natscope.errors import UserError

_COMPARISON = re.compile(r"^\s*(<=|>=|<|>|!=|==)\s*(.+?)\s*$")
_NUMBER = re.compile(r"^[-+]?\d+(?:\.\d+)?$")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SEVERITIES = ("none", "info", "warn", "fail")
_SEVERITY_WORDS = {"warning": "warn", "error": "fail", "problem": "fail", "notice": "info"}

_LEADS: dict[tuple[str, ...], str] = {("findings", "absent"): "none of", ("findings", "allowed"): "only"}

Plain = str | int | float | bool
Value = str | float | tuple[str, ...] | None
"""A word, a number, words, or None: not known."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """`path` are the parts of its name. `order` is empty for words; `words` what would do; `limit` for numbers."""

    path: tuple[str, ...]
    text: str
    line: int = 0
    order: str = ""
    limit: float = 0.0
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As it is written in a file."""
        return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"' for part in self.path)

    @property
    def is_number(self) -> bool:
        """Whether numbers are compared by their order."""
        return self.order in _ORDER

    def meets(self, value: str | float | tuple[str, ...], tolerance: float) -> bool:
        """Whether a known value does. `tolerance` is the share by which a number may miss."""
        if self.path == ("findings", "max_severity"):
            return _rank(str(value)) <= _rank(self.words[0])
        if isinstance(value, tuple):
            if self.path == ("findings", "absent"):
                return not set(value) & set(self.words)
            return set(value) <= set(self.words)
        if self.is_number:
            slack = abs(self.limit) * tolerance
            limit = self.limit + slack if self.order in ("<", "<=") else self.limit - slack
            return isinstance(value, float) and value != math.inf and _ORDER[self.order](value, limit)
        same = as_text(value).lower() in self.words
        return same is not (self.order == "!=")


def as_text(value: Value) -> str:
    """As it stands in a result."""
    if value is None:
        return "unknown"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, float):
        return "no answer" if value == math.inf else f"{value:g}"
    return value


def parse(path: tuple[str, ...], given: object, line: int = 0) -> Expectation:
    """From a file's value. Raises `UserError`."""
    name = Expectation(path, "").name
    if isinstance(given, list) and path == ("findings", "max_severity"):
        raise UserError(f"{name}: one word is needed, the worst that may be", hint=f"one of {', '.join(SEVERITIES)}")
    if isinstance(given, list):
        if not given or not all(isinstance(each, str | int | float) for each in given):
            raise UserError(f"{name}: a list of words or numbers is needed")
        words = tuple(_plain(each, name) for each in given)
        words = _cased(path, words)
        lead = _LEADS.get(path, "one of")
        return Expectation(path, f"{lead} {', '.join(words)}", line, words=words)
    if not isinstance(given, str | int | float):
        raise UserError(f"{name}: a word, a number, yes or no, or a list is needed")
    if given != given:
        raise UserError(f"{name}: not a number")
    text = _plain(given, name)
    found = _COMPARISON.match(text)
    if found is None:
        return Expectation(path, text, line, words=_cased(path, (_severity(path, text, name),)))
    order, right = found.groups()
    if path[0] == "findings":
        raise UserError(f'{name} = "{text}": nothing is compared here', hint="write a severity, or a list of ids")
    if order in ("==", "!="):
        return Expectation(path, text, line, order if order == "!=" else "", words=(right.lower(),))
    if not _NUMBER.match(right):
        raise UserError(f'{name} = "{text}": {order} needs a number behind it, without a unit')
    limit = float(right)
    if math.isinf(limit):
        raise _far_too_large(name)
    return Expectation(path, text, line, order, limit)


def _plain(given: Plain, name: str) -> str:
    if isinstance(given, bool):
        return "yes" if given else "no"
    try:
        return as_text(float(given)) if isinstance(given, int | float) else given.strip()
    except OverflowError:
        raise _far_too_large(name) from None


def _far_too_large(name: str) -> UserError:
    return UserError(f"{name}: a number that is far too large")


def _cased(path: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of findings are written in capitals, all other words small."""
    return tuple(word.upper() if path[0] == "findings" and len(path) > 1 and path[1] != "max_severity" else word.lower()
                 for word in words)  # fmt: skip


def _severity(path: tuple[str, ...], text: str, name: str) -> str:
    if path != ("findings", "max_severity"):
        return text
    word = _SEVERITY_WORDS.get(text.lower(), text.lower())
    if word not in SEVERITIES:
        raise UserError(f'{name} = "{text}": one of {", ".join(SEVERITIES)} is needed')
    return word


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
