"""A port that burns, and a peer that hears only the port that it wrote to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.causes.nat import nat_15_port_burns as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import blame, judge_pair
from natscope.diagnosis.pair.relayed import explain_relayed
from natscope.diagnosis.pair.side import named
from natscope.model.finding import Certainty
from natscope.model.nat import Filtering
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import SCENES, neighbour, peer, this, told

YES = told("yes", Strength.FACT)


def test_who_must_begin() -> None:
    support = cause.pair_evidence(SCENES["early packets burn a port"]())
    assert support.certainty is Certainty.LIKELY
    assert support.title.endswith("come too early: your side must begin.")
    theirs = PairFacts(this(), peer(burns=YES))
    assert cause.pair_evidence(theirs).title.endswith("come too early: the peer must begin.")
    (claim,) = (claim for claim in judge_pair(theirs) if claim.cause.id == "NS-NAT-15")
    assert blame(claim) is Blame.PEER
    assert cause.pair_evidence(theirs).title.startswith("The router of the peer gives up its port ")
    alice = PairFacts(this(), replace(peer(burns=YES), names=named("alice")))
    assert cause.pair_evidence(alice).title.startswith("The router of alice gives up its port ")
    assert support.title.startswith("Your router gives up its port ")
    both = PairFacts(this(burns=YES), peer(burns=YES))
    assert cause.pair_evidence(both).title.endswith("both must send at the same moment.")


def test_it_explains_a_way_that_stays_on_a_relay() -> None:
    found = explain_relayed(SCENES["early packets burn a port, tried"]())
    assert found.causes == ("NS-NAT-15",)
    assert (found.blame, found.certainty) == (Blame.THIS, Certainty.LIKELY)
    assert [fix.effort for fix in found.fixes] == ["E1", "E3"]


@pytest.mark.parametrize(
    ("facts", "holds", "against"),
    [
        (PairFacts(this(), peer()), Tri.UNKNOWN, Tri.NO),
        (PairFacts(this(burns=told("no")), peer(burns=told("no"))), Tri.NO, Tri.NO),
        (PairFacts(this(burns=YES), peer(filtering=Filtering.UNKNOWN)), Tri.UNKNOWN, Tri.NO),
        (PairFacts(this(burns=YES), peer(filtering=Filtering.ENDPOINT_INDEPENDENT)), Tri.NO, Tri.NO),
        (PairFacts(this(burns=YES), peer("yes")), Tri.YES, Tri.YES),
        (PairFacts(this(burns=YES), neighbour()), Tri.YES, Tri.YES),
        (PairFacts(this(burns=YES), peer("unknown")), Tri.YES, Tri.UNKNOWN),
        (PairFacts(replace(this(burns=YES), blurred="a VPN carried it"), peer()), Tri.UNKNOWN, Tri.NO),
    ],
    ids=["unknown", "no", "filter unknown", "hears any", "another port anyway", "one router", "not known", "blurred"],
)
def test_what_keeps_it_silent(facts: PairFacts, holds: Tri, against: Tri) -> None:
    assert (cause.pair_evidence(facts).holds, cause.pair_against(facts).holds) == (holds, against)
