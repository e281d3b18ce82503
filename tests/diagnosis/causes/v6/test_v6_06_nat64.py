"""NS-V6-06: a prefix where there is no IPv4; beside working IPv4 it is harmless."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-V6-06"


def test_a_prefix_without_ipv4_is_certain() -> None:
    finding = found(scene("nat64"))[ID]
    assert (finding.certainty, finding.detail) == (Certainty.CERTAIN, "The prefix is 64:ff9b::/96.")


@pytest.mark.parametrize("works", [Tri.YES, Tri.UNKNOWN])
def test_working_or_untried_ipv4_is_no_claim(works: Tri) -> None:
    report = scene("nat64")
    assert claim(msgspec.structs.replace(report, ipv4=msgspec.structs.replace(report.ipv4, works=works)), ID) is None


@pytest.mark.parametrize("state", [Tri.NO, Tri.UNKNOWN])
def test_without_a_prefix_there_is_no_claim(state: Tri) -> None:
    report = scene("nat64")
    nat64 = msgspec.structs.replace(report.path.nat64, state=state)
    path = msgspec.structs.replace(report.path, nat64=nat64)
    assert claim(msgspec.structs.replace(report, path=path), ID) is None
