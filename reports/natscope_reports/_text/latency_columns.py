"""The columns behind the bars: which there are, and what stands in each cell. A cell is never blank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from natscope.model.observation import Outcome
from natscope.model.report import RelayReport, Report
from natscope_reports._text.numbers import milliseconds

CELL = 12
"""Cells of a column, its gap included."""

Cell = tuple[str, bool]
"""A text and whether it is faint (a reason instead of a number)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the relay table."""

    title: str
    cell: Callable[[Report, RelayReport], Cell]


def reached(relay: RelayReport) -> float | None:
    """Its round trip; None where it did not answer as a relay."""
    return relay.latency_ms.relay


def choose(report: Report, wide: bool) -> tuple[Column, ...]:
    """The round trips that were measured, the most telling first; jitter and loss where there is room.

    HTTPS that only stood in for silent relays gets no column: `fallback` tells it in their row.
    """
    relays = report.relays
    columns = []
    if any(r.latency_ms.stun_v4 is not None for r in relays):
        columns.append(Column("IPv4", _stun(4)))
    if any(r.latency_ms.stun_v6 is not None for r in relays):
        columns.append(Column("IPv6", _stun(6)))
    over_udp = [r for r in relays if r.latency_ms.stun_v4 is not None or r.latency_ms.stun_v6 is not None]
    if any(r.latency_ms.https is not None for r in over_udp or relays):
        columns.append(Column("HTTPS", _https))
    if any(r.latency_ms.icmp is not None for r in over_udp or relays):
        columns.append(Column("ping", _icmp))
    if wide and any(r.loss is not None and r.samples for r in relays):
        columns += [Column("jitter", _jitter), Column("lost", _loss)]
    return tuple(columns)


def fallback(relay: RelayReport, columns: tuple[Column, ...]) -> str:
    """`HTTPS 186.2 ms`, for a relay reached only over HTTPS where that has no column."""
    times = relay.latency_ms
    has_column = any(column.title == "HTTPS" for column in columns)
    if has_column or times.https is None or times.stun_v4 is not None or times.stun_v6 is not None:
        return ""
    return f"HTTPS {milliseconds(times.https)}"


def _stun(family: int) -> Callable[[Report, RelayReport], Cell]:
    def cell(report: Report, relay: RelayReport) -> Cell:
        value = relay.latency_ms.stun_v4 if family == 4 else relay.latency_ms.stun_v6
        if value is not None:
            return milliseconds(value), False
        return ("no answer" if _was_asked(report, relay, "stun.binding", family) else "not asked"), True

    return cell


def _https(report: Report, relay: RelayReport) -> Cell:
    if relay.latency_ms.https is not None:
        return milliseconds(relay.latency_ms.https), False
    if relay.error is not None and relay.error.code == "certificate":
        return "cert wrong", False
    if _is_filtered(report, relay):
        return "cut off", False
    if relay.error is not None and relay.error.code.startswith("http"):
        return ("no answer" if relay.error.code == "https-timeout" else "refused"), False
    return ("no answer" if _was_asked(report, relay, "https.latency", None) else "not asked"), True


def _is_filtered(report: Report, relay: RelayReport) -> bool:
    """Whether connections with its name alone are reset on the way: then it is not the relay that refuses."""
    nodes = report.web.nodes if report.web is not None else ()
    return any(node.region_id == relay.region_id and node.error == "name-filtered" for node in nodes)


def _icmp(report: Report, relay: RelayReport) -> Cell:
    if relay.latency_ms.icmp is not None:
        return milliseconds(relay.latency_ms.icmp), False
    return ("no answer" if _was_asked(report, relay, "icmp.echo", None) else "not asked"), True


def _jitter(report: Report, relay: RelayReport) -> Cell:
    if relay.jitter_ms is not None:
        return milliseconds(relay.jitter_ms), False
    return ("one answer" if relay.samples else "no answer"), True


def _loss(report: Report, relay: RelayReport) -> Cell:
    return (f"{relay.loss * 100:.0f} %", False) if relay.loss is not None else ("not asked", True)


def _was_asked(report: Report, relay: RelayReport, kind: str, family: int | None) -> bool:
    """Whether something was sent to that region, and waited for to the end."""
    return any(
        o.kind == kind
        and o.region_id == relay.region_id
        and (family is None or o.family == family)
        and o.outcome not in (Outcome.LOCAL_ERROR, Outcome.CANCELLED)
        for o in report.observations
    )
