"""Prediction of a pair from what is known, and the relay that serves both."""

from __future__ import annotations

import itertools

import pytest

from natscope.diagnosis.pair.predict import best_relay, predict
from natscope.diagnosis.pair.side import FamilySide, Side
from natscope.model.pair import Outcome, Via
from tests.diagnosis.pair.scenes import (
    ADF,
    ANY,
    APDF,
    EIF,
    FAILED,
    NO,
    SCENES,
    neighbour,
    peer,
    removals,
    this,
    told,
)


@pytest.mark.parametrize(
    ("one", "other", "path", "via"),
    [
        (this(), peer(), "direct", Via.V4),
        (this(), neighbour(), "direct", Via.LAN),
        (this("yes"), peer("yes"), "relay", Via.UNKNOWN),
        (this(), peer("yes"), "relay", Via.UNKNOWN),
        (this("yes"), peer("yes", opens=told("yes")), "direct", Via.PORT_MAPPING),
        (this(filtering=ANY), peer("yes"), "unknown", Via.V4),
        (this(), peer("yes", opens=told("unknown")), "unknown", Via.PORT_MAPPING),
        (Side(), Side(), "unknown", Via.V4),
        (this(udp=NO, works=NO), peer(), "relay", Via.UNKNOWN),
    ],
)
def test_path(one: Side, other: Side, path: str, via: Via) -> None:
    found = predict(one, other)
    assert (found.path, found.via) == (path, via)
    assert found.reason


def test_a_trial_replaces_it() -> None:
    assert predict(this(), peer()).path == "direct"
    assert predict(this(), peer(), FAILED).path == "relay"


def test_ipv6_before_ipv4() -> None:
    six = FamilySide(works=told("yes"), varies=told("no"), translated=told("no"))
    assert predict(this("yes", v6=six), peer("yes", v6=six)).via is Via.V6


def test_both_ways_are_one() -> None:
    kinds = list(itertools.product(("yes", "no", "unknown"), (EIF, ADF, APDF, ANY)))
    for (a, f), (b, g) in itertools.product(kinds, kinds):
        assert predict(this(a, f), peer(b, g)).path == predict(peer(b, g), this(a, f)).path


@pytest.mark.parametrize("name", SCENES)
def test_knowing_less_never_turns_an_answer_round(name: str) -> None:
    """Taking facts away may make it unknown, or leave it; a relay never becomes direct, nor the other way round."""
    facts = SCENES[name]()
    before = predict(facts.this, facts.peer).path
    for poorer in removals(facts):
        after = predict(poorer.this, poorer.peer).path
        assert after in (before, "unknown") or before == "unknown", (before, after)


def test_the_best_relay_for_both() -> None:
    one = this(latency_ms={"fra": 10.0, "ams": 20.0, "nyc": 90.0}, home="fra")
    other = peer(latency_ms={"ams": 5.0, "fra": 30.0}, home="ams")
    assert best_relay(one, other) == ("ams", 25.0)
    assert best_relay(one, peer(home="syd")) == ("syd", None)
    assert best_relay(this(), peer()) == ("", None)


def test_chance_of_guessing_is_told_with_a_relay() -> None:
    found = predict(this(), peer("yes"))
    assert found.probability == pytest.approx(0.982, abs=0.001)
    assert any(row.result is Outcome.GUESS for row in found.candidates)
    assert predict(this(), peer()).probability is None
