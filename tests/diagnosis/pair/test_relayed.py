"""Why packets go through a relay: whose side, how sure, what to do, what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.relayed import PEER_COMMAND, explain_relayed
from natscope.diagnosis.pair.side import YOU, FamilySide, Side
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import ANY, FAILED, NOW, SCENES, neighbour, node, peer, this, told
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


def telling(*ends: str, **more: Any) -> Side:
    """A peer of which nothing but its addresses is known."""
    return Side(endpoints=tuple(map(Endpoint.parse, ends)), tells_all=True, **more)


@pytest.mark.parametrize("trial", [FAILED, Trial(is_tried=Tri.YES)])
def test_a_peer_to_which_nobody_can_send(trial: Trial) -> None:
    def said(there: Side) -> str:
        found = explain_relayed(PairFacts(this(), there, trial=trial, node=node()))
        return f"{found.short} | {found.sentence}"

    assert said(telling()) == (
        "it tells no address | The peer tells no address, so nobody can send to it: a direct path would have to begin"
        " there. Perhaps UDP is blocked there: over UDP relays show a node its public address."
    )
    private = said(telling("192.168.178.4:1"))
    assert private.startswith("it tells private addresses only | The peer tells private addresses only, so nobody out")
    assert said(telling("100.70.3.4:1")).startswith("it tells no public address | ")
    assert "Perhaps" not in said(telling(udp=told("yes")))
    for other in (telling("198.51.100.60:1"), telling("[2001:db8::1]:1"), replace(telling(), tells_all=False)):
        assert "can send to it" not in said(other)


def test_a_neighbour_that_tells_private_addresses_only() -> None:
    there = replace(neighbour(), endpoints=(Endpoint.parse("192.168.1.21:41641"),), tells_all=True)
    found = explain_relayed(PairFacts(this(), there, node=node()))
    assert "can send to it" not in found.sentence


PORTS = tuple(Endpoint.parse(f"198.51.100.13:{port}") for port in (41641, 42085, 43288))


def test_several_ports_of_one_address_are_a_sign_and_no_more() -> None:
    here = replace(this("unknown", ANY), names=YOU, is_measured=False, endpoints=PORTS, tells_all=True)
    there = replace(peer("unknown", ANY), is_measured=False, v6=FamilySide())
    found = explain_relayed(PairFacts(here, there, node=node()))
    assert (found.short, found.causes) == ("perhaps random ports", ("NS-NAT-01",))
    assert (found.certainty, found.blame) == (Certainty.POSSIBLE, Blame.THIS)
    assert found.sentence.startswith(
        "This node tells 3 ports of one public address, 198.51.100.13: perhaps its router "
    )
    assert "A port that was opened for it, or that changed a moment ago, looks the same." in found.sentence
    assert found.fixes
    assert found.prediction is not None
    assert found.prediction.path == "unknown", "a sign foretells nothing"
    measured = replace(here, v4=this("no", ANY).v4)
    one_port = replace(here, endpoints=PORTS[:1])
    of_a_report = replace(here, tells_all=False)
    for other in (measured, one_port, of_a_report):
        assert explain_relayed(PairFacts(other, there, node=node())).certainty is None
    six = FamilySide(works=told("yes"), translated=told("no"), lets_in=this().v4.lets_in)
    by_six = PairFacts(replace(here, v6=six), replace(there, v6=six), node=node())
    assert explain_relayed(by_six).certainty is None, "another way is there, so the ports are not the reason"


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
