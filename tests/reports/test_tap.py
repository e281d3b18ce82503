"""TAP: the plan is the number of points, and no name can change a point's meaning."""

from __future__ import annotations

import json
import re

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.tap import render
from tests.reports.drawing import scene
from tests.reports.scenes import names
from tests.reports.test_format_contract import with_texts

POINT = re.compile(r"^(ok|not ok) (\d+) - ((?:[^#\\]|\\.)*?)( # SKIP .*)?$")


@pytest.mark.parametrize("name", names())
def test_the_plan_holds(name: str) -> None:
    lines = render(scene(name), RenderOptions()).splitlines()
    assert lines[0] == "TAP version 14"
    points = [line for line in lines if line.startswith(("ok", "not ok"))]
    assert lines[1] == f"1..{len(points)}"
    for number, line in enumerate(points, start=1):
        found = POINT.match(line)
        assert found, line
        assert int(found[2]) == number


def test_what_was_not_measured_is_skipped_with_its_reason() -> None:
    text = render(scene("healthy"), RenderOptions())
    assert re.search(r"^ok \d+ - not measured: .* # SKIP \w", text, flags=re.MULTILINE)


def test_details_are_yaml_that_json_reads() -> None:
    text = render(scene("udp-blocked"), RenderOptions())
    (message,) = re.findall(r"NS-UDP-01\n  ---\n  message: (.*)", text)
    assert json.loads(message).startswith("This network drops UDP")


def test_a_name_cannot_skip_or_add_a_point() -> None:
    text = render(with_texts(scene("udp-blocked"), lambda _: "x # SKIP\nnot ok 1"), RenderOptions())
    assert all(POINT.match(line) or line.startswith(("TAP", "1..", "  ")) for line in text.splitlines())
    assert not re.search(r"[^\\]# SKIP\\x0anot", text)
