"""NS-ENV-01: the system's own route into a TUN interface with a sign of a proxy is certain, and hides the NAT."""

from __future__ import annotations

from natscope.diagnosis.engine import diagnose
from natscope.model.finding import Certainty, Severity
from natscope.model.nat import Mapping
from natscope.model.tri import Tri
from natscope.model.verdict import Direct
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-ENV-01"


def test_the_route_is_certain_and_the_sign_is_told() -> None:
    finding = found(around("proxy-tunnel"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.FAIL)
    assert "leave by Meta: its address 198.18.0.1 lies in 198.18.0.0/15" in finding.detail
    assert "Relays answer past it too, by eth0." in finding.detail
    assert "how your router translates (NAT type)" in finding.hides


def test_it_comes_first_and_no_nat_type_is_said() -> None:
    report = diagnose(around("proxy-tunnel"))
    assert report.findings[0].id == ID
    assert report.verdict.direct is Direct.UNKNOWN
    assert report.verdict.reasons == (ID,)
    assert report.nat.mapping is Mapping.UNKNOWN
    assert report.nat.mapping_varies is Tri.UNKNOWN
    assert report.nat.port_preservation is Tri.UNKNOWN
    assert "Meta" in report.nat.reasons["mapping_varies"]


def test_another_address_past_it_is_told_beside_the_one_through_it() -> None:
    finding = found(around("proxy-tunnel", uplink={"public": ("192.0.2.9:41641",)}))[ID]
    assert "Past it, by eth0, relays see 192.0.2.9; through it 203.0.113.24." in finding.detail


def test_a_proxy_elsewhere_in_the_network_by_names_alone() -> None:
    report = diagnose(around("invented-addresses"))
    finding = report.findings[0]
    assert (finding.id, finding.certainty) == (ID, Certainty.LIKELY)
    assert finding.title.startswith("A proxy program in this network answers for your relays")
    assert "leads to 198.18.0.2" in finding.detail
    assert "fake-ip-filter" in finding.fixes[0].do
    assert report.verdict.reasons == (ID,)
    assert report.nat.mapping is Mapping.UNKNOWN


def test_silent_for_a_vpn_for_a_network_card_and_without_a_look() -> None:
    assert claim(around("vpn-tunnel"), ID) is None
    assert claim(around("proxy-tunnel", way={"tunnel": Tri.NO, "owner": ""}), ID) is None
    assert claim(around("proxy-tunnel", way={"tunnel": Tri.UNKNOWN, "owner": ""}, hijacked=Tri.UNKNOWN), ID) is None
    assert claim(around("proxy-tunnel", way={"failure": "network is unreachable"}), ID) is None
    assert claim(unlooked("proxy-tunnel"), ID) is None
