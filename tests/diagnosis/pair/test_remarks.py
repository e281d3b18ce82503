"""What is said beside the reason."""

from __future__ import annotations

import pytest

from natscope.diagnosis.pair.explain import explain_peer
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import behind_hub, node

DIRECT = node(current=Endpoint.parse("192.0.2.1:41641"))


def test_a_measured_detour_comes_first_and_is_what_is_to_be_done() -> None:
    star = behind_hub(through_s=0.06).star
    found = explain_peer(MeshStatus(), node(name="office.x", current=Endpoint.parse("192.0.2.1:1")), star=star)
    assert (found.blame, found.certainty, found.causes) == (Blame.THIS, Certainty.LIKELY, ("NS-PERF-07",))
    assert found.short == "a detour through office"
    assert found.sentence == (
        "Packets to 192.168.50.7 go through office, but nas has that address and is in the mesh itself. Round trips:"
        " 60 ms through office, 20 ms directly to nas. Packets go straight to 192.0.2.1:1."
    )
    assert "name in the mesh" in found.fixes[0].do


def test_what_may_be_no_detour_follows() -> None:
    star = behind_hub(straight_s=None, is_straight=Tri.UNKNOWN).star
    found = explain_peer(MeshStatus(), DIRECT, star=star)
    assert (found.short, found.blame, found.certainty) == ("direct, IPv4", Blame.NOBODY, Certainty.LIKELY)
    assert found.sentence.startswith("Packets go straight to 192.0.2.1:41641. Packets to 192.168.50.7 go through")


def test_a_peer_relay_is_named() -> None:
    hub = node(name="vps.x", key="h", current=Endpoint.parse("203.0.113.9:7777"))
    peer = node(peer_relay="203.0.113.9:7777:vni:1")
    found = explain_peer(MeshStatus(peers=(peer, hub)), peer)
    assert found.sentence.endswith("Packets to nas go through vps, another node of the mesh.")
    assert found.causes == ("NS-PERF-07",)
    assert "203.0.113.9:7777, another node" in explain_peer(MeshStatus(), peer).sentence


@pytest.mark.parametrize(("here", "there", "where"), [(False, True, "at nas"), (True, None, "on your side")])
def test_userspace_on_a_direct_way(here: bool, there: bool | None, where: str) -> None:
    status, details = MeshStatus(has_tunnel=not here), PeerDetails(is_userspace=there)
    found = explain_peer(status, DIRECT, details=details)
    assert (found.short, found.blame, found.certainty) == ("direct, IPv4", Blame.NOBODY, Certainty.POSSIBLE)
    assert found.causes == ("NS-PERF-05",)
    assert f"program {where} runs without a tunnel device" in found.sentence


@pytest.mark.parametrize("peer", [node(), node(is_active=False), MeshNode(is_online=False)])
def test_speed_is_no_question_where_no_direct_way_is(peer: MeshNode) -> None:
    found = explain_peer(MeshStatus(has_tunnel=False), peer, details=PeerDetails(is_userspace=True))
    assert "NS-PERF-05" not in found.causes


def test_nothing_to_remark() -> None:
    found = explain_peer(MeshStatus(has_tunnel=True), DIRECT, details=PeerDetails(is_userspace=False))
    assert (found.sentence, found.certainty, found.causes) == (
        "Packets go straight to 192.0.2.1:41641.", Certainty.CERTAIN, (),
    )  # fmt: skip
