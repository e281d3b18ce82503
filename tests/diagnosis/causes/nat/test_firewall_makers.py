"""Makers by the first three bytes: known ones, in either form; nobody else."""

from __future__ import annotations

import pytest

from natscope.diagnosis.causes.nat.firewall_makers import maker_of


@pytest.mark.parametrize(
    ("prefix", "maker"),
    [("00:1b:17", "Palo Alto Networks"), ("00:09:0F", "Fortinet"), ("0006b1", "SonicWall"), ("00:00:00", ""), ("", "")],
)
def test_makers(prefix: str, maker: str) -> None:
    assert maker_of(prefix) == maker
