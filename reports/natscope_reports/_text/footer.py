"""The last lines: time, cost, counts and exit code, then the next command to type."""

from __future__ import annotations

import shlex

from natscope.model.finding import Severity
from natscope.model.report import SIMULATED, Report
from natscope.model.verdict import Direct
from natscope_reports._text.ink import FAINT, NAME, PLAIN, Sheet
from natscope_reports._text.numbers import counted, seconds, size


def draw(sheet: Sheet, report: Report) -> None:
    """One faint line, one command at most."""
    cost = report.cost
    limit = " (limit)" if report.limit_reached else ""
    spent = f"{counted(cost.packets_sent, 'packet')}, {size(cost.bytes_sent + cost.bytes_received)}"
    code = sheet.options.exit_code
    sheet.blank()
    sheet.paragraph(
        sheet.dots(seconds(report.duration_ms) + limit, spent, counts(report), "" if code is None else f"exit {code}"),
        0,
        FAINT,
    )
    command = sheet.options.next_command or next_command(report, sheet.options.again)
    if command:
        sheet.line(("Next: ", PLAIN), (command, NAME), whole=True)


def counts(report: Report) -> str:
    """`1 problem, 2 warnings, 3 not measured`, or `nothing to fix`."""
    fails = sum(finding.severity is Severity.FAIL for finding in report.findings)
    warns = sum(finding.severity is Severity.WARN for finding in report.findings)
    parts = [counted(fails, "problem")] if fails else []
    parts += [counted(warns, "warning")] if warns else []
    unknown = len(report.not_measured) + sum(len(finding.hides) for finding in report.findings)
    parts += [f"{unknown} not measured"] if parts and unknown else []
    if parts:
        return ", ".join(parts)
    return "nothing to fix" if report.verdict.direct is Direct.LIKELY else "no finding"


def next_command(report: Report, options: str = "") -> str:
    """What would tell more, if one command does; empty when there is nothing to add. `options` are those of the run."""
    if report.host.os == SIMULATED:  # neither its network nor its map is here
        return ""
    found = {finding.id for finding in report.findings}
    if "NS-REL-06" in found and report.relay_map.kind == "file":
        return f"natscope derp map lint {shlex.quote(report.relay_map.source)}"
    if "NS-ENV-06" in found:
        return again(report, options)
    if report.verdict.direct is Direct.UNKNOWN and report.preferred_relay.region_id is None:
        return ""
    flags = [entry.flag for entry in report.not_measured if entry.flag.startswith("--")]
    return f"{again(report, options)} {flags[0]}" if flags else ""


def again(report: Report, options: str = "") -> str:
    """The command that looks at the same thing again. `options` are those of the run, a blank before each."""
    named = "" if "--derp-map " in options else _map_option(report)
    return f"natscope netcheck{named}{options}"


def _map_option(report: Report) -> str:
    """The map that the user named, so that the command measures the same thing."""
    given = report.relay_map.kind == "file" or (report.relay_map.kind == "url" and not report.relay_map.vendor)
    return f" --derp-map {shlex.quote(report.relay_map.source)}" if given else ""
