"""Which sides are hard, easy or blocked: for sure only."""

from __future__ import annotations

from dataclasses import replace

from natscope.diagnosis.pair.facts import PairFacts
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import NO, peer, this, told


def test_sides() -> None:
    facts = PairFacts(this(), peer("yes"))
    assert facts.easy() == (facts.this,)
    assert facts.hard() == (facts.peer,)
    assert facts.blocked() == ()
    assert facts.is_this(facts.this)
    assert not facts.is_this(facts.peer)


def test_what_is_not_sure_is_neither() -> None:
    facts = PairFacts(this("unknown"), replace(peer("yes"), blurred="a VPN"))
    assert facts.easy() == facts.hard() == ()


def test_blocked() -> None:
    facts = PairFacts(this(udp=NO, works=NO), peer(udp=told("unknown")))
    assert facts.blocked() == (facts.this,)


def test_both_are_asked_once() -> None:
    facts = PairFacts(this(), peer())
    assert facts.near.same_router is Tri.NO
    assert facts.prediction is facts.prediction
    assert facts.prediction.path == "direct"
