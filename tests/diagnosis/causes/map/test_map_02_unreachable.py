"""NS-MAP-02: what was granted and tried in vain."""

from __future__ import annotations

import msgspec
import pytest

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
    assert claim(msgspec.structs.replace(report, port_mapping=group, observations=kept), ID) is None


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
