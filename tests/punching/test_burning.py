"""Ports that burn: who begins decides. Prediction is about both at once, and is what plain punchers get."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.judge import judge_pair
from natscope.diagnosis.pair.side import PEER
from natscope.lab.build_sim import sim_reports, simulated
from natscope.lab.scenario_values import read_scenario
from tests.punching.punch import punch
from tests.punching.together import foretold, is_direct

BURNS, DROPS, BY_ADDRESS = "linux-masquerade-open-input", "linux-masquerade", "restricted"


def text(here: str, there: str) -> str:
    sites = "".join(f'[sites.{name}]\nnat = "{nat}"\n' for name, nat in (("left", here), ("right", there)))
    hosts = '[hosts.alice]\nat = "left"\n[hosts.bob]\nat = "right"\n'
    return f'title = "x"\n[netcheck]\nprofile = "full"\n{sites}{hosts}'


def begins(here: str, there: str, first: str) -> bool:
    """Whether the two meet where `first` sends alone for two rounds."""
    scenario = read_scenario("burning", text(here, there))
    with simulated(replace(scenario, relays={})) as net:
        second = "bob" if first == "alice" else "alice"
        return punch(net, net.hosts[first], net.hosts[second], alone=2)


@pytest.mark.parametrize(("here", "there"), [(BURNS, DROPS), (BURNS, BURNS), (BURNS, BY_ADDRESS)])
def test_at_the_same_moment_it_works_as_is_foretold(here: str, there: str) -> None:
    assert is_direct(text(here, there), "alice", "bob")
    assert foretold(text(here, there), "alice", "bob").path == "direct"


def test_only_the_side_whose_port_burns_may_begin() -> None:
    assert begins(BURNS, DROPS, "alice")
    assert not begins(BURNS, DROPS, "bob")
    assert begins(DROPS, DROPS, "bob")
    assert not begins(BURNS, BURNS, "alice")
    assert not begins(BURNS, BURNS, "bob")


def test_a_peer_that_hears_any_port_may_begin() -> None:
    assert begins(BURNS, BY_ADDRESS, "bob")


@pytest.mark.parametrize(
    ("here", "there", "fires"), [(BURNS, DROPS, True), (DROPS, DROPS, False), (BURNS, BY_ADDRESS, False)]
)
def test_the_cause_is_claimed_where_that_is_so(here: str, there: str, fires: bool) -> None:
    reports = sim_reports(read_scenario("burning", text(here, there)))
    facts = PairFacts(from_report(reports["alice"]), from_report(reports["bob"], PEER, peer=True))
    claims = {claim.cause.id: claim for claim in judge_pair(facts)}
    assert ("NS-NAT-15" in claims) is fires
    if fires:
        support = claims["NS-NAT-15"].support
        assert support.title == "Your router gives up its port to packets that come too early: your side must begin."
        assert support.evidence[0].startswith("o")
