"""The whole page of a check, in order: the answer first, time and cost last."""

from __future__ import annotations

from natscope.model.derp_check import DerpCheck, StepState
from natscope.model.finding import Severity
from natscope.plugins.report_format import RenderOptions
from natscope_reports._derp_check import columns, details, grid, pairs
from natscope_reports._text import evidence, findings
from natscope_reports._text.ink import BAD, FAINT, GOOD, LOOK, PLAIN, STRONG, Sheet, wrap
from natscope_reports._text.numbers import counted, seconds, size


def draw(check: DerpCheck, options: RenderOptions) -> str:
    """All sections as text; `-q` is the answer alone."""
    sheet = Sheet(options)
    answer(sheet, check)
    if options.verbosity >= 0:
        _map_notes(sheet, check)
        if check.nodes:
            (columns if len(check.nodes) <= columns.MOST else grid).draw(sheet, check)
        pairs.draw(sheet, check)
        findings.draw_all(sheet, check.findings, short_info=False)
        if sheet.verbose:
            details.draw(sheet, check)
        if options.verbosity >= 2:
            evidence.draw_observations(sheet, check.observations)
        footer(sheet, check)
    return sheet.render()


def answer(sheet: Sheet, check: DerpCheck) -> None:
    """The first line; scripts search for `Relays: ` after the sign."""
    signs = sheet.signs
    sign, colour = {
        StepState.OK: (signs.ok, GOOD),
        StepState.WARN: (signs.warn, LOOK),
        StepState.FAIL: (signs.fail, BAD),
    }.get(check.verdict.state, (signs.unknown, LOOK))
    indent = len(sign) + 1
    lead = (f"{sign} ", colour)
    for row in list(wrap(sheet.clean(check.verdict.sentence), sheet.width - indent)) or [""]:
        sheet.line(lead, (row, STRONG))
        lead = (" " * indent, PLAIN)


def _map_notes(sheet: Sheet, check: DerpCheck) -> None:
    """What the map's reader left out."""
    notes = list(check.relay_map.warnings)
    errors = [problem for problem in check.relay_map.problems if problem.severity == "error"]
    if errors:
        notes.append(f"{counted(len(errors), 'mistake')} in the map: natscope derp map lint says which")
    if notes:
        sheet.blank()
    for note in notes:
        sheet.paragraph(note, 2 + len(sheet.signs.warn) + 1, first=(f"  {sheet.signs.warn} ", LOOK))


def footer(sheet: Sheet, check: DerpCheck) -> None:
    """One faint line."""
    cost = check.cost
    limit = " (limit)" if check.limit_reached else ""
    code = sheet.options.exit_code
    sheet.blank()
    sheet.paragraph(
        sheet.dots(
            seconds(check.duration_ms) + limit,
            f"{counted(cost.packets_sent, 'packet')}, {size(cost.bytes_sent + cost.bytes_received)}",
            _counts(check),
            "" if code is None else f"exit {code}",
        ),
        0,
        FAINT,
    )


def _counts(check: DerpCheck) -> str:
    fails = sum(finding.severity is Severity.FAIL for finding in check.findings)
    warns = sum(finding.severity is Severity.WARN for finding in check.findings)
    parts = [counted(fails, "problem")] if fails else []
    parts += [counted(warns, "warning")] if warns else []
    parts += [f"{check.verdict.unknown} not checked"] if check.verdict.unknown else []
    return ", ".join(parts) or "nothing to fix"
