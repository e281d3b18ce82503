"""The way to one peer: candidates that somebody named, and whether the prediction says what is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from natscope.mesh.history import StepKind
from natscope.mesh.overview import Overview, PeerLine, PeerState, ReportUse
from natscope.mesh.peer_path import build_path, judge_ways
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails, PeerNetwork
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import CandidatePath, Explanation, Outcome, Prediction, Via
from natscope.model.tri import Tri
from natscope.wire.local_api.netcheck import decode_netcheck
from tests.wire.local_api.test_netcheck import recorded

OVERVIEW = Overview(status=MeshStatus(), source="test")
AT = datetime(2026, 11, 24, tzinfo=UTC)


def line(state: PeerState, endpoint: str = "") -> PeerLine:
    why = Explanation(short="x", sentence="x")
    end = Endpoint.parse(endpoint) if endpoint else None
    return PeerLine(node=MeshNode(key="k"), state=state, endpoint=end, why=why)


@pytest.mark.parametrize(
    ("path", "state", "agrees"),
    [
        ("direct", PeerState.DIRECT, Tri.YES),
        ("relay", PeerState.DIRECT, Tri.NO),
        ("relay", PeerState.RELAYED, Tri.YES),
        ("relay", PeerState.PEER_RELAY, Tri.YES),
        ("direct", PeerState.RELAYED, Tri.NO),
        ("direct", PeerState.IDLE, Tri.UNKNOWN),
        ("unknown", PeerState.RELAYED, Tri.UNKNOWN),
    ],
)
def test_prediction_against_fact(path: str, state: PeerState, agrees: Tri) -> None:
    assert build_path(OVERVIEW, line(state), prediction=Prediction(path=path)).agrees is agrees
    assert build_path(OVERVIEW, line(state)).agrees is Tri.UNKNOWN


def test_each_named_endpoint_has_a_row_and_only_one() -> None:
    known = (CandidatePath(via=Via.V4, endpoint="198.51.100.60:1", result=Outcome.NO),)
    details = PeerDetails(endpoints=(Endpoint.parse("198.51.100.60:1"), Endpoint.parse("192.168.1.4:1")))
    changes = (
        PathChange(
            at=AT,
            what="updateFromNode-new-Endpoints",
            after=("[2001:db8::1]:1", "192.168.1.4:1", "100.70.3.4:1", "junk"),
        ),
    )
    view = build_path(OVERVIEW, line(PeerState.RELAYED), candidates=known, changes=changes, details=details)
    assert [(row.endpoint, row.via) for row in view.candidates] == [
        ("198.51.100.60:1", Via.V4),
        ("192.168.1.4:1", Via.LAN),
        ("[2001:db8::1]:1", Via.V6),
        ("100.70.3.4:1", Via.CGNAT),
        ("junk", Via.UNKNOWN),
    ]
    assert view.candidates[0].result is Outcome.NO
    assert {row.tried for row in view.candidates[1:]} == {Tri.YES}  # it is active, so its candidates were
    assert view.steps is not None
    assert [step.kind for step in view.steps] == [StepKind.ENDPOINTS]


def test_where_packets_go_has_answered() -> None:
    view = build_path(OVERVIEW, line(PeerState.DIRECT, endpoint="203.0.113.9:41641"))
    (row,) = view.candidates
    assert (row.endpoint, row.answered, row.result) == ("203.0.113.9:41641", Tri.YES, Outcome.DIRECT)
    assert view.steps is None  # nobody told a history


def test_of_an_idle_peer_nobody_knows_what_was_tried() -> None:
    details = PeerDetails(endpoints=(Endpoint.parse("198.51.100.60:1"),))
    (row,) = build_path(OVERVIEW, line(PeerState.IDLE), details=details).candidates
    assert (row.tried, row.answered) == (Tri.UNKNOWN, Tri.UNKNOWN)


def test_a_prediction_does_not_know_what_came_of_the_tries() -> None:
    """A peer with an open address is foretold direct, and stays so when four pings came through a relay."""
    report = decode_netcheck(recorded("public"))
    this = MeshNode(key="me", name="me", endpoints=(Endpoint.parse("198.51.100.11:41641"),))
    peer = MeshNode(key="k", name="peer", relay="near", is_active=True, is_online=True)
    details = PeerDetails(
        endpoints=(Endpoint.parse("203.0.113.9:41641"),),
        network=PeerNetwork(mapping_varies=Tri.NO, udp=Tri.YES, ipv6=Tri.NO),
    )
    pings = (PingAnswer(latency_s=0.04, relay_id=900, relay_code="near"),) * 4
    use = ReportUse(report=report, origin="fresh", age_s=0.0, same_network=Tri.YES)
    before = judge_ways(MeshStatus(this=this), peer, report=use, details=details)
    after = judge_ways(MeshStatus(this=this), peer, report=use, details=details, pings=pings)
    assert before[0] == after[0]
    answered = {row.endpoint: row.answered for row in after[1] if row.endpoint}
    assert answered == {"203.0.113.9:41641": Tri.NO}
