"""Markdown for GitHub and GitLab: issues, tickets, a job's summary.

Names of strangers cannot become links, mentions, pictures or HTML: every character with a meaning is escaped, and what
the sites would turn into a mention or a link is broken by an empty comment.
"""

from __future__ import annotations

from natscope.model.finding import Finding
from natscope.model.report import Report
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._content.headline import conditions, finding_sign, spent, verdict_sign
from natscope_reports._content.table import Table
from natscope_reports._content.tables import tables
from natscope_reports._content.telling import would_tell
from natscope_reports._markdown import code, plain, row
from natscope_reports._text.evidence import summary

FORMAT = Format(
    name="md",
    media_type="text/markdown",
    extension="md",
    for_terminal=False,
    summary="Markdown for an issue, a ticket or a job's summary",
    for_strangers=True,
)
MAX_OBSERVATIONS = 400
"""GitHub refuses comments over 65,536 characters; the JSON has them all."""


def render(report: Report, options: RenderOptions) -> str:
    """The answer, what to do, the tables; the evidence folded."""
    parts = [f"## {verdict_sign(report)} {plain(report.verdict.sentence)}"]
    if report.verdict.explanation:
        parts.append(plain(report.verdict.explanation))
    if report.interrupted:
        parts.append("*Interrupted: what was not finished is missing.*")
    if report.findings:
        parts.append("### What to do")
        parts += [_finding(finding) for finding in report.findings]
    parts += [_table(table) for table in tables(report)]
    parts.append(_evidence(report))
    code_words = "" if options.exit_code is None else f" · exit {options.exit_code}"
    parts.append(f"<sub>{plain(spent(report))}{code_words} · natscope {plain(report.natscope)}"
                 f" · {plain(report.started_at)} · schema {plain(report.schema)}</sub>")  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _finding(finding: Finding) -> str:
    """A paragraph, and its fixes as a list, cheapest first."""
    head = f"**{finding_sign(finding)} {plain(finding.severity)}: {plain(finding.title)}**"
    lines = [f"{head} {plain(finding.detail)}".rstrip(), ""]
    for fix in finding.fixes:
        lines.append(f"- {plain(fix.do)} *({plain(conditions(fix))})*")
        if fix.verify:
            lines.append(f"  Check: {code(fix.verify)}")
    if not finding.fixes:
        lines.append("- nothing to do")
    if finding.missing:
        lines += ["", plain(would_tell(finding))]
    lines += ["", f"<sub>{plain(finding.certainty)} · {plain(finding.id)}{_seen(finding)}</sub>"]
    return "\n".join(lines)


def _seen(finding: Finding) -> str:
    return f" · seen in {plain(', '.join(finding.evidence))}" if finding.evidence else ""


def _table(table: Table) -> str:
    note = f" · {plain(table.note)}" if table.note else ""
    lines = [f"### {table.title}{note}", "", row(table.columns), row(["---"] * len(table.columns))]
    for cells in table.rows:
        lines.append(row([code(cell.text) if cell.is_name and cell.text else plain(cell.text) for cell in cells]))
    lines += [f"\n{plain(note)}" for note in table.notes]
    return "\n".join(lines)


def _evidence(report: Report) -> str:
    shown = report.observations[:MAX_OBSERVATIONS]
    if not shown:
        return ""
    lines = [f"<details><summary>Evidence: {len(report.observations)} observations</summary>", ""]
    lines += [row(("Id", "What", "Whom", "Outcome")), row(["---"] * 4)]
    lines += [row((plain(o.id), plain(o.kind), code(o.target) if o.target else "", plain(summary(o)))) for o in shown]
    rest = len(report.observations) - len(shown)
    lines += [f"\n{rest} more: the JSON report has them."] if rest else []
    return "\n".join([*lines, "", "</details>"])
