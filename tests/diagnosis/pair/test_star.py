"""Whose address is it, behind a router of the mesh."""

from __future__ import annotations

from ipaddress import ip_address

from natscope.diagnosis.pair.star import hub_node, hub_place, node_with
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode, MeshStatus

CAM = ip_address("192.168.50.7")
ENDS = (Endpoint.parse("192.168.50.7:41641"),)
HUB = MeshNode(key="h", routes=("192.168.50.0/24",), is_online=True, current=ENDS[0])
DIRECT = MeshNode(key="a", is_online=True, current=ENDS[0])
TOLD = MeshNode(key="b", is_online=True)
TELLS = {"b": PeerDetails(endpoints=ENDS)}


def test_by_the_way_in_use_and_by_what_it_tells() -> None:
    assert node_with(CAM, MeshStatus(peers=(HUB, DIRECT)), HUB, {}) is DIRECT
    assert node_with(CAM, MeshStatus(peers=(HUB, TOLD)), HUB, TELLS) is TOLD


def test_nobody_several_and_those_that_are_away() -> None:
    assert node_with(CAM, MeshStatus(peers=(HUB, TOLD)), HUB, {"b": None}) is None
    assert node_with(CAM, MeshStatus(peers=(DIRECT, TOLD)), HUB, TELLS) is None
    away = (MeshNode(key="c", is_online=False, current=ENDS[0]), MeshNode(key="d", current=ENDS[0]))
    expired = MeshNode(key="e", is_online=True, is_expired=True, current=ENDS[0])
    assert node_with(CAM, MeshStatus(peers=(*away, expired)), HUB, {}) is None


def test_who_relays() -> None:
    hub = MeshNode(key="h", current=Endpoint.parse("203.0.113.7:40000"))
    far = MeshNode(key="f", peer_relay="203.0.113.7:40000:vni:7")
    assert hub_place(far) == "203.0.113.7:40000"
    assert hub_node(far, MeshStatus(peers=(far, hub))) is hub
    assert hub_node(far, MeshStatus(peers=(far, HUB))) is None
    assert hub_node(HUB, MeshStatus(peers=(hub,))) is None  # nobody relays
    assert hub_node(far, None) is None
