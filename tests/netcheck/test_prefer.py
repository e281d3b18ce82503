"""The choice of the home relay against upstream's own table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from natscope.netcheck.history import KEEP_MOVES_S, MAX_MOVES, History, Move, Reading
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


def test_a_move_is_kept_with_its_network_while_the_old_home_answers() -> None:
    history = History(home=1, readings=())
    choice = choose_home(history, {1: 0.150, 2: 0.030}, 100.0, network="eth0 192.168.1.1")
    assert choice.history.moves == (Move(at=100.0, old=1, new=2, network="eth0 192.168.1.1"),)
    back = choose_home(choice.history, {1: 0.030, 2: 0.150}, 1000.0)
    assert [(move.old, move.new) for move in back.history.moves] == [(1, 2), (2, 1)]


@pytest.mark.parametrize("latency", [{2: 0.030}, {1: 0.030, 2: 0.029}, {}])
def test_a_home_that_went_away_or_stays_is_no_move(latency: dict[int, float]) -> None:
    assert choose_home(History(home=1), latency, 100.0).history.moves == ()
    assert choose_home(History(), {2: 0.030}, 100.0).history.moves == (), "nor is the first home"


def test_moves_are_kept_for_a_day_and_not_without_end() -> None:
    moves = tuple(Move(at=float(at), old=1, new=2) for at in range(100))
    assert len(History(moves=moves).at(99.0).moves) == MAX_MOVES
    assert [move.at for move in History(moves=moves).at(98.0 + KEEP_MOVES_S).moves] == [98.0, 99.0]
    assert History(moves=moves).at(-1.0).moves == (), "nothing from the future"


def test_a_history_of_before_there_were_moves_can_be_read() -> None:
    old = b'{"home": 4, "readings": [{"at": 5.0, "latency_s": {"4": 0.02}}]}'
    assert msgspec.json.decode(old, type=History) == History(home=4, readings=(Reading(at=5.0, latency_s={4: 0.02}),))
