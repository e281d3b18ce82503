"""Reads TOML that somebody else may have written, within bounds of time and memory.

The standard library's reader has none: its time and memory grow with the square of the parts of a dotted key, it
follows brackets as deep as they go, and a number of too many digits is an error that is none of TOML's.
Source: TOML 1.0.0.
"""

from __future__ import annotations

import re
from typing import Any

from natscope.errors import WireError

MAX_CHARACTERS = 256 * 1024
MAX_KEY_PARTS = 100
"""Parts of one dotted key: far more than any of our tables is deep, and few enough to cost nothing."""

_QUOTED_OR_COMMENT = re.compile(
    r'"""(?:[^"\\]+|\\.?|"(?!""))*(?:"{3,5}|\Z)'
    r"|'''(?:[^']+|'(?!''))*(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]+|\\[^\n])*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)
"""What has no end reaches to the end of the text or of the line: the reader refuses it there too. So each alternative
matches once it has begun, and nothing is tried twice. (Possessive quantifiers would say so, but Python 3.11.2 has them
wrong.)"""
_NO_KEY = re.compile(r"[=,{}\[\]]")
_DIGITS = re.compile(r"(?<![0-9_])[0-9_]{4000,}")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class TomlError(WireError):
    """What keeps a text from being read as TOML, a clause that begins small: `invalid value`.

    `line` and `column` count from 1 in characters; 0 where they are not known. `whole` is the clause with the place.
    """

    code = "wire-toml"

    def __init__(self, message: str, line: int = 0, column: int = 0, whole: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.whole = whole or (f"{message} (at line {line})" if line else message)

    def of_file(self, name: str) -> str:
        """The clause after the file's name and the line, as compilers write it: `p.toml:2: invalid value`."""
        return f"{name}:{self.line}: {self.message}" if self.line else f"{name}: {self.message}"


class TomlLimit(TomlError):
    """It may be TOML, but is over a limit of ours."""


def read_toml(text: str) -> dict[str, Any]:
    """The document. Raises `TomlError`, and `TomlLimit` before any time is spent."""
    import tomllib  # 15 ms, only when there is a file

    if len(text) > MAX_CHARACTERS:
        raise TomlLimit(f"is larger than {MAX_CHARACTERS // 1024} kB, so it is no configuration")
    _check_keys(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(str(error), text) from None
    except RecursionError:
        raise TomlLimit("is nested too deeply to be a configuration") from None
    except ValueError:  # of `int`: TOML's integers have 64 bits, Python's have no end
        digits = _DIGITS.search(text)
        line = text.count("\n", 0, digits.start()) + 1 if digits is not None else 0
        raise TomlLimit("has a number that is far too large", line) from None


def _syntax(said: str, text: str) -> TomlError:
    """With the place that the reader tells; the last one for `end of document`."""
    said = said[:1].lower() + said[1:]
    words = _PLACE.sub("", said)
    found = _PLACE.search(said)
    if found is not None and found[1]:
        return TomlError(words, int(found[1]), int(found[2]), said)
    lines = text.split("\n")
    return TomlError(words, len(lines), len(lines[-1]) + 1, said)


def _check_keys(text: str) -> None:
    """Raises `TomlLimit` for a key of too many parts, wherever one stands: in a line, in brackets, inline."""
    if all(line.count(".") < MAX_KEY_PARTS for line in text.split("\n")):
        return
    bare = _QUOTED_OR_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(bare.split("\n"), start=1):
        if any(part.count(".") >= MAX_KEY_PARTS for part in _NO_KEY.split(line)):
            raise TomlLimit(f"has a key of more than {MAX_KEY_PARTS} parts", number)
