"""Which lines of the reports are right by the truth of their scenario: one scenario in one bed, drawn for people."""

from __future__ import annotations

from collections.abc import Iterable

from natscope.lab.matrix import BedResult
from natscope.lab.truth import Agreement, Comparison
from natscope.plugins.clean import clean

_SIGNS = {Agreement.AGREE: "✓", Agreement.WRONG: "✗", Agreement.NOT_MEASURED: "–"}
_ASCII_SIGNS = {Agreement.AGREE: "+", Agreement.WRONG: "x", Agreement.NOT_MEASURED: "-"}
WHO, WHAT, TRUTH = 16, 21, 28


def draw_score(result: BedResult, *, ascii_only: bool = False) -> str:
    """A line per claim with its sign, the words of a wrong report beside it, and a sum."""
    signs = _ASCII_SIGNS if ascii_only else _SIGNS
    lines = [_line(found, signs[found.agreement], ascii_only) for found in result.comparisons]
    return "\n".join(("What is true, and whether the report says so", *lines, "", _sum(result))) + "\n"


def _line(found: Comparison, sign: str, ascii_only: bool) -> str:
    who, truth = clean(found.who, WHO, ascii_only=ascii_only), clean(found.truth, ascii_only=ascii_only)
    words = {
        Agreement.AGREE: "",
        Agreement.WRONG: f"the report says {clean(found.measured, ascii_only=ascii_only)}",
        Agreement.NOT_MEASURED: "not measured",
    }[found.agreement]
    if found.excuse:
        words += f", as is known: {clean(found.excuse, ascii_only=ascii_only)}"
    return f"  {sign} {who:<{WHO}} {found.what:<{WHAT}} {truth:<{TRUTH if words else 0}} {words}".rstrip()


def _sum(result: BedResult) -> str:
    counts = {agreement: result.count(agreement) for agreement in Agreement}
    told = [f"{counts[Agreement.AGREE]} of {sum(counts.values())} lines are right"]
    told += _counted(counts[Agreement.WRONG], ("is wrong", "are wrong"))
    told += _counted(counts[Agreement.NOT_MEASURED], ("was not measured", "were not measured"))
    return ", ".join(told)


def _counted(count: int, words: Iterable[str]) -> list[str]:
    one, several = words
    return [f"{count} {one if count == 1 else several}"] if count else []
