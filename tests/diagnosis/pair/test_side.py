"""A side's names, families and endpoints; answers that carry less."""

from __future__ import annotations

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import Kind
from natscope.diagnosis.pair.side import PEER, YOU, Side, Told, named, weaker
from natscope.model.endpoint import Endpoint
from natscope.model.tri import Tri


def test_names() -> None:
    assert named("") is PEER
    side = Side(names=named("nas"))
    assert (side.called, side.whose, side.at) == ("nas", "nas's", "at nas")
    assert Side(names=YOU).whose == "your"
    assert len(named("x" * 10_000_000).called) == 63


def test_endpoints_by_kind_and_family() -> None:
    ends = tuple(Endpoint.parse(text) for text in ("10.0.0.2:1", "203.0.113.7:1", "[2001:db8::1]:1"))
    side = Side(endpoints=ends)
    assert side.of_kind(Kind.PUBLIC) == ends[1:]
    assert side.of_kind(Kind.PUBLIC, family=6) == ends[2:]
    assert side.family(6) is side.v6


def test_weaker_never_makes_stronger() -> None:
    fact = Told(Tri.YES, Strength.FACT, ("o1",))
    assert weaker(fact, Strength.DECISIVE) == fact
    assert weaker(fact, Strength.ABSENCE).strength is Strength.ABSENCE
    assert weaker(Told(Tri.YES, Strength.DECISIVE), Strength.FACT).strength is Strength.FACT
