"""NS-V6-01: read from this host's own tables, so certain; never a claim when IPv6 was not tried or nothing works."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.why import Standing, why
from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-V6-01"


@pytest.mark.parametrize(
    ("state", "os_support", "detail"),
    [
        ("absent", Tri.YES, ""),
        ("link-local-only", Tri.YES, "It has link-local addresses only."),
        ("absent", Tri.NO, "The system has it switched off."),
    ],
)
def test_three_ways_to_have_none(state: str, os_support: Tri, detail: str) -> None:
    report = scene("mapping-varies")
    part = msgspec.structs.replace(report.ipv6, state=state, os_support=os_support)
    finding = found(msgspec.structs.replace(report, ipv6=part))[ID]
    assert (finding.certainty, finding.severity, finding.detail) == (Certainty.CERTAIN, Severity.INFO, detail)
    assert finding.evidence


@pytest.mark.parametrize(("works", "state"), [(Tri.UNKNOWN, "unknown"), (Tri.NO, "broken"), (Tri.YES, "works")])
def test_other_states_are_no_claim(works: Tri, state: str) -> None:
    report = scene("mapping-varies")
    part = msgspec.structs.replace(report.ipv6, works=works, state=state)
    assert claim(msgspec.structs.replace(report, ipv6=part), ID) is None


def test_nothing_works_at_all() -> None:
    assert claim(scene("no-relay-answered"), ID) is None
    report = scene("mapping-varies")
    for works in (Tri.NO, Tri.UNKNOWN):
        four = msgspec.structs.replace(report.ipv4, works=works)
        assert why(msgspec.structs.replace(report, ipv4=four), ID).standing is Standing.UNKNOWN


def test_it_is_true_of_many_sound_networks() -> None:
    """Where IPv4 is of no use, its fix is the first of what is of no use."""
    varies = found(scene("mapping-varies"))
    assert varies[ID].minor
    assert "IPv6" in varies["NS-NAT-01"].fixes[0].do


def test_an_answer_from_inside_is_no_ipv6() -> None:
    report = scene("healthy")
    seen = tuple(msgspec.structs.replace(e, address="::1") for e in report.ipv6.endpoints)
    inside = msgspec.structs.replace(report, ipv6=msgspec.structs.replace(report.ipv6, endpoints=seen))
    assert why(report, ID).standing is Standing.NOT_SEEN
    assert why(inside, ID).standing is Standing.UNKNOWN
