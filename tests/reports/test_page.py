"""The page in its order: the answer first, what to do, the facts, the cost, the next command."""

from __future__ import annotations

from natscope.plugins.report_format import RenderOptions
from natscope_reports._text import page
from tests.reports.drawing import scene


def test_the_order_of_the_sections() -> None:
    drawn = page.draw(scene("map-problems"), RenderOptions(exit_code=0))
    places = [
        drawn.index(text)
        for text in ("Direct: ", "! warn", "\nAddresses", "\nRouter", "\nRelays", "\nNot measured", "exit 0", "Next: ")
    ]
    assert places == sorted(places)
    assert drawn.splitlines()[-1].startswith("Next: ")


def test_a_healthy_screen_fits_a_small_terminal() -> None:
    assert page.draw(scene("healthy"), RenderOptions(exit_code=0)).count("\n") <= 32
