"""After Ctrl-C: what is known so far, in a few lines."""

from __future__ import annotations

from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope_reports._text import addresses, verdict
from natscope_reports._text.ink import FAINT, Sheet
from natscope_reports._text.latency_columns import reached
from natscope_reports._text.numbers import milliseconds


def draw(sheet: Sheet, report: Report) -> None:
    """The whole page."""
    verdict.answer(sheet, report, ". Known so far:")
    udp = "UDP works" if report.udp is Tri.YES else ""
    for label, part in (("IPv4", report.ipv4), ("IPv6", report.ipv6)):
        if part.endpoints:
            family = 4 if label == "IPv4" else 6
            for value, _ in addresses.rows(sheet, report, family, part):  # type: ignore[arg-type]
                addresses.row(sheet, label, value, udp)
                label, udp = "", ""
    times = sorted((t, r.region_code or str(r.region_id)) for r in report.relays if (t := reached(r)) is not None)
    count = f"{len(times):,} of {sum(r.measured for r in report.relays):,} answered"
    best = f", best {times[0][1]} {milliseconds(times[0][0])}" if times else ""
    addresses.row(sheet, "Relays", count + best, "")
    if report.not_measured:
        sheet.paragraph(f"not finished: {', '.join(entry.what for entry in report.not_measured)}", 2, FAINT)
    if sheet.options.exit_code is not None:
        sheet.line((f"exit {sheet.options.exit_code}", FAINT))
