"""Rows about new ports and lifetimes: only what is known, short enough for their columns."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.nat import AddressPooling, PortAllocation, PortCollision
from natscope.model.tri import Tri
from natscope_reports._text.nat import LABEL, VALUE
from natscope_reports._text.ports import port_rows, time_rows
from tests.reports.nat_scenes import with_nat
from tests.reports.scenes import load

ROWS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"port_allocation": PortAllocation.PRESERVING}, []),
    (
        {"port_allocation": PortAllocation.SEQUENTIAL, "port_step": 2, "port_prediction": 0.9, "port_samples": 16},
        ["New ports", "one after another", "", "sequential +2, 90% of 16 foretold"],
    ),
    ({"port_allocation": PortAllocation.SEQUENTIAL}, ["New ports", "one after another", "", "sequential"]),
    (
        {"port_allocation": PortAllocation.RANDOM, "port_samples": 16, "port_parity": Tri.YES},
        ["New ports", "without a pattern", "", "random, 16 seen, parity kept"],
    ),
    ({"pooling": AddressPooling.ARBITRARY}, ["Public address", "differs by socket", "bad", "arbitrary pooling"]),
    ({"port_collision": PortCollision.TAKEN_OVER}, ["Same port twice", "second takes it", "bad", "port overloading"]),
    ({"stun_alg": Tri.YES}, ["Edits packets", "yes", "bad", "STUN ALG"]),
]
TIMES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"hairpinning": Tri.YES}, ["Own address", "works from inside", "good", "hairpinning"]),
    (
        {"hairpinning": Tri.YES, "hairpin_source": "internal"},
        ["Own address", "works from inside", "good", "hairpinning, private source shown"],
    ),
    ({"hairpinning": Tri.NO}, ["Own address", "not from inside", "", "no hairpinning"]),
    ({"mapping_lifetime_s": 20.0}, ["Forgets after", "20 s of silence", "bad", "mapping lifetime"]),
    ({"mapping_lifetime_s": 60.0}, ["Forgets after", "60 s of silence", "normal", "mapping lifetime"]),
    ({"mapping_lifetime_s": 120.0}, ["Forgets after", "120 s of silence", "good", "mapping lifetime"]),
    ({"mapping_lifetime_at_least_s": 75.0}, ["Forgets after", "more than 75 s", "", "mapping lifetime"]),
    ({"absolute_lifetime_s": 60.0}, ["Ends at age", "60 s, though used", "bad", "absolute lifetime"]),
    ({"refresh_inbound": Tri.NO}, ["Kept alive by", "your packets only", "", "no inbound refresh"]),
]


@pytest.mark.parametrize(("changes", "expected"), ROWS)
def test_ports(changes: dict[str, Any], expected: list[str]) -> None:
    rows = list(port_rows(with_nat(load("healthy"), **changes)))
    assert [list(row) for row in rows] == ([expected] if expected else [])


@pytest.mark.parametrize(("changes", "expected"), TIMES)
def test_times(changes: dict[str, Any], expected: list[str]) -> None:
    rows = list(time_rows(with_nat(load("healthy"), **changes)))
    assert [list(row) for row in rows] == ([expected] if expected else [])


def test_they_fit_their_columns() -> None:
    for _, expected in ROWS + TIMES:
        if expected:
            assert len(expected[0]) <= LABEL - 3
            assert len(expected[1]) < VALUE
