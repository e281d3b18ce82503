"""OpenTelemetry metrics as JSON: the body of one POST to a collector's /v1/metrics.

`curl -H 'Content-Type: application/json' --data-binary @FILE http://COLLECTOR:4318/v1/metrics`.
Source: opentelemetry-proto, collector/metrics/v1 and its JSON mapping (OTLP 1.x): 64-bit integers are text.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from natscope.model.report import Report
from natscope.plugins.clean import clean
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._measures import Labels, Measure, measures

FORMAT = Format(
    name="otlp",
    media_type="application/json",
    extension="json",
    for_terminal=False,
    summary="OpenTelemetry metrics as JSON, for a collector's /v1/metrics",
)


def render(report: Report, options: RenderOptions) -> str:
    """One resource, one scope, a gauge per name; one line, for a program."""
    at = _nanoseconds(report.started_at)
    document = {
        "resourceMetrics": [
            {
                "resource": {"attributes": _attributes(_resource(report))},
                "scopeMetrics": [
                    {
                        "scope": {"name": "natscope", "version": clean(report.natscope)},
                        "metrics": [
                            _metric(list(group), at) for _, group in groupby(measures(report), lambda m: m.name)
                        ],
                    }
                ],
            }
        ]
    }
    return msgspec.json.encode(document).decode() + "\n"


def _resource(report: Report) -> Labels:
    return (
        ("service.name", "natscope"),
        ("service.version", report.natscope),
        ("host.name", report.host.name),
        ("host.arch", report.host.architecture),
        ("os.type", report.host.os.lower()),
    )


def _metric(group: list[Measure], at: str) -> dict[str, Any]:
    first = group[0]
    points = [
        {"timeUnixNano": at, "asDouble": measure.value, "attributes": _attributes(measure.labels)} for measure in group
    ]
    return {"name": first.name, "description": first.help, "unit": first.unit, "gauge": {"dataPoints": points}}


def _attributes(labels: Labels) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": clean(value)}} for name, value in labels]


def _nanoseconds(started_at: str) -> str:
    """Of the Unix epoch; 0, which OTLP reads as not known, for a time that is none."""
    try:
        return str(int(datetime.fromisoformat(started_at).timestamp()) * 1_000_000_000)
    except (ValueError, OverflowError, OSError):
        return "0"
