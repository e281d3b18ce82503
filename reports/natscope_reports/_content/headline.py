"""The answer in one line, signs and counts, as every form shows them."""

from __future__ import annotations

from natscope.model.finding import Finding, Fix, Severity
from natscope.model.report import Report
from natscope.model.verdict import Direct
from natscope_reports._text.footer import counts
from natscope_reports._text.numbers import counted, seconds, size

VERDICT_SIGNS = {Direct.LIKELY: "✓", Direct.UNLIKELY: "!", Direct.NO: "✗"}
SEVERITY_SIGNS = {Severity.FAIL: "✗", Severity.WARN: "!", Severity.INFO: "·"}


def verdict_sign(report: Report) -> str:
    """✓, !, ✗ or ?."""
    return VERDICT_SIGNS.get(report.verdict.direct, "?")


def finding_sign(finding: Finding) -> str:
    """✗, ! or ·."""
    return SEVERITY_SIGNS.get(finding.severity, "·")


def worst(report: Report) -> Severity | None:
    """The highest severity of all findings; None without any."""
    order = (Severity.FAIL, Severity.WARN, Severity.INFO)
    return next((s for s in order if any(f.severity is s for f in report.findings)), None)


def spent(report: Report) -> str:
    """`0.9 s · 74 packets, 9 kB · 1 problem`, with the exit code's place left to the form."""
    cost = report.cost
    limit = " (limit)" if report.limit_reached else ""
    packets = f"{counted(cost.packets_sent, 'packet')}, {size(cost.bytes_sent + cost.bytes_received)}"
    return f"{seconds(report.duration_ms)}{limit} · {packets} · {counts(report)}"


def conditions(fix: Fix) -> str:
    """Who does it, how long it takes, how to undo it."""
    parts = [fix.who, fix.duration, f"undo: {fix.undo}" if fix.undo else ""]
    return " · ".join(part for part in parts if part)
