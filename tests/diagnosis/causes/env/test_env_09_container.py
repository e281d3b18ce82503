"""NS-ENV-09: marks of a container and its cable and address; a warning where ports vary."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-ENV-09"


def test_two_facts_are_likely_and_varying_ports_make_it_a_warning() -> None:
    finding = found(around("container"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.WARN)
    assert finding.detail == "Docker; packets leave by eth0 with 172.17.0.2."


def test_information_while_ports_stay() -> None:
    report = around("container")
    v4 = msgspec.structs.replace(report.nat.v4, mapping_varies=Tri.NO)
    report = msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=v4))
    assert found(report)[ID].severity is Severity.INFO


@pytest.mark.parametrize(
    "change", [{"driver": "ethernet"}, {"source": "192.168.1.20"}, {"source": "nowhere"}, {"failure": "no route"}]
)
def test_another_cable_or_address_is_no_claim(change: dict[str, str]) -> None:
    assert claim(around("container", way=change), ID) is None


def test_no_mark_or_no_look_is_no_claim() -> None:
    assert claim(around("container", computer={"container": ""}), ID) is None
    assert claim(around("container", computer={"container": None}), ID) is None
    assert claim(unlooked("container"), ID) is None
