"""One family of a pair: outcome, reason and cause, over all classes that are possible."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.pair.by_classes import by_family, guessing
from natscope.diagnosis.pair.neighbours import neighbours
from natscope.diagnosis.pair.side import FamilySide, Side, Told
from natscope.model.pair import Outcome
from tests.diagnosis.pair.scenes import ADF, ANY, APDF, EIF, NO, neighbour, peer, this, told

MAYBE = told("unknown")


@pytest.mark.parametrize(
    ("one", "other", "result", "cause"),
    [
        (this(), peer(), Outcome.DIRECT, ""),
        (this(filtering=ANY), peer(filtering=ANY), Outcome.DIRECT, ""),
        (this(), peer("yes"), Outcome.NO, "NS-NAT-02"),
        (this("yes"), peer(), Outcome.NO, "NS-NAT-02"),
        (this("yes"), peer("yes"), Outcome.NO, "NS-NAT-01"),
        (this(filtering=ADF), peer("yes"), Outcome.DIRECT, ""),
        (this(filtering=ADF), peer("yes", paired=NO), Outcome.UNKNOWN, ""),
        (this(filtering=ADF), peer("yes", paired=told("unknown")), Outcome.UNKNOWN, ""),
        (this(filtering=EIF), peer("yes", paired=NO), Outcome.DIRECT, ""),
        (this(filtering=ANY), peer("yes"), Outcome.UNKNOWN, ""),
        (this("unknown"), peer(filtering=EIF), Outcome.DIRECT, ""),
        (this("unknown"), peer(), Outcome.UNKNOWN, ""),
        (this(udp=NO, works=NO), peer(), Outcome.NO, "NS-UDP-01"),
        (this(), Side(), Outcome.UNKNOWN, ""),
        (this("yes", EIF), peer("yes", EIF), Outcome.DIRECT, ""),
        (this("yes", EIF), peer("yes"), Outcome.NO, "NS-NAT-01"),
        (this("yes", EIF), peer("yes", ADF), Outcome.DIRECT, ""),
    ],
)
def test_ipv4(one: Side, other: Side, result: Outcome, cause: str) -> None:
    for first, second in ((one, other), (other, one)):
        found = by_family(first, second, 4, neighbours(first, second))
        assert (found.result, found.cause) == (result, cause)
        assert found.reason


@pytest.mark.parametrize(
    ("hairpin", "result", "cause"),
    [("yes", Outcome.DIRECT, ""), ("no", Outcome.NO, "NS-NAT-10"), ("unknown", Outcome.UNKNOWN, "")],
)
def test_behind_one_router(hairpin: str, result: Outcome, cause: str) -> None:
    one, other = this(hairpin=told(hairpin)), neighbour(hairpin=told(hairpin))
    found = by_family(one, other, 4, neighbours(one, other))
    assert (found.result, found.cause) == (result, cause)


def test_ipv6() -> None:
    works = FamilySide(works=told("yes"), varies=told("no"), translated=told("no"), lets_in=Told(APDF))
    one, other = this(v6=works), peer(v6=works)
    assert by_family(one, other, 6, neighbours(one, other)).result is Outcome.DIRECT
    found = by_family(one, peer(), 6, neighbours(one, peer()))
    assert (found.result, found.cause) == (Outcome.NO, "NS-V6-01")
    broken = peer(v6=FamilySide(works=NO, absent=NO))
    assert by_family(one, broken, 6, neighbours(one, broken)).cause == "NS-V6-02"


def test_what_was_measured_through_a_tunnel_says_nothing() -> None:
    one = replace(this(), blurred="a VPN carried what was measured")
    found = by_family(one, peer(), 4, neighbours(one, peer()))
    assert found.result is Outcome.UNKNOWN
    assert "VPN" in found.reason


@pytest.mark.parametrize(
    ("one", "other", "result", "probability"),
    [
        (this(), peer("yes"), Outcome.GUESS, 0.982),
        (this(), peer("yes", predictable=told("yes")), Outcome.GUESS, None),
        (this("yes"), peer("yes"), Outcome.NO, None),
        (this("yes", predictable=MAYBE), peer("yes", predictable=MAYBE), Outcome.UNKNOWN, None),
    ],
)
def test_guessing(one: Side, other: Side, result: Outcome, probability: float | None) -> None:
    found = guessing(one, other, neighbours(one, other))
    assert found is not None
    assert found.result is result
    assert found.probability == (None if probability is None else pytest.approx(probability, abs=0.001))


def test_nobody_guesses_where_it_is_direct() -> None:
    assert guessing(this(), peer(), neighbours(this(), peer())) is None
    assert guessing(this(udp=NO, works=NO), peer(), neighbours(this(), peer())) is None


def test_evidence_of_both_sides_is_cited() -> None:
    found = by_family(this(), peer(), 4, neighbours(this(), peer()))
    assert {"o1", "o3", "o4"} <= set(found.evidence)
