"""CSV in long form, one fact a row: for spreadsheets and data frames.

A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, "CSV Injection"). Source: RFC 4180.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from natscope.model.report import Report
from natscope.plugins.clean import clean
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._measures import measures

FORMAT = Format(
    name="csv", media_type="text/csv", extension="csv", for_terminal=False, summary="one fact a row, for spreadsheets"
)
COLUMNS = ("run", "started", "part", "name", "of", "value", "unit")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(report: Report, options: RenderOptions) -> str:
    """Head and rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in _rows(report):
        writer.writerow([_cell(text) for text in (report.run_id, report.started_at, *row)])
    return out.getvalue()


def _rows(report: Report) -> Iterator[tuple[str, str, str, str, str]]:
    """Part, name, of what, value, unit."""
    yield "verdict", "direct", "", report.verdict.direct, ""
    yield "verdict", "sentence", "", report.verdict.sentence, ""
    for finding in report.findings:
        yield "finding", finding.id, finding.severity, finding.title, finding.certainty
    for family, part in (("IPv4", report.ipv4), ("IPv6", report.ipv6)):
        for endpoint in part.endpoints:
            yield "address", family, endpoint.local, f"{endpoint.address} {endpoint.port}", ""
    for measure in measures(report):
        of = " ".join(f"{name}={value}" for name, value in measure.labels)
        yield "measure", measure.name, of, f"{measure.value:.9g}", measure.unit
    for entry in report.not_measured:
        yield "not measured", entry.what, entry.flag, entry.reason, ""


def _cell(text: str) -> str:
    cleaned = clean(text)
    return f"'{cleaned}" if cleaned.startswith(_FORMULA) and not _is_number(cleaned) else cleaned


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
