"""What `-v` adds at the end: the probes that ran, and every observation; `-vv` with its raw data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope_reports._text.ink import FAINT, NAME, PLAIN, Sheet, Span, wrap
from natscope_reports._text.numbers import milliseconds

NAME_CELLS, KIND_CELLS = 6, 18


def draw(sheet: Sheet, report: Report) -> None:
    """Two sections."""
    sheet.heading("Probes")
    for probe in report.probes:
        state = f"{probe.state} in {milliseconds(probe.elapsed_ms)}" if probe.state == "ran" else probe.state
        _wrapped(
            sheet, [(f"  {sheet.fit(probe.name, KIND_CELLS)}", PLAIN)], sheet.dots(state, probe.reason, probe.flag)
        )
    draw_observations(sheet, report.observations)


def draw_observations(sheet: Sheet, observations: Sequence[Observation]) -> None:
    """The section."""
    sheet.heading("Observations", f"{len(observations):,}")
    for observation in observations:
        _observation(sheet, observation)


def _observation(sheet: Sheet, observation: Observation) -> None:
    """Id, kind, whom, and what came of it, wrapped under itself; at `-vv` the data below it."""
    told = sheet.dots(observation.target, *_told(observation))
    name = (f"  {sheet.fit(observation.id, NAME_CELLS)}", NAME)
    _wrapped(sheet, [name, (sheet.fit(observation.kind, KIND_CELLS), PLAIN)], told)
    if sheet.options.verbosity >= 2 and observation.data:
        sheet.paragraph(_raw(observation), 2 + NAME_CELLS, FAINT)


def _wrapped(sheet: Sheet, lead: list[Span], text: str) -> None:
    """Faint text behind the lead, wrapped under itself."""
    indent = sum(sheet.cells(part) for part, _ in lead)
    for line in list(wrap(sheet.clean(text), max(sheet.width - indent, 10))) or [""]:
        sheet.line(*lead, (line, FAINT))
        lead = [(" " * indent, PLAIN)]


def summary(observation: Observation) -> str:
    """What came of it, in one line."""
    return ", ".join(_told(observation))


def _told(observation: Observation) -> Iterator[str]:
    """The outcome, unless a number or a clause says more."""
    if observation.rtt_ms is not None:
        yield milliseconds(observation.rtt_ms)
    mapped = observation.data.get("mapped")
    if isinstance(mapped, str):
        yield f"sees {mapped}"
    if observation.outcome is not Outcome.ANSWERED or observation.rtt_ms is None:
        yield observation.summary or observation.error or str(observation.outcome)


def _raw(observation: Observation) -> str:
    """The data as JSON; whatever cannot be JSON as Python writes it."""
    try:
        return msgspec.json.encode(observation.data).decode()
    except (UnicodeEncodeError, TypeError):
        return repr(observation.data)
