"""Counts per reason."""

from __future__ import annotations

from natscope.machines.derp.counters import Counters, Drop, End


def test_reasons_are_counted_apart() -> None:
    counters = Counters()
    counters.drop(Drop.UNKNOWN_DEST, True, 62)
    counters.drop(Drop.UNKNOWN_DEST, False, 10, count=3)
    counters.drop(Drop.UNKNOWN_DEST, True, 100)
    counters.end(End.SLOW)
    assert counters.drops == {(Drop.UNKNOWN_DEST, True): 2, (Drop.UNKNOWN_DEST, False): 3}
    assert counters.dropped_bytes == {(Drop.UNKNOWN_DEST, True): 162, (Drop.UNKNOWN_DEST, False): 10}
    assert counters.ends == {End.SLOW: 1}
