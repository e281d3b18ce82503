"""NS-ENV-08: it takes the setting, the silence and the counter; one of them alone is no claim."""

from __future__ import annotations

import pytest

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-ENV-08"


def test_a_counter_that_grew_is_certain() -> None:
    finding = found(around("source-check"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert "dropped 2 packets" in finding.detail


@pytest.mark.parametrize(
    "change",
    [{"answers": Tri.YES}, {"answers": Tri.UNKNOWN}, {"strict_source": Tri.NO}, {"strict_source": Tri.UNKNOWN},
     {"source_drops": 0}, {"source_drops": None}],
)  # fmt: skip
def test_each_of_the_three_is_needed(change: dict[str, object]) -> None:
    assert claim(around("source-check", uplink=change), ID) is None


def test_silent_without_a_second_uplink() -> None:
    assert claim(unlooked("source-check"), ID) is None
    assert claim(around("two-uplinks"), ID) is None
