"""TAP version 14: one test point for the verdict, each finding, probe and relay.

Source: testanything.org, TAP 14 specification.
"""

from __future__ import annotations

import json

from natscope.model.report import Report
from natscope.plugins.clean import clean
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._cases import Case, State, cases

FORMAT = Format(
    name="tap", media_type="text/plain", extension="tap", for_terminal=False, summary="TAP 14, for test harnesses"
)


def render(report: Report, options: RenderOptions) -> str:
    """Version, plan, points; details as YAML, in the form that JSON has too."""
    found = cases(report, options.fail_on)
    lines = ["TAP version 14", f"1..{len(found)}"]
    for number, case in enumerate(found, start=1):
        lines += _point(number, case)
    return "\n".join(lines) + "\n"


def _point(number: int, case: Case) -> list[str]:
    ok = "not ok" if case.state is State.FAILED else "ok"
    skip = f" # SKIP {_escaped(case.message)}" if case.state is State.SKIPPED else ""
    lines = [f"{ok} {number} - {_escaped(f'{case.group}: {case.name}')}{skip}".rstrip()]
    told = {"message": clean(case.message), "severity": clean(case.severity), "details": _lines(case.details)}
    shown = {key: value for key, value in told.items() if value}
    if case.state is not State.SKIPPED and shown:
        rows = [f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in shown.items()]
        lines += ["  ---", *rows, "  ..."]
    return lines


def _lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.split("\n"))


def _escaped(text: str) -> str:
    return clean(text).replace("\\", "\\\\").replace("#", "\\#")
