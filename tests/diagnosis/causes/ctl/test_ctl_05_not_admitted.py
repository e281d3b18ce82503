"""What the control server says of a node."""

from __future__ import annotations

from natscope.diagnosis.causes.ctl import ctl_05_not_admitted as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import SCENES, node, peer, this


def test_expired_and_not_approved_have_fixes_of_their_own() -> None:
    expired, waiting = (cause.pair_evidence(SCENES[name]()) for name in ("expired key", "not approved"))
    assert expired.certainty is waiting.certainty is Certainty.CERTAIN
    assert expired.fixes == (cause.LOG_IN,)
    assert waiting.fixes == (cause.APPROVE,)


def test_what_nobody_told_is_not_known() -> None:
    assert cause.pair_evidence(PairFacts(this(), peer())).holds is Tri.UNKNOWN
    told = PairFacts(this(), peer(), node=node(is_expired=False), details=PeerDetails(is_authorized=True))
    assert cause.pair_evidence(told).holds is Tri.NO
    assert cause.pair_against(told).holds is Tri.NO
