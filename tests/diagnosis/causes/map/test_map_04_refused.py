"""NS-MAP-04: refusals in the router's own words, and what helps against each."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from tests.diagnosis.judging import claim, found, scene

ID = "NS-MAP-04"


def test_every_protocols_words_stand_in_it() -> None:
    finding = found(scene("mapping-refused"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    for words in ("PCP: not authorized (2)", "NAT-PMP: not authorized", "UPnP: ConflictInMappingEntry (718)"):
        assert words in finding.detail
    assert finding.fixes[0].effort == "E1"
    assert "another UDP port" in finding.fixes[0].do
    assert [fix.effort for fix in finding.fixes] == sorted(fix.effort for fix in finding.fixes)


def test_permanent_leases_only_are_no_worry() -> None:
    finding = found(scene("mapping-permanent"))[ID]
    assert finding.severity is Severity.INFO
    assert "for good" in finding.title
    assert "permanent" in finding.fixes[0].do


def test_where_another_protocol_opens_one_it_is_not_told() -> None:
    report = scene("mapping-refused")
    good = msgspec.structs.replace(report.port_mapping.pcp, proof="proved", error=None)
    group = msgspec.structs.replace(report.port_mapping, pcp=good)
    judged = claim(msgspec.structs.replace(report, port_mapping=group), ID)
    assert judged is None


def test_no_refusal_is_no_claim() -> None:
    assert claim(scene("no-port-mapping"), ID) is None
    assert claim(scene("mapping-varies"), ID) is None
