"""What `-v` adds at the end: the probes that ran, and every observation; `-vv` with its raw data."""

from __future__ import annotations

import msgspec

from natscope.model.observation import Observation
from natscope.model.report import Report
from natscope_reports._text.ink import FAINT, NAME, PLAIN, Sheet
from natscope_reports._text.numbers import milliseconds

NAME_CELLS, KIND_CELLS = 8, 20


def draw(sheet: Sheet, report: Report) -> None:
    """Two sections."""
    sheet.heading("Probes")
    for probe in report.probes:
        state = f"{probe.state} in {milliseconds(probe.elapsed_ms)}" if probe.state == "ran" else probe.state
        rest = sheet.dots(state, probe.reason, probe.flag)
        sheet.line((f"  {sheet.fit(probe.name, KIND_CELLS)}", PLAIN), (rest, FAINT))
    sheet.heading("Observations", f"{len(report.observations):,}")
    for observation in report.observations:
        _observation(sheet, observation)


def _observation(sheet: Sheet, observation: Observation) -> None:
    """One line; at `-vv` the data below it."""
    told = observation.summary or observation.error
    if observation.rtt_ms is not None and not told:
        told = milliseconds(observation.rtt_ms)
    rest = sheet.dots(observation.target, told or str(observation.outcome))
    sheet.line(
        (f"  {sheet.fit(observation.id, NAME_CELLS)}", NAME),
        (sheet.fit(observation.kind, KIND_CELLS), PLAIN),
        (rest, FAINT),
    )
    if sheet.options.verbosity >= 2 and observation.data:
        try:
            raw = msgspec.json.encode(observation.data).decode()
        except (UnicodeEncodeError, TypeError):
            raw = repr(observation.data)
        sheet.paragraph(raw, 2 + NAME_CELLS, FAINT)
