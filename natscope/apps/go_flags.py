"""Command lines as Go's `flag` package reads them: `-name value`, `-name=value`, `--name=value`, `-switch`.

Source: Go's packages flag (flag.go, parseOne), strconv (ParseBool, ParseInt with base 0, ParseFloat) and time
(ParseDuration).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from natscope.errors import UserError

_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_FALSE = ("0", "f", "F", "false", "FALSE", "False")
SWITCH_WORDS = _TRUE + _FALSE
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PIECE = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


class GoKind(enum.StrEnum):
    """What a flag takes; the names are those of Go's help, a switch has none."""

    SWITCH = ""
    TEXT = "string"
    INTEGER = "int"
    NUMBER = "float"
    DURATION = "duration"


GoValue = bool | str | int | float


@dataclass(frozen=True, slots=True)
class Taken:
    """What was given: names to values, the last one counts. `spelled`: how it was written, for messages.

    `rest` are the words that are no flag of the table, in order. `has_go_form`: some word can only be Go's.
    """

    values: dict[str, GoValue]
    spelled: dict[str, str]
    rest: list[str]
    has_go_form: bool


def take(words: Sequence[str], table: Mapping[str, GoKind]) -> Taken:
    """Take the flags of a table out of a command line. Raises `UserError` for a value that does not fit."""
    values: dict[str, GoValue] = {}
    spelled: dict[str, str] = {}
    rest: list[str] = []
    has_go_form = False
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            rest += [word, *queue]
            break
        bare = word[2:] if word.startswith("--") else word[1:]
        name, equals, text = bare.partition("=")
        if not word.startswith("-") or name not in table:
            rest.append(word)
            continue
        kind, flag = table[name], word.partition("=")[0]
        has_go_form = has_go_form or not word.startswith("--")
        if not equals and kind is GoKind.SWITCH:
            text = "true"
        elif not equals:
            if not queue:
                raise UserError(f"{flag} needs a value")
            text = queue.pop(0)
        values[name] = value_of(flag, kind, text)
        spelled[name] = f"{flag} {text}" if not equals and kind is not GoKind.SWITCH else word
    return Taken(values, spelled, rest, has_go_form)


def value_of(flag: str, kind: GoKind, text: str) -> GoValue:
    """The text of a flag as its kind. Raises `UserError`."""
    found: GoValue | None = text
    if kind is GoKind.SWITCH:
        found = True if text in _TRUE else False if text in _FALSE else None
    elif kind is GoKind.INTEGER:
        found = _integer(text)
    elif kind is GoKind.NUMBER:
        found = _number(text)
    elif kind is GoKind.DURATION:
        found = seconds_of(text)
    if found is None:
        raise UserError(f"{flag} {text}: not {_WORDS[kind]}")
    return found


_WORDS = {
    GoKind.SWITCH: "true or false",
    GoKind.INTEGER: "a whole number",
    GoKind.NUMBER: "a number",
    GoKind.DURATION: "a duration such as 2s, 500ms or 1m30s",
}


def _integer(text: str) -> int | None:
    """Go reads 0x, 0o, 0b and a leading 0 (octal), and underscores between digits."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if digits.startswith("0") and digits[1:].replace("_", "").isdecimal():
        digits = "0o" + digits[1:]
    try:
        number = sign * int(digits, 0)
    except ValueError:
        return None
    return number if digits[:1].isdecimal() and -(2**63) <= number < 2**63 else None


def _number(text: str) -> float | None:
    if text != text.strip() or "_" in text:
        return None
    try:
        return float.fromhex(text) if "0x" in text.lower() else float(text)
    except (ValueError, OverflowError):
        return None


def seconds_of(text: str) -> float | None:
    """A duration of Go's in seconds, None for what is none."""
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    total, at = 0.0, 0
    while at < len(rest):
        piece = _PIECE.match(rest, at)
        if piece is None:
            return None
        total += float(piece[1]) * _UNITS[piece[2]]
        at = piece.end()
    return sign * total if rest else None
