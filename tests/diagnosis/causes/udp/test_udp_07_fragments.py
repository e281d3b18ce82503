"""NS-UDP-07: only where a full packet arrives beside the lost pieces."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-UDP-07"


def test_lost_pieces_are_certain() -> None:
    finding = found(scene("fragments-dropped"))[ID]
    assert (finding.certainty, finding.detail) == (Certainty.CERTAIN, "Over IPv4.")


@pytest.mark.parametrize("answer", [Tri.YES, Tri.UNKNOWN])
def test_pieces_that_arrive_or_were_not_tried_are_no_claim(answer: Tri) -> None:
    report = scene("fragments-dropped")
    path = msgspec.structs.replace(report.path, v4=msgspec.structs.replace(report.path.v4, fragments=answer))
    assert claim(msgspec.structs.replace(report, path=path), ID) is None
