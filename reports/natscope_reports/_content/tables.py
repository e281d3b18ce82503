"""The tables of a report: addresses, router, way, relays, name servers, this computer, what was not measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from natscope.model.endpoint import Family
from natscope.model.report import FamilyReport, Report
from natscope.plugins.report_format import RenderOptions
from natscope_reports._content.relays import relays
from natscope_reports._content.table import Cell, Table
from natscope_reports._text import addresses, names, nat, surroundings, way
from natscope_reports._text.ink import Sheet


def tables(report: Report) -> tuple[Table, ...]:
    """Every table that has rows, in the order of the terminal's page."""
    return tuple(table for build in _TABLES if (table := build(report)).rows)


def addresses_table(report: Report) -> Table:
    """Where this computer is seen from outside."""
    sheet = Sheet(RenderOptions(verbosity=1))
    families: tuple[tuple[Family, FamilyReport], ...] = ((4, report.ipv4), (6, report.ipv6))
    rows = [
        (Cell(f"IPv{family}"), Cell(value, is_name=bool(part.endpoints)), Cell(note))
        for family, part in families
        for value, note in addresses.rows(sheet, report, family, part)
    ]
    return Table("addresses", "Addresses", ("Family", "Seen from outside", "How"), tuple(rows))


def router(report: Report) -> Table:
    """What the router does, with the field's word behind."""
    layers = report.nat.layers
    note = f"{layers} between you and the internet" if layers else ""
    other = report.cross_check
    notes = (f"{other.tool}: {other.explanation}",) if other.says and other.explanation else ()
    return Table(
        "router", nat.title(layers), ("Question", "Answer", "Field's word"), _judged(nat.rows(report)), note, notes
    )


def way_table(report: Report) -> Table:
    """Routers, longest packets, ports, rates."""
    return Table("way", "Way", ("Question", "Answer", "More"), _judged(way.rows(report)))


def computer(report: Report) -> Table:
    """What of this computer changes the rest."""
    rows = [(Cell(a), Cell(b), Cell(c)) for a, b, c in surroundings.rows(report, verbose=True)]
    return Table("computer", "This computer", ("What", "Value", "Note"), tuple(rows))


def name_servers(report: Report) -> Table:
    """Each name server with its state and time, and what is wrong with their answers."""
    found = report.dns
    if found is None:
        return Table("names", "Name servers", (), ())
    rows = [(Cell(server.address, is_name=True), Cell(state), Cell(note)) for server, state, note in names.told(found)]
    columns = ("Server", "State", "Note")
    return Table("names", "Name servers", columns, tuple(rows), notes=tuple(names.troubles(found)))


def not_measured(report: Report) -> Table:
    """What is not known, why, and what would measure it."""
    hidden = [(Cell(what), Cell(f"hidden by {f.id}"), Cell("")) for f in report.findings for what in f.hides]
    rest = [(Cell(n.what), Cell(n.reason), Cell(n.flag, is_name=bool(n.flag))) for n in report.not_measured]
    return Table("not-measured", "Not measured", ("What", "Why", "Measure it with"), (*hidden, *rest))


def _judged(rows: Iterable[tuple[str, str, str, str]]) -> tuple[tuple[Cell, ...], ...]:
    """Question, answer with its judgement, term."""
    return tuple((Cell(label), Cell(value, judgement), Cell(term)) for label, value, judgement, term in rows)


_TABLES: tuple[Callable[[Report], Table], ...] = (
    addresses_table,
    router,
    way_table,
    relays,
    name_servers,
    computer,
    not_measured,
)
