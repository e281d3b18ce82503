"""What is wrong and the cheapest thing to do about it.

At most three findings, worst first, each with one fix; `-v` shows all with all their fixes, and those too that are true
of many sound networks. What would tell more stands there too; at once only where it tells two shown findings apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.finding import Finding, Fix, Severity
from natscope.model.report import Report
from natscope_reports._content.telling import telling_apart, would_tell
from natscope_reports._text.ink import BAD, FAINT, LOOK, NAME, PLAIN, Sheet
from natscope_reports._text.numbers import counted

MAX_SHOWN = 3
BODY = 8
"""Cells before the text of a finding: sign and word."""
LONGEST_ARROW = 2


def draw(sheet: Sheet, report: Report) -> None:
    """Those of a netcheck."""
    draw_all(sheet, report.findings)


def draw_all(sheet: Sheet, findings: Sequence[Finding], *, short_info: bool = True) -> None:
    """Each finding after an empty line, then how many more there are. `short_info`: what is merely worth knowing is
    told without its numbers, and its fix in a line.
    """
    findings = findings if sheet.verbose else [finding for finding in findings if not finding.minor]
    shown = findings if sheet.verbose else findings[:MAX_SHOWN]
    told: set[str] = set()
    apart = {} if sheet.verbose else telling_apart(shown)
    for finding in shown:
        sheet.blank()
        if finding.severity is Severity.INFO and short_info and not sheet.verbose:
            sheet.paragraph(f"{finding.title} {finding.id}", BODY, first=_sign(sheet, finding))
            for fix in finding.fixes[:1]:
                if fix.do not in told:
                    _order(sheet, fix)
        else:
            _whole(sheet, finding, would_tell(finding) if sheet.verbose else apart.get(finding.id, ""))
        told |= {fix.do for fix in finding.fixes[:1]}
    rest = len(findings) - len(shown)
    if rest:
        sheet.blank()
        sheet.line((f"  {counted(rest, 'more finding')} ({', '.join(f.id for f in findings[-rest:])}): -v", FAINT))


def _whole(sheet: Sheet, finding: Finding, more: str) -> None:
    sheet.paragraph(f"{finding.title} {finding.detail}".rstrip(), BODY, first=_sign(sheet, finding))
    fixes = finding.fixes if sheet.verbose else finding.fixes[:1]
    for number, fix in enumerate(fixes):
        _fix(sheet, finding, fix, last=number == len(fixes) - 1)
    if not fixes:
        sheet.line((" " * BODY + sheet.dots("nothing to do", finding.certainty, finding.id), FAINT))
    if more:
        sheet.paragraph(more, BODY)
    if sheet.verbose and finding.evidence:
        sheet.paragraph(f"seen in {', '.join(finding.evidence)}", BODY, FAINT)


def _fix(sheet: Sheet, finding: Finding, fix: Fix, last: bool) -> None:
    """The order, then who, how long, how to undo it; certainty and id stand behind the last one."""
    body, spare = _order(sheet, fix)
    end = [str(finding.certainty), finding.id] if last else []
    undo = f"undo: {fix.undo}" if fix.undo else ""
    whole = sheet.dots(fix.who, fix.duration, undo, *end)
    if not sheet.verbose and len(whole) > sheet.prose - body - spare:
        whole = sheet.dots(fix.who, fix.duration, *end)
    sheet.paragraph(whole, body, FAINT, spare=spare)


def _order(sheet: Sheet, fix: Fix) -> tuple[int, int]:
    """What to do; cells before its text, and cells that the other alphabet's arrow takes more."""
    arrow = sheet.signs.arrow
    body = BODY + len(arrow) + 1
    spare = LONGEST_ARROW - len(arrow)  # both alphabets break their lines at the same words
    sheet.paragraph(fix.do, body, first=(" " * BODY + arrow, NAME), spare=spare)
    return body, spare


def _sign(sheet: Sheet, finding: Finding) -> tuple[str, str]:
    """Sign and word; in ASCII the bracketed word is the sign."""
    signs = sheet.signs
    sign, colour = {
        Severity.FAIL: (signs.fail, BAD),
        Severity.WARN: (signs.warn, LOOK),
    }.get(finding.severity, (signs.info, PLAIN))
    return (sign if sheet.options.ascii_only else f"{sign} {finding.severity}", colour)
