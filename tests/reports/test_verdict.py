"""Line 1 is the answer; scripts may rely on its opening."""

from __future__ import annotations

import re

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports import text
from natscope_reports._text import verdict
from tests.reports.drawing import lines, scene
from tests.reports.scenes import names


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_the_first_line_keeps_its_form(name: str, verbosity: int) -> None:
    first = text.render(scene(name), RenderOptions(verbosity=verbosity)).splitlines()[0]
    assert re.match(r"^. Direct: (likely|unlikely|no|unknown)\b", first)


@pytest.mark.parametrize(
    ("name", "sign", "ascii_sign"),
    [
        ("healthy", "✓", "[ok]"),
        ("mapping-varies", "!", "[!!]"),
        ("udp-blocked", "✗", "[FAIL]"),
        ("no-network", "?", "[??]"),
    ],
)
def test_the_sign_says_the_same(name: str, sign: str, ascii_sign: str) -> None:
    assert lines(verdict.draw, scene(name))[0].startswith(f"{sign} Direct: ")
    assert lines(verdict.draw, scene(name), ascii_only=True)[0].startswith(f"{ascii_sign} Direct: ")


def test_a_narrow_page_wraps_the_answer() -> None:
    assert lines(verdict.answer, scene("udp-blocked"), width=40) == [
        "✗ Direct: no. This network drops UDP, so",
        "  everything goes through a relay.",
    ]


def test_quiet_is_the_answer_alone() -> None:
    assert text.render(scene("healthy"), RenderOptions(verbosity=-1)) == "✓ Direct: likely, with most peers\n"
