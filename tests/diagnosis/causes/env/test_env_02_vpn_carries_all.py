"""NS-ENV-02: another VPN, or an exit node whose own agent goes past it."""

from __future__ import annotations

from natscope.diagnosis.engine import diagnose
from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-ENV-02"


def test_a_vpn_is_certain_and_both_addresses_are_told() -> None:
    finding = found(around("vpn-tunnel"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.FAIL)
    assert "Past it, by eth0, relays see 203.0.113.24; through it 198.51.100.77." in finding.detail


def test_an_exit_node_whose_agent_goes_past_it_is_a_warning() -> None:
    report = diagnose(around("exit-node"))
    finding = next(f for f in report.findings if f.id == ID)
    assert (finding.severity, finding.title) == (
        Severity.WARN, "An exit node of a mesh VPN carries this computer's packets.",
    )  # fmt: skip
    assert "mark of a mesh agent leave by eth0" in finding.detail
    assert [fix.do for fix in finding.fixes] == ["Measure once without the exit node."]
    assert "measure once without it" in report.verdict.explanation


def test_a_vpn_that_spares_the_agent_is_a_warning_too() -> None:
    finding = found(around("vpn-tunnel", way={"agent_interface": "eth0"}))[ID]
    assert finding.severity is Severity.WARN
    assert "goes past it" in finding.title


def test_without_another_uplink_nothing_is_said_about_one() -> None:
    finding = found(around("vpn-tunnel", uplinks=()))[ID]
    assert finding.detail == "Packets to 4 of 4 relays leave by wg0."


def test_silent_for_a_proxy_and_without_a_look() -> None:
    assert claim(around("proxy-tunnel"), ID) is None
    assert claim(around("vpn-tunnel", way={"tunnel": Tri.NO}, hijacked=Tri.NO), ID) is None
    assert claim(unlooked("vpn-tunnel"), ID) is None
