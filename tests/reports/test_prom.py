"""Prometheus text: well-formed, each name once, unknown is a state and never a number."""

from __future__ import annotations

import re

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.prom import render
from tests.reports.drawing import scene
from tests.reports.scenes import names
from tests.reports.test_format_contract import with_texts

SAMPLE = re.compile(r'^([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})? ([-+0-9.e]+)$')


@pytest.mark.parametrize("name", names())
def test_it_is_well_formed(name: str) -> None:
    heads: list[str] = []
    series: set[str] = set()
    for line in render(scene(name), RenderOptions()).splitlines():
        if line.startswith("# TYPE "):
            heads.append(line.split()[2])
        elif not line.startswith("# HELP "):
            found = SAMPLE.match(line)
            assert found, line
            assert found[1] == heads[-1], "all series of a name stand together"
            assert line.rpartition(" ")[0] not in series, "no series twice"
            series.add(line.rpartition(" ")[0])
    assert len(heads) == len(set(heads))


def test_exactly_one_state_holds() -> None:
    text = render(scene("no-network"), RenderOptions())
    states = dict(re.findall(r'natscope_direct\{verdict="(\w+)"\} (\d)', text))
    assert states == {"likely": "0", "unlikely": "0", "no": "0", "unknown": "1"}


def test_a_relay_that_was_not_reached_has_no_latency() -> None:
    text = render(scene("dead-relay"), RenderOptions())
    assert 'natscope_relay_latency_seconds{region="fra",by="udp4"}' in text
    assert 'natscope_relay_latency_seconds{region="syd"' not in text
    assert 'natscope_relay_failed{region="syd"} 1' in text


def test_a_label_cannot_end_early() -> None:
    text = render(with_texts(scene("healthy"), lambda _: 'a"} 7\nnatscope_x 1 \\'), RenderOptions())
    assert all(SAMPLE.match(line) for line in text.splitlines() if not line.startswith("#"))
