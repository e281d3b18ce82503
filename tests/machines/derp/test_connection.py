"""A connection changes from HTTP to frames once."""

from __future__ import annotations

from tests.machines.derp.test_front import Door


def test_after_the_upgrade_nothing_of_http_is_kept() -> None:
    door = Door()
    before, after = door.open(), door.join("a")
    assert before.http is not None
    assert before.outlet.owner is before
    assert (after.http, after.request, after.outlet) == (None, None, after.client)
    assert after.outlet.owner is after
    assert after.ready([b"1", b"2"]) == b"12"
