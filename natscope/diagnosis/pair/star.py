"""Two legs in place of one: an address behind a peer that is another node's own, or a peer that another one relays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.tri import Tri


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """`address` lies behind the peer that is asked about (the hub), by its route; `node` has it too. `address` None:
    the peer itself is `node`, and another peer carries its packets.

    `through_s` is a round trip to the end by way of the hub, `hub_s` one to the hub, `straight_s` one to the node
    itself, in seconds (None: nothing came back, or nobody asked); `is_straight`: did that one come directly.
    """

    address: IPAddress | None
    node: MeshNode
    through_s: float | None = None
    hub_s: float | None = None
    straight_s: float | None = None
    is_straight: Tri = Tri.UNKNOWN


def hub_node(node: MeshNode, status: MeshStatus | None) -> MeshNode | None:
    """The peer at whose endpoint packets to `node` are relayed; None where it is not known, or nobody relays."""
    try:
        place = Endpoint.parse(hub_place(node))
    except ValueError:
        return None
    for peer in status.peers if status is not None else ():  # ten thousand: ports are numbers, and seldom alike
        ends = peer.endpoints if peer.current is None else (*peer.endpoints, peer.current)
        if any(end.port == place.port and end == place for end in ends) and peer.key != node.key:
            return peer
    return None


def hub_place(node: MeshNode) -> str:
    """`203.0.113.7:40000` of `203.0.113.7:40000:vni:7`."""
    return node.peer_relay.rpartition(":vni:")[0] or node.peer_relay


def node_with(
    address: IPAddress, status: MeshStatus, hub: MeshNode, details: Mapping[str, PeerDetails | None]
) -> MeshNode | None:
    """The one online peer but the hub that tells `address` among its own; None where there are none or several.

    `details` by node key: the status tells of a peer only the address where packets go.
    """
    found = []
    for peer in status.peers:
        told = details.get(peer.key)
        ends = (*peer.endpoints, *(told.endpoints if told is not None else ()))
        ends = ends if peer.current is None else (*ends, peer.current)
        if peer.key != hub.key and peer.is_online and not peer.is_expired and any(end.ip == address for end in ends):
            found.append(peer)
    return found[0] if len(found) == 1 else None
