"""The relays as a table: the fastest first, silent ones below with their reason."""

from __future__ import annotations

from natscope.model.report import RelayReport, Report
from natscope_reports._content.table import Cell, Table
from natscope_reports._text import latency_columns
from natscope_reports._text.latency_columns import Column, reached
from natscope_reports._text.numbers import age
from natscope_reports._text.relays import label


def relays(report: Report) -> Table:
    """Every measured region; the home relay is marked."""
    measured = sorted((relay for relay in report.relays if relay.measured), key=_speed)
    columns = latency_columns.choose(report, wide=True) if measured else ()
    rows = tuple(_row(report, relay, columns) for relay in measured)
    answered = sum(reached(relay) is not None for relay in measured)
    heads = ("Relay", "Place", *(column.title for column in columns), "Note")
    note = f"{answered} of {len(measured)} answered"
    return Table("relays", "Relays", heads, rows, note, tuple(_notes(report)))


def _speed(relay: RelayReport) -> tuple[bool, float, int]:
    value = reached(relay)
    return (value is None, value or 0.0, relay.region_id)


def _row(report: Report, relay: RelayReport, columns: tuple[Column, ...]) -> tuple[Cell, ...]:
    home = relay.region_id == report.preferred_relay.region_id
    told = [relay.error.message] if relay.error else []
    note = ", ".join([*(["home relay"] if home else []), *told])
    silent = reached(relay) is None
    cells = (Cell(column.cell(report, relay)[0]) for column in columns)
    return (
        Cell(label(relay), is_name=True),
        Cell(relay.region_name),
        *cells,
        Cell(note, "bad" if silent and relay.error else ""),
    )


def _notes(report: Report) -> list[str]:
    the_map = report.relay_map
    old = [] if the_map.cached_age_s is None else [f"map from the cache, {age(the_map.cached_age_s)} old"]
    return [*old, *the_map.warnings]
