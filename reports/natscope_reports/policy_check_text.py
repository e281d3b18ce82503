"""A check of a policy on a terminal: the answer, then what fails, what is inconclusive, what passed."""

from __future__ import annotations

from natscope.model.policy_check import ExpectationResult, PolicyCheck, Result
from natscope.plugins.report_format import POLICY_CHECK, Format, RenderOptions
from natscope_reports._text.ink import BAD, FAINT, GOOD, LOOK, PLAIN, STRONG, Sheet
from natscope_reports._text.numbers import counted, seconds

FORMAT = Format(
    name="text",
    media_type="text/plain",
    extension="txt",
    for_terminal=True,
    summary="for people, 80 columns",
    document=POLICY_CHECK,
)
NAME_MAX, VALUE_MAX = 36, 22
_ORDER = (Result.FAILED, Result.INCONCLUSIVE, Result.PASSED)


def render(check: PolicyCheck, options: RenderOptions) -> str:
    """`-q` the first line alone; `-v` also the values of every run."""
    sheet = Sheet(options)
    sign, colour = _sign(sheet, check.result)
    sheet.paragraph(check.sentence, sheet.cells(sign) + 1, STRONG, first=(sign, colour))
    if options.verbosity >= 0:
        _table(sheet, check)
        code = "" if options.exit_code is None else f"exit {options.exit_code}"
        sheet.blank()
        sheet.paragraph(sheet.dots(counted(check.runs, "run"), seconds(check.duration_ms), code), 0, FAINT)
    return sheet.render()


def _table(sheet: Sheet, check: PolicyCheck) -> None:
    shown = [each for result in _ORDER for each in check.expectations if each.result is result]
    if not shown:
        return
    column = min(max(sheet.cells(each.name) for each in shown), NAME_MAX) + 2
    sheet.blank()
    for each in shown:
        _row(sheet, each, column)


def _row(sheet: Sheet, each: ExpectationResult, column: int) -> None:
    """Name, what was seen, what was expected; the reason below."""
    sign, colour = _sign(sheet, each.result)
    seen = each.value or "unknown"
    expected = "" if each.result is Result.PASSED and each.value == each.expected else f"expected: {each.expected}"
    lead = f"  {sign} "
    sheet.line(
        (lead, colour),
        (sheet.fit(each.name, column), PLAIN),
        (sheet.fit(seen, VALUE_MAX) if expected else sheet.clean(seen), PLAIN),
        (expected, FAINT),
    )
    if each.reason:
        sheet.paragraph(each.reason, sheet.cells(lead), FAINT)
    if sheet.verbose and len(each.seen) > 1:
        sheet.paragraph(f"runs: {', '.join(each.seen)}", sheet.cells(lead), FAINT)


def _sign(sheet: Sheet, result: Result) -> tuple[str, str]:
    signs = sheet.signs
    return {Result.PASSED: (signs.ok, GOOD), Result.FAILED: (signs.fail, BAD)}.get(result, (signs.unknown, LOOK))
