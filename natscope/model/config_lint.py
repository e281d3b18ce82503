"""What `natscope config lint` found: `natscope.config-lint/1`; fields are only added within major 1."""

from __future__ import annotations

import msgspec

SCHEMA = "natscope.config-lint/1"


class ConfigProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong in a file of settings or expectations.

    `severity`: `error` (the program that reads it refuses the file) or `warning` (that key has no effect). `code` is
    stable: `not-toml`, `unknown-key`, `unknown-table`, `wrong-value`, `not-allowed-here`, `does-not-fit`, `empty`.
    `place` is the key as it is written with its table, empty for the whole file. `message` is one sentence, `hint` what
    would do, or empty. `line` and `column` count from 1, 0 = not known.
    """

    severity: str
    code: str
    place: str
    message: str
    hint: str = ""
    line: int = 0
    column: int = 0


class ConfigLint(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is the file as it was given; `problems` in the order of the file.

    `kind` says by which rules it was read: `settings`, `project`, `relay` or `policy`.
    """

    schema: str
    source: str
    kind: str
    problems: tuple[ConfigProblem, ...]
