"""Why packets go through a relay: whose side, how sure, what to do, what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.relayed import PEER_COMMAND, explain_relayed
from natscope.diagnosis.pair.side import FamilySide
from natscope.diagnosis.pair.trial import Trial
from natscope.model.finding import Certainty
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import ANY, FAILED, NOW, SCENES, node, peer, this
from tests.reports.scenes import load


@pytest.mark.parametrize(
    ("name", "short", "whose", "certainty", "first"),
    [
        ("cone and symmetric", "its router: random ports", Blame.PEER, Certainty.CERTAIN, "NS-NAT-02"),
        ("cone and symmetric, tried", "its router: random ports", Blame.PEER, Certainty.LIKELY, "NS-NAT-02"),
        ("two symmetric", "both routers: random ports", Blame.BOTH, Certainty.CERTAIN, "NS-NAT-01"),
        ("blocked here", "your network drops UDP", Blame.THIS, Certainty.CERTAIN, "NS-UDP-01"),
        ("blocked there", "its network drops UDP", Blame.PEER, Certainty.CERTAIN, "NS-UDP-01"),
        ("home relay silent from here", "its home relay does not answer", Blame.UNKNOWN, Certainty.LIKELY, "NS-CTL-01"),
    ],
)
def test_causes(name: str, short: str, whose: Blame, certainty: Certainty, first: str) -> None:
    found = explain_relayed(SCENES[name]())
    assert (found.short, found.blame, found.certainty, found.causes[0]) == (short, whose, certainty, first)
    assert found.fixes
    assert found.sentence.endswith(".")
    assert found.this_side
    assert found.peer_side


def test_a_dominating_cause_of_this_side_comes_first() -> None:
    report = load("captive-portal")
    facts = PairFacts(from_report(report), peer("yes"), trial=FAILED, node=node(), report=report)
    found = explain_relayed(facts)
    assert (found.causes, found.blame) == (("NS-ENV-06",), Blame.THIS)


def test_what_should_be_direct_is_said_so() -> None:
    found = explain_relayed(PairFacts(this(), peer(), trial=FAILED, node=node()))
    assert found.short == "no reason seen from here"
    assert "could be direct" in found.sentence
    assert found.certainty is None


def test_no_answer_at_all() -> None:
    found = explain_relayed(PairFacts(this(), peer("yes"), trial=Trial(silent=5), node=node()))
    assert found.short == "no answer"
    assert "has it online" in found.sentence


def test_one_known_hard_side_is_possible_only() -> None:
    there = replace(peer("yes"), is_measured=False)
    found = explain_relayed(PairFacts(this("unknown"), there, trial=FAILED, node=node()))
    assert (found.short, found.certainty, found.blame) == ("its router: random ports", Certainty.POSSIBLE, Blame.PEER)


def test_own_hard_side_and_an_unknown_peer() -> None:
    report = load("mapping-varies")
    there = replace(peer("unknown", ANY), is_measured=False)
    found = explain_relayed(PairFacts(from_report(report), there, trial=FAILED, node=node(), report=report))
    assert (found.causes, found.certainty, found.blame) == (("NS-NAT-01",), Certainty.POSSIBLE, Blame.THIS)
    assert found.peer_command == PEER_COMMAND
    assert "IPv6" not in " ".join(fix.do for fix in found.fixes), "the peer has none"
    known = replace(there, v6=FamilySide())
    found = explain_relayed(PairFacts(from_report(report), known, trial=FAILED, node=node(), report=report))
    assert ["IPv6" in fix.do for fix in found.fixes] == [False, False, True]


def test_what_only_the_other_side_could_tell() -> None:
    there = replace(peer("yes", ANY), is_measured=False)
    found = explain_relayed(PairFacts(this(), there, trial=FAILED, node=node()))
    assert found.unknowable == ("whom the peer's router lets in",)
    certain = explain_relayed(SCENES["cone and symmetric"]())
    assert certain.unknowable == ()
    assert certain.peer_command == ""


def test_nothing_known_here_asks_for_a_netcheck_here() -> None:
    here = replace(this("unknown", ANY), is_measured=False)
    found = explain_relayed(PairFacts(here, peer(), trial=Trial(is_tried=Tri.YES), node=node()))
    assert found.short == "no netcheck of this side"
    assert "Of your side is missing" in found.sentence


def test_wireguard_that_does_not_answer() -> None:
    stale = node(last_write=NOW, last_handshake=NOW - timedelta(seconds=900))
    found = explain_relayed(PairFacts(this(), peer(), node=stale))
    assert found.short == "WireGuard does not answer"


@pytest.mark.parametrize("name", SCENES)
def test_every_explanation_fits_its_places(name: str) -> None:
    found = explain_relayed(SCENES[name]())
    assert 0 < len(found.short) <= 40
    assert found.sentence[0].isupper()
    assert found.sentence.endswith(".")
    assert found.prediction is not None
