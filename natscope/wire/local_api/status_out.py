"""A status as upstream writes it: the same names, so that programs made for `tailscale status --json` read ours too.

Lists that upstream writes as null are empty lists here; times are to the microsecond. A field that an older program
does not tell is left out, one that we do not know is written as it came.
Source: upstream ipn/ipnstate/ipnstate.go (Status, PeerStatus).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from natscope.model.mesh_status import MeshNode, MeshStatus

ZERO_TIME = "0001-01-01T00:00:00Z"


def encode_status(status: MeshStatus) -> dict[str, object]:
    """The whole status without its peers: they are written by `encode_node`, under their keys in `Peer`."""
    fields: dict[str, object] = {
        "Version": status.version,
        "TUN": status.has_tunnel,
        "BackendState": status.state_word,
        "HaveNodeKey": status.has_node_key,
        "AuthURL": status.login_url,
        "TailscaleIPs": _texts(status.addresses),
        "Self": encode_node(status.this) if status.this is not None else None,
        "Health": list(status.health),
    }
    return {name: value for name, value in fields.items() if value is not None or name == "Self"} | status.rest


def encode_node(node: MeshNode) -> dict[str, object]:
    """One node (PeerStatus)."""
    fields: dict[str, object] = {
        "ID": node.stable_id,
        "NodeID": node.node_id,
        "PublicKey": node.key,
        "HostName": node.host_name,
        "DNSName": f"{node.name}." if node.name else "",
        "OS": node.os,
        "TailscaleIPs": _texts(node.addresses),
        "AllowedIPs": list(node.routes) or None,
        "Tags": list(node.tags) or None,
        "Addrs": _texts(node.endpoints),
        "CurAddr": str(node.current) if node.current is not None else "",
        "Relay": node.relay,
        "PeerRelay": node.peer_relay,
        "RxBytes": node.bytes_in,
        "TxBytes": node.bytes_out,
        "Created": _time(node.created),
        "LastWrite": _time(node.last_write),
        "LastSeen": _time(node.last_seen),
        "LastHandshake": _time(node.last_handshake),
        "KeyExpiry": _time(node.key_expiry) if node.key_expiry is not None else None,
        "Expired": node.is_expired,
        "Online": node.is_online,
        "Active": node.is_active,
        "ExitNode": node.is_exit_node,
        "ExitNodeOption": node.offers_exit_node,
        "ShareeNode": node.is_sharee,
        "PeerAPIURL": list(node.peer_api),
        "Capabilities": list(node.capabilities) or None,
        "InNetworkMap": node.is_in_map,
        "InMagicSock": node.is_in_transport,
        "InEngine": node.is_in_engine,
    }
    return {name: value for name, value in fields.items() if value is not None} | node.rest


def _texts(values: Iterable[object]) -> list[str]:
    return [str(value) for value in values]


def _time(value: datetime | None) -> str:
    return ZERO_TIME if value is None else value.isoformat().replace("+00:00", "Z")
