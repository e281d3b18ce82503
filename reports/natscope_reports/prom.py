"""The Prometheus text format, for the textfile collector of node_exporter or a push.

Source: prometheus.io, "Exposition formats", version 0.0.4.
"""

from __future__ import annotations

from natscope.model.report import Report
from natscope.plugins.clean import clean
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._measures import Labels, Measure, measures

FORMAT = Format(
    name="prom",
    media_type="text/plain; version=0.0.4",
    extension="prom",
    for_terminal=False,
    summary="Prometheus text, for node_exporter's textfile collector",
)


def render(report: Report, options: RenderOptions) -> str:
    """Gauges only; each name once with its help."""
    lines: list[str] = []
    last = ""
    for measure in measures(report):
        if measure.name != last:
            lines += [f"# HELP {measure.name} {measure.help}", f"# TYPE {measure.name} gauge"]
            last = measure.name
        lines.append(f"{measure.name}{_labels(measure.labels)} {_number(measure)}")
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return clean(value).replace("\\", "\\\\").replace('"', '\\"')


def _number(measure: Measure) -> str:
    return f"{measure.value:.9g}"
