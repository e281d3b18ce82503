"""Scenarios against beds: what is true, what was measured in each bed, and whether they agree.

Measuring is the caller's: a function from scenario and bed to reports by host. Drawing is pure. The kernel bed waits
most of the time, so several of its scenarios are measured side by side; the simulator computes, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from natscope.errors import NatscopeError
from natscope.lab.scenario import Bed, Scenario
from natscope.lab.truth import Agreement, Comparison, compare, unexplained
from natscope.model.report import Report
from natscope.plugins.clean import clean

SLOW, MOST_SLOW = "full", 4
"""The profile that takes long and mostly waits; so many of its scenarios stand beside the others from the start."""
Measure: TypeAlias = Callable[[Scenario, Bed], Mapping[str, Report]]
_SIGNS = {Agreement.AGREE: "agree", Agreement.WRONG: "WRONG", Agreement.NOT_MEASURED: "not measured yet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BedResult:
    """One scenario in one bed. `cannot`: why the bed cannot express it; `failure`: why it could not be measured.

    `unexplained`: `HOST: FIELD` of what reports leave unknown though nothing says why. It is shown and no fault: files
    of one's own may say little about their networks. The shipped ones have none.
    """

    bed: Bed
    comparisons: tuple[Comparison, ...] = ()
    unexplained: tuple[str, ...] = ()
    cannot: str = ""
    failure: str = ""

    @property
    def acceptable(self) -> bool:
        """Measured without a wrong or missing claim, or not to be measured here at all."""
        return not self.failure and all(found.acceptable for found in self.comparisons)

    def count(self, agreement: Agreement) -> int:
        """How many claims."""
        return sum(found.agreement is agreement for found in self.comparisons)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One scenario in every bed that was asked for. `differences`: claims that the beds measured differently."""

    scenario: str
    title: str
    results: tuple[BedResult, ...]
    differences: tuple[str, ...] = ()

    @property
    def acceptable(self) -> bool:
        """In every bed, and the beds agree."""
        return not self.differences and all(result.acceptable for result in self.results)


def matrix(
    scenarios: Iterable[Scenario],
    beds: Sequence[Bed],
    measure: Measure,
    *,
    jobs: int = 1,
    stop: Callable[[], None] = lambda: None,
) -> Generator[MatrixRow, None, None]:
    """Row by row, in the order given. `jobs` scenarios stand in the kernel bed at once, beside slow ones, which wait.

    Then `measure` is called from several threads for that bed. Whoever stops asking for rows ends it: `stop` is called
    to end what is being measured.
    """
    rows = list(scenarios)
    pool, slow = ThreadPoolExecutor(max(1, jobs)), ThreadPoolExecutor(MOST_SLOW)
    try:
        standing: dict[str, Future[BedResult]] = {}
        if Bed.KERNEL in beds:
            for scenario in rows:
                executor = slow if jobs > 1 and scenario.how.profile == SLOW else pool
                standing[scenario.source] = executor.submit(_result, scenario, Bed.KERNEL, measure)
        for scenario in rows:
            results = tuple(
                standing[scenario.source].result() if bed is Bed.KERNEL else _result(scenario, bed, measure)
                for bed in beds
            )
            yield MatrixRow(
                scenario=scenario.name, title=scenario.title, results=results, differences=tuple(_differences(results))
            )
    except BaseException:
        for executor in (pool, slow):
            executor.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    finally:
        for executor in (pool, slow):
            executor.shutdown()


def _result(scenario: Scenario, bed: Bed, measure: Measure) -> BedResult:
    if not scenario.can(bed):
        return BedResult(bed=bed, cannot=scenario.cannot[bed])
    try:
        reports = measure(scenario, bed)
    except NatscopeError as error:
        return BedResult(bed=bed, failure=error.message)
    open_ = tuple(f"{host}: {what}" for host, report in reports.items() for what in unexplained(scenario, host, report))
    return BedResult(bed=bed, comparisons=compare(scenario, reports), unexplained=open_)


def _differences(results: Sequence[BedResult]) -> Iterator[str]:
    """Claims that two beds answered with different words; where one does not know, they do not contradict.

    What is known to be wrong may be right by luck in one of them.
    """
    told: dict[tuple[str, str], str] = {}
    for result in results:
        for found in result.comparisons:
            if found.agreement is not Agreement.NOT_MEASURED and not found.excuse:
                other = told.setdefault((found.who, found.what), found.measured)
                if other != found.measured and found.what != "public":  # a pool may show any of its addresses
                    yield f"{found.who}: {found.what} is {other} in one bed and {found.measured} in the other"


def draw_row(row: MatrixRow, *, brief: bool = False) -> str:
    """One scenario: a line for each bed, and unless `brief` one for each claim."""
    lines = [f"{row.scenario}: {clean(row.title)}"]
    lines += [f"  {result.bed:<7} {_summary(result)}" for result in row.results]
    lines += [f"  the beds differ: {clean(difference)}" for difference in row.differences]
    for result in row.results:
        lines += [f"  {result.bed:<7} unknown, and nothing says why: {clean(what)}" for what in result.unexplained]
    claims = _claims(row)
    shown = claims if not brief else [c for c in claims if any(not f.acceptable for f in c if f is not None)]
    lines += [_claim_line(row, claim) for claim in shown]
    return "\n".join(lines) + "\n"


def _summary(result: BedResult) -> str:
    if result.cannot:
        return f"cannot express it: {clean(result.cannot)}"
    if result.failure:
        return f"NOT MEASURED: {clean(result.failure)}"
    parts = [f"{count} {_SIGNS[a]}" for a in Agreement if (count := result.count(a)) or a is Agreement.AGREE]
    known = sum(bool(found.excuse) for found in result.comparisons)
    return ", ".join(parts) + (f" ({known} of them known)" if known else "")


def _claims(row: MatrixRow) -> list[tuple[Comparison | None, ...]]:
    """Each claim with what every bed says about it."""
    keys: dict[tuple[str, str], None] = {}
    tables = []
    for result in row.results:
        table = {(found.who, found.what): found for found in result.comparisons}
        keys |= dict.fromkeys(table)
        tables.append(table)
    return [tuple(table.get(key) for table in tables) for key in keys]


def _claim_line(row: MatrixRow, claim: Sequence[Comparison | None]) -> str:
    first = next(found for found in claim if found is not None)
    cells = [f"{result.bed} {_cell(found)}" for result, found in zip(row.results, claim, strict=True) if found]
    return f"    {clean(first.who, 14):<14} {first.what:<21} {clean(first.truth):<28} {'; '.join(cells)}".rstrip()


def _cell(found: Comparison) -> str:
    if found.agreement is Agreement.WRONG:
        words = f"{clean(found.measured)}: WRONG"
        return f"{words}, as is known: {clean(found.excuse)}" if found.excuse else words
    return _SIGNS[found.agreement]
