"""Relays as a sorted table: the fastest first, bars on one scale, silent ones below, how many more there are."""

from __future__ import annotations

from dataclasses import dataclass

from natscope.model.report import RelayReport, Report
from natscope.model.tri import Tri
from natscope_reports._text import latency_columns
from natscope_reports._text.ink import BAD, FAINT, GOOD, NAME, PLAIN, STRONG, Sheet
from natscope_reports._text.latency_columns import CELL, Column, fallback, reached
from natscope_reports._text.numbers import age, counted, milliseconds

CALM_ROWS, BUSY_ROWS, DEAD_ROWS = 10, 5, 3
"""Rows without findings, with findings, and of silent relays; `-v` shows all."""
MAX_WARNINGS = 3
MARKER, GAP = 5, 2
CODE_MAX, NAME_MAX, BAR_MAX, BAR_MIN = 12, 20, 16, 6


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells of the columns, and the latency that fills the bar."""

    code: int
    name: int
    bar: int
    columns: tuple[Column, ...]
    full_ms: float


def draw(sheet: Sheet, report: Report) -> None:
    """The section."""
    measured = [relay for relay in report.relays if relay.measured]
    if not measured:
        sheet.heading("Relays", "none to measure")
        return _notes(sheet, report, [])
    columns = latency_columns.choose(report, wide=sheet.width >= 100 or sheet.verbose)
    living = sorted((r for r in measured if reached(r) is not None), key=_speed)
    silent = sorted((r for r in measured if reached(r) is None), key=lambda r: r.region_id)
    shown, dead = _selection(sheet, report, living), silent if sheet.verbose else silent[:DEAD_ROWS]
    layout = _layout(sheet, shown, dead, columns)
    _title(sheet, report, layout, living, measured)
    for relay in shown:
        _row(sheet, report, layout, relay)
    _folded(sheet, living, shown)
    for relay in dead:
        _silent_row(sheet, layout, relay)
    if len(silent) > len(dead):
        sheet.line((f"{'':{_marker(sheet)}}{len(silent) - len(dead):,} more (-v shows them)", FAINT))
    return _notes(sheet, report, shown)


def _marker(sheet: Sheet) -> int:
    """Cells before the code; the layout reckons with the wider alphabet."""
    return 3 + len(sheet.signs.arrow)


def _speed(relay: RelayReport) -> tuple[bool, float, int]:
    """Those reached over UDP first."""
    times = relay.latency_ms
    over_udp = times.stun_v4 is not None or times.stun_v6 is not None
    return (not over_udp, reached(relay) or 0.0, relay.region_id)


def _selection(sheet: Sheet, report: Report, living: list[RelayReport]) -> list[RelayReport]:
    """The fastest, and the preferred one in any case."""
    if sheet.verbose:
        return living
    limit = BUSY_ROWS if any(finding.severity != "info" for finding in report.findings) else CALM_ROWS
    if len(living) <= limit + 1:  # folding a single line away saves nothing
        return living
    home = [relay for relay in living[limit:] if relay.region_id == report.preferred_relay.region_id]
    return living[: limit - len(home)] + home


def _layout(sheet: Sheet, shown: list[RelayReport], dead: list[RelayReport], columns: tuple[Column, ...]) -> Layout:
    """Columns go from the right, then the bar, until the rest fits."""
    rows = shown + dead
    code = min(max(sheet.cells(label(r)) for r in rows), CODE_MAX)
    name = min(max(sheet.cells(r.region_name) for r in rows), NAME_MAX)
    bar = BAR_MAX
    while True:
        free = sheet.width - MARKER - code - GAP - name - GAP - bar - CELL * len(columns)
        if free >= 0:
            break
        if bar > BAR_MIN:
            bar -= 1
        elif len(columns) > 1:
            columns = columns[:-1]
        elif name > 8:
            name -= 1
        else:
            bar = 0
            break
    full = max((reached(relay) or 0.0 for relay in shown), default=0.0)
    return Layout(code, name, bar, columns, full)


def _title(
    sheet: Sheet, report: Report, layout: Layout, living: list[RelayReport], measured: list[RelayReport]
) -> None:
    """The count, and the heads of the latency columns on the same line."""
    over = " over HTTPS" if report.udp is Tri.NO and living else ""
    count = f"{len(living):,} of {len(measured):,} answered{over}"
    left = _marker(sheet) + layout.code + GAP + layout.name + GAP + layout.bar
    parts = sheet.dots(count, _samples(report))
    narrower = left - _marker(sheet) + MARKER - 1  # both alphabets decide alike
    if len("Relays") + 3 + len(parts) > narrower + CELL - 6 and layout.columns:
        parts = count
    sheet.blank()
    heads = "".join(f"{column.title:>{CELL}}" for column in layout.columns) if living else ""
    lead = f" {sheet.signs.dot} {parts}"
    pad = left - len("Relays") - len(lead)
    if pad < 0 and heads:
        pad, heads = 0, heads[-pad:] if not heads[:-pad].strip() else ""
    sheet.line(("Relays", STRONG), (lead, FAINT), (" " * max(pad, 0), PLAIN), (heads, FAINT))


def _samples(report: Report) -> str:
    """`median of 4`: how many answers one number stands for; empty for single ones."""
    counts: dict[tuple[int | None, int | None], dict[str, int]] = {}
    for o in report.observations:
        if o.kind == "stun.binding" and o.rtt_ms is not None:
            by_target = counts.setdefault((o.region_id, o.family), {})
            by_target[o.target] = by_target.get(o.target, 0) + 1
    numbers = {max(by_target.values()) for by_target in counts.values()}
    if not numbers or numbers == {1}:
        return ""
    return f"median of {'up to ' if len(numbers) > 1 else ''}{max(numbers)}"


def _row(sheet: Sheet, report: Report, layout: Layout, relay: RelayReport) -> None:
    home = relay.region_id == report.preferred_relay.region_id
    arrow = f"  {sheet.signs.arrow}" if home else ""
    bar = _bar(sheet, reached(relay) or 0.0, layout)
    spans = [(f"{arrow:{_marker(sheet)}}", GOOD), *_names(sheet, layout, relay), (bar, GOOD if home else PLAIN)]
    for column in layout.columns:
        text, faint = column.cell(report, relay)
        spans.append((f"{text:>{CELL}}", FAINT if faint else PLAIN))
    instead = fallback(relay, layout.columns)
    used = sum(sheet.cells(text) for text, _ in spans)
    if not instead or used + 2 + len(instead) <= sheet.width:
        sheet.line(*spans, (f"  {instead}" if instead else "", FAINT))
    else:
        sheet.line(*spans)
        sheet.line((f"{'':{_marker(sheet)}}{'':{layout.code + GAP}}{instead}", FAINT))


def _silent_row(sheet: Sheet, layout: Layout, relay: RelayReport) -> None:
    """The reason stands where bar and numbers would."""
    reason = relay.error.message if relay.error else "not asked"
    if relay.latency_ms.icmp is not None:
        reason = sheet.dots(reason, f"ping {milliseconds(relay.latency_ms.icmp)}")
    sign, style = (sheet.signs.dead, BAD) if relay.error else (sheet.signs.skip, FAINT)
    sheet.line((f"{f'  {sign}':{_marker(sheet)}}", style), *_names(sheet, layout, relay), (reason, FAINT))


def _names(sheet: Sheet, layout: Layout, relay: RelayReport) -> tuple[tuple[str, str], ...]:
    return (
        (sheet.fit(label(relay), layout.code) + " " * GAP, NAME),
        (sheet.fit(relay.region_name, layout.name) + " " * GAP, PLAIN),
    )


def label(relay: RelayReport) -> str:
    """The region's code, else its number."""
    return relay.region_code or str(relay.region_id)


def _bar(sheet: Sheet, value_ms: float, layout: Layout) -> str:
    """Half cells, at least one half, padded to the bar's width."""
    if not layout.bar or layout.full_ms <= 0:
        return " " * layout.bar
    halves = max(1, round(min(value_ms / layout.full_ms, 1.0) * layout.bar * 2))
    drawn = sheet.signs.bar * (halves // 2) + sheet.signs.half * (halves % 2)
    return f"{drawn:{layout.bar}}"


def _folded(sheet: Sheet, living: list[RelayReport], shown: list[RelayReport]) -> None:
    """How many answered but are not shown, and how fast they are."""
    kept = {relay.region_id for relay in shown}
    times = [reached(relay) or 0.0 for relay in living if relay.region_id not in kept]
    if times:
        span = f"{milliseconds(min(times))} to {milliseconds(max(times))}"
        sheet.line((f"{'':{_marker(sheet)}}{len(times):,} more, {span} (-v shows them)", FAINT))


def _notes(sheet: Sheet, report: Report, shown: list[RelayReport]) -> None:
    """Where the map comes from when that matters, and in `-v` the scale of the bars."""
    the_map = report.relay_map
    if the_map.cached_age_s is not None:
        sheet.line((f"  {sheet.signs.warn} map from the cache, {age(the_map.cached_age_s)} old", PLAIN))
    for warning in the_map.warnings if sheet.verbose else the_map.warnings[:MAX_WARNINGS]:
        sheet.paragraph(warning, 4, FAINT)
    if len(the_map.warnings) > MAX_WARNINGS and not sheet.verbose:
        sheet.line((f"    {len(the_map.warnings) - MAX_WARNINGS:,} more about the map: -v", FAINT))
    left_out = sum(not relay.measured for relay in report.relays)
    if left_out:
        sheet.line((f"  {counted(left_out, 'region')} not measured: the map forbids it", FAINT))
    if sheet.verbose:
        scale = max((reached(relay) or 0.0 for relay in shown), default=0.0)
        sheet.line(
            (f"  map: {the_map.source} ({counted(the_map.regions, 'region')}, {counted(the_map.nodes, 'node')})", FAINT)
        )
        if scale:
            sheet.line((f"  a full bar is {milliseconds(scale)}", FAINT))
        if report.preferred_relay.reason:
            home = report.preferred_relay.region_code or "none"
            sheet.line((f"  home relay {home}: {report.preferred_relay.reason}", FAINT))
