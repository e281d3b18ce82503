"""SARIF 2.1.0 of problems in one file: for code scanning, which shows them on their lines.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from natscope.plugins.clean import clean
from natscope.version import VERSION


class Row(NamedTuple):
    """One problem. `severity`: `error`, else it is a warning; `line` 0: not known."""

    code: str
    severity: str
    words: str
    line: int
    column: int


def sarif(source: str, rows: Sequence[Row]) -> str:
    """One run; a rule per kind of problem."""
    rules = list(dict.fromkeys(row.code for row in rows))
    driver = {"name": "natscope", "version": VERSION, "rules": [_rule(code) for code in rules]}
    document = {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(row, source, rules.index(row.code)) for row in rows],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(code: str) -> dict[str, Any]:
    return {"id": clean(code), "shortDescription": {"text": clean(code).replace("-", " ")}}


def _result(row: Row, source: str, rule: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(clean(source), safe="/:.-_~")}}
    if row.line:
        place["region"] = {"startLine": row.line, "startColumn": max(row.column, 1)}
    return {
        "ruleId": clean(row.code),
        "ruleIndex": rule,
        "level": "error" if row.severity == "error" else "warning",
        "message": {"text": clean(row.words)},
        "locations": [{"physicalLocation": place}],
    }
