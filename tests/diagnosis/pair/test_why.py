"""Why a pair's finding is claimed, or is not: whatever a ground cites is found in one of the two reports."""

from __future__ import annotations

import pytest

from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.pair.judge import pair_modules, settled_pair
from natscope.diagnosis.pair.of_reports import facts_of_reports
from natscope.diagnosis.pair.why import PEER_PREFIX, why_pair
from natscope.diagnosis.why import Standing
from natscope.errors import UserError
from tests.reports.scenes import load

HARD, CONE = load("mapping-varies"), load("port-restricted")
PAIRS = (("mapping-varies", "port-restricted"), ("udp-blocked", "healthy"), ("port-restricted", "mapping-varies"))


def test_the_packets_of_both_stand_behind_it() -> None:
    chain = why_pair(facts_of_reports(HARD, CONE), CONE, "nat-02")
    assert chain.standing is Standing.CLAIMED
    cited = set(chain.support.evidence)
    assert cited == set(chain.observations)
    assert any(name.startswith(PEER_PREFIX) for name in cited)
    assert any(not name.startswith(PEER_PREFIX) for name in cited)
    one = chain.observations["peer:o1"]
    assert one == next(o for o in CONE.observations if o.id == "o1")


@pytest.mark.parametrize(("this", "peer"), PAIRS)
def test_it_says_what_the_pair_says(this: str, peer: str) -> None:
    reports = load(this), load(peer)
    facts = facts_of_reports(*reports)
    shown = {claim.cause.id for claim in settled_pair(facts)}
    ids = [module.CAUSE.id for module in pair_modules()]
    claimed = {name for name in ids if why_pair(facts, reports[1], name).standing is Standing.CLAIMED}
    assert claimed == shown


def test_without_the_peers_report_its_observations_are_not_made_up() -> None:
    chain = why_pair(facts_of_reports(HARD, CONE), None, "NS-NAT-02")
    assert not any(name.startswith(PEER_PREFIX) for name in chain.observations)


def test_what_is_about_one_side_alone_leads_to_its_report() -> None:
    alone = next(entry.id for entry in entries() if not hasattr(entry.load(), "pair_evidence"))
    with pytest.raises(UserError, match="about one side alone") as raised:
        why_pair(facts_of_reports(HARD, CONE), CONE, alone)
    assert raised.value.hint == f"natscope report view A.json --why {alone}"
