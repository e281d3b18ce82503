"""How a document is drawn for where it goes: a terminal as the console decided, everything else plain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.cli.render import DEFAULT_WIDTH, Console
from natscope.plugins.report_format import Format, RenderOptions

if TYPE_CHECKING:
    from natscope.model.preflight import PeerForecast
    from natscope.model.report import Report


def render_options(
    shape: Format,
    console: Console,
    destination: str,
    *,
    code: int,
    fail_on: str,
    again: str = "",
    report: Report | None = None,
) -> RenderOptions:
    """`destination` is a file, or empty or `-` for standard output; `code` the exit code that the last line tells.

    `again` are options of a run that the next command needs too. `report` is what will be drawn, where it is one. What
    may go to strangers unmasked is noted on standard error.
    """
    if shape.for_strangers and report is not None and not report.masked and console.verbosity >= 0:
        console.note("not masked: addresses and names are this network's own; --redact masks them")
    drawn = shape.for_terminal and destination in ("", "-")
    return RenderOptions(
        width=console.width if drawn else DEFAULT_WIDTH,
        colour=console.colour and drawn,
        ascii_only=console.ascii_only and drawn,
        verbosity=min(console.verbosity, 2),
        exit_code=code,
        fail_on=fail_on,
        again=again,
        peers=peers_of(report) if shape.wants_peers and report is not None else (),
    )


def peers_of(report: Report) -> tuple[PeerForecast, ...]:
    """Whom the report lets expect direct connections with."""
    from natscope.diagnosis.preflight.judge import side_of  # not before the first packet
    from natscope.diagnosis.preflight.peers import forecasts

    return forecasts(side_of(report))
