"""Programs without a tunnel device."""

from __future__ import annotations

import pytest

from natscope.diagnosis.causes.perf import perf_05_userspace as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshStatus
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from natscope.wire.local_api.details import decode_details
from tests.diagnosis.pair.scenes import in_userspace, peer, this
from tests.wire.local_api.recorded import body


@pytest.mark.parametrize(
    ("here", "there", "blame", "where"),
    [
        (True, False, Blame.THIS, "on your side"), (False, True, Blame.PEER, "at the peer"),
        (True, True, Blame.BOTH, "on your side and at the peer"),
    ],
)  # fmt: skip
def test_only_possible_however_many(here: bool, there: bool, blame: Blame, where: str) -> None:
    facts = in_userspace(here=here, there=there)
    support = cause.pair_evidence(facts)
    assert isinstance(support, PairSupport)
    assert (support.certainty, support.blame) == (Certainty.POSSIBLE, blame)
    assert f"program {where} runs without a tunnel device" in support.title
    assert cause.pair_against(facts).holds is Tri.NO


def test_not_told_is_not_no() -> None:
    assert cause.pair_evidence(PairFacts(this(), peer())).holds is Tri.UNKNOWN
    half = PairFacts(this(), peer(), status=MeshStatus(has_tunnel=True))
    assert cause.pair_evidence(half).holds is Tri.UNKNOWN
    assert cause.pair_evidence(in_userspace(here=False, there=False)).holds is Tri.NO
    silent = PairFacts(this(), peer(), status=MeshStatus(has_tunnel=True), details=PeerDetails(is_userspace=None))
    assert cause.pair_evidence(silent).holds is Tri.UNKNOWN


def test_as_a_daemon_tells_it() -> None:
    facts = PairFacts(this(), peer(), details=decode_details(body("whois.http")))
    assert cause.pair_evidence(facts).holds is Tri.YES
