"""OTLP: the shape that a collector takes, and the same values as the Prometheus text."""

from __future__ import annotations

import json
import re

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports import prom
from natscope_reports.otlp import render
from tests.reports.drawing import scene
from tests.reports.scenes import names


@pytest.mark.parametrize("name", names())
def test_the_values_are_those_of_the_prometheus_text(name: str) -> None:
    report = scene(name)
    (resource,) = json.loads(render(report, RenderOptions()))["resourceMetrics"]
    (scope,) = resource["scopeMetrics"]
    found = []
    for metric in scope["metrics"]:
        assert set(metric) == {"name", "description", "unit", "gauge"}
        for point in metric["gauge"]["dataPoints"]:
            assert re.fullmatch(r"\d{19}", point["timeUnixNano"])
            found.append((metric["name"], float(f"{point['asDouble']:.9g}")))
    lines = [line for line in prom.render(report, RenderOptions()).splitlines() if not line.startswith("#")]
    assert found == [(re.split(r"[{ ]", line)[0], float(line.rpartition(" ")[2])) for line in lines]


def test_the_resource_names_the_service_and_the_host() -> None:
    (resource,) = json.loads(render(scene("healthy"), RenderOptions()))["resourceMetrics"]
    told = {a["key"]: a["value"]["stringValue"] for a in resource["resource"]["attributes"]}
    assert told["service.name"] == "natscope"
    assert told["host.name"] == scene("healthy").host.name
