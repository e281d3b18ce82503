"""Nothing was sent, so nothing was tried."""

from __future__ import annotations

from natscope.diagnosis.causes.ctl import ctl_08_idle as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.trial import Trial
from natscope.model.finding import Certainty
from natscope.model.mesh_status import MeshNode
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import node, peer, this


def test_idle_is_the_nodes_own_word() -> None:
    support = cause.pair_evidence(PairFacts(this(), peer(), node=node(is_active=False)))
    assert support.certainty is Certainty.CERTAIN
    assert cause.pair_evidence(PairFacts(this(), peer(), node=node())).holds is Tri.NO
    assert cause.pair_evidence(PairFacts(this(), peer(), node=MeshNode())).holds is Tri.UNKNOWN
    assert cause.pair_evidence(PairFacts(this(), peer())).holds is Tri.UNKNOWN


def test_a_ping_is_traffic() -> None:
    facts = PairFacts(this(), peer(), node=node(is_active=False), trial=Trial(silent=1))
    assert cause.pair_against(facts).holds is Tri.YES
    assert cause.pair_against(PairFacts(this(), peer())).holds is Tri.NO
