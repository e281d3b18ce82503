"""Packets between nodes of a region: one line a pair, broken ones first."""

from __future__ import annotations

from natscope.model.derp_check import DerpCheck, PassageReport, StepState
from natscope.model.tri import Tri
from natscope_reports._derp_check.cells import of_state
from natscope_reports._text.ink import FAINT, Sheet
from natscope_reports._text.numbers import counted, milliseconds, rate

MOST = 4
"""Pairs that are shown without -v."""
_RANK = (StepState.FAIL, StepState.WARN, StepState.UNKNOWN, StepState.OK)


def draw(sheet: Sheet, check: DerpCheck) -> None:
    """The section, where clients on different nodes were to meet."""
    pairs: dict[tuple[int, str, str], list[PassageReport]] = {}
    for passage in check.passages:
        if passage.sender != passage.receiver:
            first, second = sorted((passage.sender, passage.receiver))
            pairs.setdefault((passage.region_id, first, second), []).append(passage)
    if not pairs:
        return
    sheet.heading("Between nodes of a region", "packets both ways")
    judged = sorted(((state_of(ways), key, ways) for key, ways in pairs.items()), key=lambda row: _RANK.index(row[0]))
    shown = judged if sheet.verbose else judged[:MOST]
    names = [f"{first} {_BOTH[sheet.options.ascii_only]} {second}" for _, (_, first, second), _ in shown]
    width = min(max(map(sheet.cells, names)), max(sheet.width - 40, 10))
    for name, (state, _, ways) in zip(names, shown, strict=True):
        cell = of_state(sheet, state, words_of(state, ways))
        lead, style = cell.lead
        sheet.line(("  " + sheet.fit(name, width) + "  ", ""), (f"{lead:<{cell.room}}", style), (cell.text, cell.style))
    if len(shown) < len(judged):
        sheet.line((f"  and {counted(len(judged) - len(shown), 'more pair')}: -v", FAINT))


_BOTH = {False: "↔", True: "<->"}


def state_of(ways: list[PassageReport]) -> StepState:
    """Of both directions together."""
    if any(way.works is Tri.NO for way in ways):
        return StepState.FAIL
    if any(way.works is Tri.UNKNOWN or way.loss is None for way in ways):
        return StepState.UNKNOWN
    untidy = any(way.loss or way.doubled or way.altered or way.in_order is Tri.NO for way in ways)
    return StepState.WARN if untidy else StepState.OK


def words_of(state: StepState, ways: list[PassageReport]) -> str:
    """What is known of the pair."""
    if state is StepState.FAIL:
        broken = [way for way in ways if way.works is Tri.NO]
        if len(broken) == len(ways):
            return "nothing arrives"
        return f"nothing arrives from {broken[0].sender} to {broken[0].receiver}"
    sent, arrived = sum(way.sent for way in ways), sum(way.arrived for way in ways)
    if state is StepState.UNKNOWN:
        return next((way.reason for way in ways if way.reason), "not finished")
    times = [way.time_ms for way in ways if way.time_ms is not None]
    rates = [way.stream_bytes_per_s for way in ways if way.stream_bytes_per_s is not None]
    words = [f"{arrived} of {sent}"]
    words += [milliseconds(sum(times) / len(times))] if times else []
    words += [f"at least {rate(min(rates))}"] if rates else []
    return ", ".join(words)
