"""The choice of the home relay against upstream's own table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from natscope.netcheck.history import History, Reading
from natscope.netcheck.prefer import Signs, choose_home

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/vectors/netcheck.json").read_text())
CASES = VECTORS["preferred_relay"]["cases"]
NS = 1e-9


def seconds(table: dict[str, int] | None) -> dict[int, float]:
    return {int(region_id): value * NS for region_id, value in (table or {}).items()}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_upstream_table(case: dict[str, Any]) -> None:
    now, history = 1000.0, History()
    scores = {int(r): s for r, s in (case["region_score"] or {}).items()}
    heard = {r: 1000.0 + at for r, at in seconds(case["last_heard_ns"]).items()}
    for step in case["steps"]:
        now += step["after_ns"] * NS
        signs = Signs(now - 0.1, heard, case["forced"])
        choice = choose_home(history, seconds(step["latency_ns"]), now, scores=scores, signs=signs)
        history = choice.history
    assert history.home == case["want_preferred"]
    assert len(history.readings) == case["want_history_len"]


def test_ties_go_to_the_smaller_id_in_any_order() -> None:
    for table in ({7: 0.01, 3: 0.01}, {3: 0.01, 7: 0.01}):
        assert choose_home(History(), table, 0.0).home == 3


def test_says_which_nearer_region_was_not_near_enough() -> None:
    history = History(home=1, readings=(Reading(at=90.0, latency_s={1: 0.030, 2: 0.031}),))
    choice = choose_home(history, {1: 0.030, 2: 0.025}, 100.0)
    assert (choice.home, choice.kept_from, choice.reason) == (1, 2, "kept")


def test_nothing_answered_is_no_home() -> None:
    assert choose_home(History(home=1), {}, 100.0).home == 0
