"""Versions that are far apart."""

from __future__ import annotations

import pytest

from natscope.diagnosis.causes.ctl import ctl_07_old_version as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.mesh_details import PeerDetails
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import peer, this


@pytest.mark.parametrize(
    ("mine", "theirs", "holds"),
    [
        ("1.102.5-t1", "1.60.1", "yes"), ("1.60.1", "1.102.5", "yes"), ("1.102.5", "1.96.0", "no"),
        ("1.102.5", "", "unknown"), ("", "1.60.1", "unknown"), ("2.0.1", "1.98.0", "unknown"),
        ("1.102.5", "\x1b[31m", "unknown"), ("1." + "9" * 5000, "1.2.3", "unknown"),
    ],
)  # fmt: skip
def test_versions(mine: str, theirs: str, holds: str) -> None:
    facts = PairFacts(this(), peer(), own_version=mine, details=PeerDetails(version=theirs))
    assert cause.pair_evidence(facts).holds is Tri(holds)
    assert cause.pair_against(facts).holds is Tri.NO


def test_the_older_side_is_named() -> None:
    facts = PairFacts(this(), peer(), own_version="1.60.1", details=PeerDetails(version="1.102.5"))
    support = cause.pair_evidence(facts)
    assert isinstance(support, PairSupport)
    assert support.blame is Blame.THIS
    assert "1.60 here" in support.detail
