"""The chain on a terminal: every strength has words, every standing a next step."""

from __future__ import annotations

import pytest

from natscope.cli.pen import Pen
from natscope.cli.why_page import draw
from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.cause import Strength
from natscope.diagnosis.why import why
from tests.reports.scenes import load, names

PEN = Pen(80, ascii_only=False, colour=False)


@pytest.mark.parametrize("name", [*names()[::7], "company-firewall", "cgnat", "no-port-mapping", "table-full"])
def test_every_cause_is_drawn_of_every_report(name: str) -> None:
    report = load(name)
    for entry in entries():
        lines = draw(why(report, entry.id), PEN)
        assert lines[0].startswith(entry.id)


def test_what_takes_two_sides_leads_to_the_pair() -> None:
    assert "natscope pair" in "\n".join(draw(why(load("healthy"), "NS-CTL-01"), PEN))


@pytest.mark.parametrize("strength", Strength)
def test_every_strength_has_words(strength: Strength) -> None:
    from natscope.cli import why_page

    assert why_page._STRENGTHS[strength]


def test_a_claim_below_certain_says_what_would_tell_more() -> None:
    drawn = draw(why(load("double-nat-possible"), "NS-NAT-08"), PEN)
    assert drawn[drawn.index("What would tell more") + 1].startswith("  - your router's own outside address (natscope")
    assert "What would tell more" not in draw(why(load("double-nat"), "NS-NAT-08"), PEN)
