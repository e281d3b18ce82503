"""After Ctrl-C: what is known so far, and no more."""

from __future__ import annotations

from natscope.model.tri import Tri
from natscope.plugins.report_format import RenderOptions
from natscope_reports import text
from natscope_reports._text import interrupted
from tests.reports.drawing import lines, scene


def test_the_short_form() -> None:
    assert lines(interrupted.draw, scene("interrupted"), exit_code=130) == [
        "? Direct: unknown, stopped after 0.9 s. Known so far:",
        "  IPv4     203.0.113.24:41641       UDP works",
        "  Relays   7 of 9 answered, best fra 10.4 ms",
        "  not finished: IPv6, captive portal",
        "exit 130",
    ]


def test_nothing_known_yet() -> None:
    report = scene("no-network", interrupted=True, not_measured=(), udp=Tri.UNKNOWN)
    assert lines(interrupted.draw, report)[1:] == ["  Relays   0 of 3 answered"]


def test_verbose_shows_the_whole_page() -> None:
    assert "Observations" in text.render(scene("interrupted"), RenderOptions(verbosity=1))
    assert "Addresses" not in text.render(scene("interrupted"), RenderOptions())
