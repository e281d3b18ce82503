"""What gets out: open by an answer, closed beside a control only, else not known."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.preflight.openings import openings
from natscope.model.finding import Certainty
from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.tri import Tri
from tests.diagnosis.judging import scene
from tests.reports.scenes import names

YES, NO, UNKNOWN = Tri.YES, Tri.NO, Tri.UNKNOWN


def gates(name: str) -> dict[str, tuple[Tri, str]]:
    return {gate.what: (gate.open, gate.says) for gate in openings(scene(name))}


@pytest.mark.parametrize(
    ("name", "what", "state", "says"),
    [
        ("healthy", "udp", YES, "answers come back"),
        ("healthy", "udp-3478", YES, "9 relays answered"),
        ("healthy", "tcp-443", UNKNOWN, "not measured"),
        ("healthy", "tcp-80", YES, "no login page"),
        ("healthy", "icmp", UNKNOWN, "not measured"),
        ("healthy", "dns", UNKNOWN, "not measured"),
        ("udp-blocked", "udp", NO, "36 packets to 9 relays, no answer"),
        ("udp-blocked", "udp-3478", NO, "as all UDP"),
        ("udp-blocked", "tcp-443", YES, "9 relays answered"),
        ("udp-other-ports", "udp", NO, "a few ports only"),
        ("udp-other-ports", "udp-3478", NO, "other ports of the same relays answer"),
        ("udp-other-ports", "udp-443", YES, ""),
        ("single-relay-silent", "udp", UNKNOWN, "4 requests to 1 host"),
        ("single-relay-silent", "udp-3478", UNKNOWN, "4 requests to 1 host"),
        ("no-relay-answered", "udp", UNKNOWN, ""),
        ("tls-opened", "tcp-443", NO, "somebody on the way opens TLS"),
        ("proxy-only", "tcp-443", NO, "through the proxy only"),
        ("https-closed", "tcp-443", YES, "4 relays answered"),
        ("captive-portal", "tcp-80", NO, "a login page answers instead"),
        ("name-server-silent", "dns", NO, ""),
    ],
)
def test_a_gate(name: str, what: str, state: Tri, says: str) -> None:
    found = gates(name)[what]
    assert found[0] is state, found
    assert says in found[1]


@pytest.mark.parametrize("name", names())
def test_every_report_has_every_gate_once(name: str) -> None:
    found = openings(scene(name))
    whats = [gate.what for gate in found]
    assert len(whats) == len(set(whats))
    assert {"udp", "udp-3478", "tcp-443", "tcp-80", "dns", "icmp"} <= set(whats)
    assert all(gate.says or gate.open is not UNKNOWN for gate in found), "unknown has a reason"


def test_silence_that_may_be_the_relays_doing_closes_nothing() -> None:
    report = scene("udp-blocked")
    unsure = tuple(msgspec.structs.replace(f, certainty=Certainty.POSSIBLE) for f in report.findings)
    found = {gate.what: gate.open for gate in openings(msgspec.structs.replace(report, findings=unsure))}
    assert (found["udp"], found["udp-3478"]) == (UNKNOWN, UNKNOWN)


def test_name_servers() -> None:
    def states(*found: NameServerState) -> DnsReport:
        return DnsReport(
            servers=tuple(NameServerReport(address=f"192.0.2.{n}", state=state) for n, state in enumerate(found)),
            system=Tri.NO,
        )

    def judged(dns: DnsReport) -> Tri:
        return {g.what: g.open for g in openings(scene("healthy", dns=dns))}["dns"]

    assert judged(states(NameServerState.ANSWERS, NameServerState.SILENT)) is YES
    assert judged(states(NameServerState.SILENT)) is NO
    assert judged(states(NameServerState.SILENT, NameServerState.UNKNOWN)) is UNKNOWN
    assert judged(msgspec.structs.replace(states(NameServerState.SILENT), system=Tri.YES)) is UNKNOWN
    assert judged(DnsReport()) is UNKNOWN


def test_a_helper_is_no_relay() -> None:
    report = scene("healthy")
    first = next(o for o in report.observations if o.kind == "stun.binding")
    helper = msgspec.structs.replace(first, id="o9000", region_id=None, target="192.0.2.7:3478")
    report = msgspec.structs.replace(report, observations=(*report.observations, helper))
    assert {gate.what: gate.says for gate in openings(report)}["udp-3478"] == "9 relays answered"
