"""Verdicts: numbers with names."""

from __future__ import annotations

from natscope.machines.nat import verdicts
from natscope.machines.nat.translator import is_drop


def test_every_number_has_one_name() -> None:
    numbers = {v for k, v in vars(verdicts).items() if k.isupper() and isinstance(v, int)}
    assert numbers == set(range(len(verdicts.NAMES)))
    assert len(set(verdicts.NAMES)) == len(verdicts.NAMES)


def test_drops_come_after_what_goes_on() -> None:
    assert not is_drop(verdicts.FORWARD_OUT)
    assert not is_drop(verdicts.FORWARD_IN)
    assert all(is_drop(n) for n in range(verdicts.FIRST_DROP, len(verdicts.NAMES)))
    assert verdicts.NAMES[verdicts.NO_MAPPING] == "no mapping"
