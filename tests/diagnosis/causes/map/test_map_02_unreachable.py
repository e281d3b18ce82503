"""NS-MAP-02: what was granted and tried in vain."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.why import Standing, why
from natscope.model.finding import Certainty
from natscope.model.observation import Observation
from tests.diagnosis.judging import claim, found, scene

ID = "NS-MAP-02"


def test_a_private_outside_address_is_certain() -> None:
    finding = found(scene("mapping-unreachable"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert "100.71.8.2" in finding.detail
    proofs = [o.id for o in scene("mapping-unreachable").observations if o.kind == "portmap.proof"]
    assert set(proofs) <= set(finding.evidence)


def test_another_protocol_that_works_is_enough() -> None:
    report = scene("mapping-unreachable")
    good = msgspec.structs.replace(report.port_mapping.nat_pmp, proof="proved")
    group = msgspec.structs.replace(report.port_mapping, upnp=good)
    assert claim(msgspec.structs.replace(report, port_mapping=group), ID) is None


def test_granted_and_not_tried_is_no_claim() -> None:
    report = scene("mapping-unreachable")
    untried = msgspec.structs.replace(report.port_mapping.nat_pmp, proof="unproved")
    group = msgspec.structs.replace(report.port_mapping, nat_pmp=untried)
    kept: tuple[Observation, ...] = tuple(o for o in report.observations if o.kind != "portmap.proof")
    open_ = msgspec.structs.replace(report, port_mapping=group, observations=kept)
    assert claim(open_, ID) is None
    assert why(open_, ID).standing is Standing.UNKNOWN


def test_a_service_that_is_there_rules_nothing_out_before_a_port_of_it_was_tried() -> None:
    report = scene("mapping-proved")
    assert why(report, ID).standing is Standing.NOT_SEEN
    group = report.port_mapping
    bare = {name: msgspec.structs.replace(getattr(group, name), proof=None) for name in ("upnp", "nat_pmp", "pcp")}
    kept = tuple(o for o in report.observations if o.kind == "portmap.service")
    untried = msgspec.structs.replace(report, port_mapping=msgspec.structs.replace(group, **bare), observations=kept)
    assert why(untried, ID).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("external", "who"),
    [
        ("203.0.113.7:4", ["you", "you", "provider"]),
        ("192.168.0.10:4", ["you", "provider"]),
        ("100.71.8.2:4", ["provider"]),
    ],
)
def test_the_fix_is_where_the_port_ends(external: str, who: list[str]) -> None:
    """This computer's firewall is only asked about when the router's address is a public one."""
    report = scene("mapping-unreachable")
    service = msgspec.structs.replace(report.port_mapping.nat_pmp, external=external)
    group = msgspec.structs.replace(report.port_mapping, nat_pmp=service)
    finding = found(msgspec.structs.replace(report, port_mapping=group))[ID]
    assert [fix.who for fix in finding.fixes] == who
