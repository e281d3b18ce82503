"""The picture: only where it explains, and only what was measured."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope_reports._text import path
from tests.reports.drawing import lines, scene


def test_blocked_udp_beside_tcp() -> None:
    assert lines(path.draw, scene("udp-blocked")) == [
        "  you ──── UDP ──── ✗                         nothing comes back",
        "      └─── TCP ──────── relay fra ✓           38.2 ms",
    ]
    assert lines(path.draw, scene("udp-blocked"), ascii_only=True) == [
        "  you ---- UDP ---- [FAIL]                    nothing comes back",
        "      `--- TCP -------- relay fra [ok]        38.2 ms",
    ]


@pytest.mark.parametrize("name", ["healthy", "mapping-varies", "no-network", "captive-portal"])
def test_no_picture_elsewhere(name: str) -> None:
    assert lines(path.draw, scene(name)) == []


def test_no_picture_when_it_is_not_certain_or_the_page_is_narrow() -> None:
    report = scene("udp-blocked")
    doubtful = msgspec.structs.replace(report.findings[0], certainty=Certainty.POSSIBLE)
    assert lines(path.draw, msgspec.structs.replace(report, findings=(doubtful,))) == []
    assert lines(path.draw, report, width=60) == []
