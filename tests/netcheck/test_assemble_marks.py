"""Marks from one observation: what arrived, what was changed as it may be, and every reason not to know."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.observation import Outcome, ProbeOutcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_marks import LOST, NO_HELPER, UNCLEAR, UNTOLD, Marks, marks_of
from tests.netcheck.observed import seen

SENT = 34 << 2 | 2


def marks(told: int | None, outcome: Outcome = Outcome.ANSWERED, **data: Any) -> Marks:
    one = seen("path.marks", outcome, family=4, data={"sent": SENT, "told": told} | data)
    return marks_of(4, [one])


@pytest.mark.parametrize(
    ("told", "ecn", "dscp"),
    [
        (SENT, Tri.YES, Tri.YES),
        (SENT | 3, Tri.YES, Tri.YES),  # a router on the way had a queue, and said so
        (SENT & ~3, Tri.NO, Tri.YES),
        (SENT & ~3 | 1, Tri.NO, Tri.YES),
        (2, Tri.YES, Tri.NO),
        (0, Tri.NO, Tri.NO),
        (46 << 2 | 2, Tri.YES, Tri.NO),
    ],
)
def test_what_came(told: int, ecn: Tri, dscp: Tri) -> None:
    found = marks(told)
    assert (found.ecn, found.dscp, found.reasons) == (ecn, dscp, {})
    assert len(found.evidence) == 1


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (marks(None), UNTOLD),
        (marks(None, Outcome.NO_ANSWER, plain_answered=4), LOST),
        (marks(None, Outcome.NO_ANSWER, plain_answered=2), UNCLEAR),
        (marks(None, Outcome.LOCAL_ERROR), "this system refused to mark packets"),
        (marks_of(4, []), NO_HELPER),
        (marks_of(6, [seen("path.marks", Outcome.ANSWERED, family=4, data={"sent": 2, "told": 2})]), NO_HELPER),
    ],
)
def test_what_is_not_known_has_its_reason(found: Marks, reason: str) -> None:
    assert (found.ecn, found.dscp) == (Tri.UNKNOWN, Tri.UNKNOWN)
    assert found.reasons == {"ecn": reason, "dscp": reason}


def test_a_probe_that_was_left_out_says_why() -> None:
    left_out = ProbeOutcome(name="path_marks", title="x", state="skipped", reason="--skip")
    assert marks_of(4, [], [left_out]).reasons["ecn"] == "--skip"
