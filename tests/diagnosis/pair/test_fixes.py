"""Only what turns the prediction round is offered, cheapest first, and to whom it belongs."""

from __future__ import annotations

from dataclasses import replace

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.fixes import MAX_FIXES, at_side, changes_that_help, fixes_of
from natscope.diagnosis.pair.side import FamilySide, Side, named
from tests.diagnosis.pair.scenes import NO, peer, this, told


def offered(facts: PairFacts) -> list[str]:
    return [fix.do for fix in changes_that_help(facts)]


def test_either_side_may_open_a_port() -> None:
    fixes = changes_that_help(PairFacts(this(), replace(peer("yes"), names=named("nas"))))
    assert {fix.who for fix in fixes} >= {"you", "owner of nas"}
    assert [fix.effort for fix in fixes] == sorted(fix.effort for fix in fixes)
    assert len(fixes) <= MAX_FIXES
    assert fixes[0].who == "you"


def test_ipv6_is_no_fix_where_only_one_side_would_have_it() -> None:
    assert not any("IPv6" in text for text in offered(PairFacts(this(), peer("yes"))))
    six = FamilySide(works=told("yes"), varies=told("no"), translated=told("no"))
    assert any("IPv6" in text for text in offered(PairFacts(this(v6=six), peer("yes"))))


def test_a_port_opened_behind_a_second_router_is_none() -> None:
    facts = PairFacts(this(layers=2), peer("yes", layers=2))
    assert not any("PCP" in text for text in offered(facts))


def test_blocked_udp_comes_first() -> None:
    texts = offered(PairFacts(this(udp=NO, works=NO), peer()))
    assert texts == [fixes_of("NS-UDP-01")[0].do]


def test_nothing_is_offered_for_what_nobody_knows() -> None:
    assert offered(PairFacts(this(), Side())) == []
    assert offered(PairFacts(replace(this("yes"), blurred="a VPN"), peer("yes"))) == []


def test_texts_are_those_of_the_catalogue() -> None:
    fix = fixes_of("NS-MAP-01")[0]
    assert at_side(fix, this(), is_this=True) is fix
    moved = at_side(fix, replace(peer(), names=named("nas")), is_this=False)
    assert moved.do == f"On nas's side: {fix.do}"
    assert (moved.who, moved.verify) == ("owner of nas", fix.verify)
