"""Problems of a relay map as SARIF 2.1.0: for code scanning, which shows them on their lines.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from natscope.model.map_lint import MapLint
from natscope.model.relay_map import MapProblem
from natscope.plugins.clean import clean
from natscope.plugins.report_format import MAP_LINT, Format, RenderOptions
from natscope.version import VERSION

FORMAT = Format(
    name="sarif",
    media_type="application/sarif+json",
    extension="sarif",
    for_terminal=False,
    summary="SARIF 2.1.0, for code scanning",
    document=MAP_LINT,
)


def render(lint: MapLint, options: RenderOptions) -> str:
    """One run; a rule per kind of problem."""
    rules = list(dict.fromkeys(problem.code for problem in lint.problems))
    driver = {"name": "natscope", "version": VERSION, "rules": [_rule(code) for code in rules]}
    document = {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, lint.source, rules.index(problem.code)) for problem in lint.problems],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(code: str) -> dict[str, Any]:
    return {"id": clean(code), "shortDescription": {"text": clean(code).replace("-", " ")}}


def _result(problem: MapProblem, source: str, rule: int) -> dict[str, Any]:
    fix = f" Write: {problem.fix}" if problem.fix else ""
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(clean(source), safe="/:.-_~")}}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
    return {
        "ruleId": clean(problem.code),
        "ruleIndex": rule,
        "level": "error" if problem.severity == "error" else "warning",
        "message": {"text": clean(f"{problem.place}: {problem.message}{fix}")},
        "locations": [{"physicalLocation": place}],
    }
