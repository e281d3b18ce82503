"""A client of another process, as this one sees it."""

from __future__ import annotations

from natscope.machines.derp.away import Away
from natscope.machines.derp.siblings import Sibling
from natscope.wire.derp.frames import PeerPresent


def test_it_has_the_key_that_was_told_and_no_twins_at_first() -> None:
    link = Sibling(1, "2")
    away = Away(7, PeerPresent(bytes(range(32))), link)
    assert (away.number, away.key, away.link, away.has_twins) == (7, bytes(range(32)), link, False)
