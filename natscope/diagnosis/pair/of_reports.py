"""Two reports, one of each side: prediction, causes, and what would make the two direct."""

from __future__ import annotations

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.relayed import explain_direct, explain_relayed
from natscope.diagnosis.pair.side import YOU, Names, named
from natscope.model.pair import Explanation
from natscope.model.report import Report


def facts_of_reports(
    one: Report,
    other: Report,
    *,
    names: tuple[Names | None, Names | None] = (None, None),
    ages_s: tuple[float | None, float | None] = (None, None),
) -> PairFacts:
    """The first is this side. `names` None: the computer's own name; `ages_s` in seconds, None: of now."""
    first, second = (given or named(report.host.name) for given, report in zip(names, (one, other), strict=True))
    if names == (None, None) and one.host.name == other.host.name:
        first, second = YOU, named("")
    return PairFacts(
        this=from_report(one, first, age_s=ages_s[0]),
        peer=from_report(other, second, age_s=ages_s[1], peer=True),
        report=one,
    )


def explain_reports(facts: PairFacts) -> Explanation:
    """Why the two are, or are not, expected to meet directly. Clean the names in it before drawing."""
    return explain_direct(facts) if facts.prediction.path == "direct" else explain_relayed(facts)
