"""Peers about which there is nothing to find out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from natscope.diagnosis.pair.settled import explain_settled, handshake_age_s
from natscope.diagnosis.pair.trial import read_trial
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PingAnswer
from natscope.model.mesh_status import MeshNode
from natscope.model.pair import Blame, Explanation
from natscope.model.report import Report
from tests.reports.scenes import load

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PONG = PingAnswer(latency_s=0.04, relay_id=2, relay_code="fra")


def settled(
    peer: MeshNode, *pings: PingAnswer, details: PeerDetails | None = None, report: Report | None = None
) -> Explanation | None:
    return explain_settled(peer, read_trial(peer, pings=pings), details, report)


def direct(text: str, last_write: datetime | None = None, last_handshake: datetime | None = None) -> MeshNode:
    end = Endpoint.parse(text)
    return MeshNode(is_active=True, current=end, last_write=last_write, last_handshake=last_handshake)


def test_expired_comes_before_everything() -> None:
    found = settled(MeshNode(is_expired=True, is_active=True, current=Endpoint.parse("192.0.2.1:1")))
    assert found is not None
    assert (found.short, found.causes, found.blame) == ("key expired", ("NS-CTL-05",), Blame.PEER)
    assert "Log in again" in found.fixes[0].do


def test_not_approved() -> None:
    found = settled(MeshNode(name="nas.x"), details=PeerDetails(is_authorized=False))
    assert found is not None
    assert found.sentence == "Nobody has approved nas yet."


@pytest.mark.parametrize(("seen", "short"), [(NOW, "last seen 2026-11-24 12:00 UTC"), (None, "offline")])
def test_offline(seen: datetime | None, short: str) -> None:
    found = settled(MeshNode(is_online=False, last_seen=seen, is_active=True, relay="fra"))
    assert found is not None
    assert found.short == short


def test_who_answers_is_not_offline() -> None:
    assert settled(MeshNode(is_online=False, is_active=True, relay="fra"), PONG) is None


def test_idle_is_no_fault_until_it_is_pinged() -> None:
    peer = MeshNode(is_active=False, relay="fra")
    found = settled(peer)
    assert found is not None
    assert (found.blame, found.causes, found.fixes) == (Blame.NOBODY, ("NS-CTL-08",), ())
    assert settled(peer, PONG) is None


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("192.168.1.7:1", "direct, LAN"), ("[fe80::1]:1", "direct, LAN"), ("192.0.2.1:1", "direct, IPv4"),
        ("[2001:db8::1]:1", "direct, IPv6"), ("[2002:c633:643c::1]:1", "direct, inside another tunnel"),
    ],
)  # fmt: skip
def test_direct(text: str, short: str) -> None:
    found = settled(direct(text))
    assert found is not None
    assert found.short == short


def test_direct_inside_a_tunnel_of_this_computer() -> None:
    report = load("healthy")
    tunnel = msgspec.structs.replace(report.interfaces[1], name="tun7", kind="tunnel", addresses=("10.8.0.2",))
    report = msgspec.structs.replace(report, interfaces=(*report.interfaces, tunnel))
    found = settled(direct("10.8.0.250:41641"), report=report)
    assert found is not None
    assert found.causes == ("NS-PERF-04",)


def test_a_stale_handshake_is_told() -> None:
    found = settled(direct("192.0.2.1:1", last_write=NOW, last_handshake=NOW - timedelta(seconds=900)))
    assert found is not None
    assert "WireGuard" in found.sentence
    assert handshake_age_s(direct("192.0.2.1:1", last_write=NOW)) is None


def test_a_relayed_peer_is_left_to_others() -> None:
    assert settled(MeshNode(is_active=True, relay="fra")) is None
    unknown = settled(MeshNode())
    assert unknown is not None
    assert unknown.short == "not told"
