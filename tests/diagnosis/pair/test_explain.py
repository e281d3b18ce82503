"""Why a peer is reached as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from natscope.diagnosis.pair.explain import explain_peer, pair_facts
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails, PeerNetwork
from natscope.model.mesh_path import PingAnswer
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.reports.scenes import load

SEEN = datetime(2026, 11, 21, 18, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("peer", "short", "blame"),
    [
        (MeshNode(is_active=True, current=Endpoint.parse("192.168.1.7:41641")), "direct, LAN", Blame.NOBODY),
        (MeshNode(is_active=True, current=Endpoint.parse("[2001:db8::7]:41641")), "direct, IPv6", Blame.NOBODY),
        (MeshNode(is_active=True, relay="fra"), "no netcheck of this side", Blame.UNKNOWN),
        (MeshNode(is_active=False, relay="fra"), "no traffic, not tested", Blame.NOBODY),
        (MeshNode(is_online=False, last_seen=SEEN), "last seen 2026-11-21 18:02 UTC", Blame.PEER),
        (MeshNode(is_expired=True, is_active=True, relay="fra"), "key expired", Blame.PEER),
        (MeshNode(), "not told", Blame.UNKNOWN),
    ],
)
def test_states(peer: MeshNode, short: str, blame: Blame) -> None:
    explained = explain_peer(MeshStatus(), peer)
    assert (explained.short, explained.blame) == (short, blame)


def test_not_approved() -> None:
    peer = MeshNode(is_active=True, relay="fra")
    explained = explain_peer(MeshStatus(), peer, details=PeerDetails(is_authorized=False))
    assert explained.short == "not approved"


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENDS = (Endpoint.parse("198.51.100.60:33217"), Endpoint.parse("192.168.178.4:41641"))
HERE = MeshStatus(this=MeshNode(relay="fra", endpoints=(Endpoint.parse("203.0.113.24:41641"),)))
PONGS = (PingAnswer(latency_s=0.04, relay_id=2, relay_code="fra"),) * 4
NAS = MeshNode(
    name="nas.lab.internal", relay="fra", is_active=True, is_online=True, last_write=NOW,
    last_handshake=NOW - timedelta(seconds=40),
)  # fmt: skip


def told(varies: str) -> PeerDetails:
    no = Tri.NO
    network = PeerNetwork(mapping_varies=Tri(varies), udp=Tri.YES, ipv6=no, upnp=no, nat_pmp=no, pcp=no)
    return PeerDetails(endpoints=ENDS, network=network)


def test_a_symmetric_peer() -> None:
    found = explain_peer(HERE, NAS, details=told("yes"), report=load("port-restricted"), pings=PONGS)
    assert (found.short, found.blame, found.causes) == ("its router: random ports", Blame.PEER, ("NS-NAT-02",))
    assert found.certainty is Certainty.LIKELY
    assert found.sentence.startswith("nas's router picks a new port for each peer, and your side lets in only ports")
    assert {"you", "owner of nas"} <= {fix.who for fix in found.fixes}
    assert found.peer_command == "natscope netcheck --json > peer.json"
    assert found.prediction is not None
    assert [row.endpoint for row in found.prediction.candidates if row.answered is Tri.NO] == [
        "192.168.178.4:41641", "198.51.100.60:33217",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("age_s", "certainty"), [(None, Certainty.LIKELY), (7200.0, Certainty.LIKELY), (200_000.0, Certainty.POSSIBLE)]
)
def test_an_old_report_says_less(age_s: float | None, certainty: Certainty) -> None:
    found = explain_peer(
        HERE, NAS, details=told("yes"), report=load("port-restricted"), report_age_s=age_s, pings=PONGS
    )
    assert found.certainty is certainty
    assert ("2 d old" in found.sentence) is (age_s == 200_000.0)


def test_a_report_of_another_network_is_not_believed() -> None:
    status = MeshStatus(this=MeshNode(endpoints=(Endpoint.parse("192.0.2.77:41641"),)))
    found = explain_peer(status, NAS, details=told("yes"), report=load("udp-blocked"), pings=PONGS)
    assert "NS-UDP-01" in found.causes, "a report without a public address cannot be told apart"
    found = explain_peer(status, NAS, details=told("yes"), report=load("port-restricted"), pings=PONGS)
    assert found.causes == ()
    assert "of another network" in found.sentence


def test_a_report_through_a_vpn_says_nothing_of_the_router() -> None:
    found = explain_peer(HERE, NAS, details=told("yes"), report=load("vpn-tunnel"), pings=PONGS)
    assert "NS-NAT-02" not in found.causes
    assert found.this_side.startswith("not measured")


def test_nothing_but_the_status() -> None:
    found = explain_peer(MeshStatus(), NAS)
    assert found.short == "no netcheck of this side"
    assert found.unknowable


def test_the_kinds_of_its_addresses_are_told_apart() -> None:
    """Beside a side that is known to have IPv4: none, private ones, a carrier's, IPv6."""
    told = {}
    for name, ends in {
        "none": (), "private": ("192.168.1.5:1",), "carrier": ("100.70.3.4:1", "192.168.1.5:1"),
        "six": ("[2001:db8::9]:1", "192.168.1.5:1"), "public": ("198.51.100.60:1",),
    }.items():  # fmt: skip
        details = PeerDetails(endpoints=tuple(map(Endpoint.parse, ends)))
        found = explain_peer(HERE, NAS, details=details, pings=PONGS)
        told[name] = (found.sentence, found.peer_side)
    assert len(set(told.values())) == len(told)
    assert told["none"][0].startswith("nas tells no address, so nobody can send to it")
    assert told["private"][0].startswith("nas tells private addresses only, so nobody outside its network can")
    assert told["carrier"][0].startswith("nas tells no public address, but one of a carrier's network (CGNAT), so")
    assert "(it tells IPv6 addresses, but no public IPv4 one)" in told["six"][0]
    assert "tells" not in told["public"][0]
    assert [side for _, side in told.values()][:3] == [
        "tells no address", "no IPv6, tells private addresses only",
        "no IPv6, tells no public address, but one of a carrier's network (CGNAT)",
    ]  # fmt: skip


def test_a_status_alone_has_no_addresses_of_peers() -> None:
    found = explain_peer(HERE, NAS, pings=PONGS)
    assert "tells" not in found.sentence + found.peer_side


def test_several_ports_of_this_node() -> None:
    ends = ("198.51.100.13:42085", "198.51.100.13:41641", "198.51.100.13:43288", "192.168.13.2:41641")
    status = MeshStatus(this=MeshNode(relay="fra", endpoints=tuple(map(Endpoint.parse, ends))))
    found = explain_peer(status, NAS)
    assert (found.causes, found.certainty, found.short) == (
        ("NS-NAT-01",), Certainty.POSSIBLE, "perhaps random ports",
    )  # fmt: skip
    assert found.this_side == "tells 3 ports of one public address, no IPv6"
    assert "Of your side is missing: its netcheck" in found.sentence
    report = load("port-restricted")
    assert explain_peer(status, NAS, report=report, is_of_now=Tri.YES).certainty is not Certainty.POSSIBLE


def test_hostile_names_do_no_harm() -> None:
    name = "\x1b[31m" + "x" * 100_000
    found = explain_peer(HERE, MeshNode(name=name, relay=name, is_active=True), details=told("yes"))
    assert len(found.sentence) < 500
    assert len(found.short) <= 40


def test_what_one_side_needs_is_asked_of_the_mesh_too() -> None:
    """Without a report, this side's own endpoints still tell that it is in the peer's network."""
    here = MeshStatus(this=MeshNode(endpoints=(Endpoint.parse("[2001:db8:7::1]:41641"),)))
    there = PeerDetails(endpoints=(Endpoint.parse("[2001:db8:7::2]:41641"),))
    facts = pair_facts(here, NAS, there)
    assert facts.near.same_network is Tri.YES


def test_a_netcheck_of_just_now_is_of_this_network() -> None:
    report = load("port-restricted")
    moved = MeshStatus(this=MeshNode(relay="fra", endpoints=(Endpoint.parse("192.0.2.9:41641"),)))
    assert not pair_facts(moved, NAS, report=report).this.is_measured
    facts = pair_facts(moved, NAS, report=report, is_of_now=Tri.YES)
    assert (facts.this.is_measured, facts.is_of_now, facts.status) == (True, Tri.YES, moved)
    assert explain_peer(moved, NAS, report=report, is_of_now=Tri.YES).causes[0] == "NS-CTL-02"
    assert pair_facts(moved, NAS, is_of_now=Tri.YES).is_of_now is Tri.UNKNOWN  # there is none
