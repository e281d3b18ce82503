"""The daemon's status, also as `tailscale status --json` prints it. Source: upstream ipn/ipnstate/ipnstate.go."""

from __future__ import annotations

from natscope.errors import RemoteError
from natscope.model.mesh_status import MeshNode, MeshState, MeshStatus
from natscope.wire.local_api.loose import Loose, Problems, decode_json

MAX_BYTES = 64 << 20
"""About 50,000 peers."""
_STATES = {
    "NoState": MeshState.NO_STATE,
    "InUseOtherUser": MeshState.IN_USE_OTHER_USER,
    "NeedsLogin": MeshState.NEEDS_LOGIN,
    "NeedsMachineAuth": MeshState.NEEDS_APPROVAL,
    "Stopped": MeshState.STOPPED,
    "Starting": MeshState.STARTING,
    "Running": MeshState.RUNNING,
}
_STATUS = frozenset({
    "Version", "TUN", "BackendState", "HaveNodeKey", "AuthURL", "TailscaleIPs", "Self", "Health", "Peer",
})  # fmt: skip
"""What is read whole. Fields that are read in part only stay in `rest` too, so that nothing is lost on the way out."""
_NODE = frozenset({
    "ID", "NodeID", "PublicKey", "HostName", "DNSName", "OS", "TailscaleIPs", "AllowedIPs", "Tags", "Addrs",
    "CurAddr", "Relay", "PeerRelay", "RxBytes", "TxBytes", "Created", "LastWrite", "LastSeen", "LastHandshake",
    "KeyExpiry", "Expired", "Online", "Active", "ExitNode", "ExitNodeOption", "ShareeNode", "PeerAPIURL",
    "Capabilities", "InNetworkMap", "InMagicSock", "InEngine",
})  # fmt: skip


def decode_status(data: bytes) -> MeshStatus:
    """Raises `RemoteError` when it is no status at all."""
    tree = decode_json(data, "the status", MAX_BYTES)
    if not isinstance(tree, dict) or not ("BackendState" in tree or "Self" in tree):
        raise RemoteError("this is no status of a tailscaled", field="the status")
    return read_status(tree, Problems())


def read_status(tree: object, problems: Problems) -> MeshStatus:
    """From JSON that was read already."""
    status = Loose(tree, "status", problems)
    owners = _owners(status.inner("User"))
    tailnet = status.inner("CurrentTailnet")
    word = status.text("BackendState") or ""
    peers = tuple(
        read_node(Loose(node, f"Peer[{number}]", problems), owners, key)
        for number, (key, node) in enumerate(status.inner("Peer").pairs())
    )
    return MeshStatus(
        version=status.text("Version") or "",
        state=_STATES.get(word, MeshState.UNKNOWN),
        state_word=word,
        has_tunnel=status.flag("TUN"),
        has_node_key=status.flag("HaveNodeKey"),
        login_url=status.text("AuthURL") or "",
        addresses=status.addresses("TailscaleIPs"),
        this=read_node(status.inner("Self"), owners) if status.has("Self") else None,
        peers=peers,
        health=status.texts("Health"),
        network=tailnet.text("Name") or "",
        dns_suffix=tailnet.text("MagicDNSSuffix") or status.text("MagicDNSSuffix") or "",
        dns_enabled=tailnet.flag("MagicDNSEnabled"),
        newer_version=status.inner("ClientVersion").text("LatestVersion") or "",
        problems=tuple(problems.words),
        problem_count=problems.count,
        rest=status.rest(_STATUS),
    )


def read_node(node: Loose, owners: dict[int, str], key: str = "") -> MeshNode:
    """One node of a status; `key` is its place among the peers, where its own field is missing."""
    user = node.whole("UserID")
    return MeshNode(
        key=node.text("PublicKey") or key,
        stable_id=node.text("ID") or "",
        node_id=node.whole("NodeID"),
        name=(node.text("DNSName") or "").removesuffix("."),
        host_name=node.text("HostName") or "",
        os=node.text("OS") or "",
        owner=owners.get(user, "") if user is not None else "",
        tags=node.texts("Tags"),
        addresses=node.addresses("TailscaleIPs"),
        routes=node.texts("AllowedIPs"),
        endpoints=node.endpoints("Addrs"),
        current=node.endpoint("CurAddr"),
        relay=node.text("Relay") or "",
        peer_relay=node.text("PeerRelay") or "",
        bytes_in=node.whole("RxBytes"),
        bytes_out=node.whole("TxBytes"),
        created=node.time("Created"),
        last_write=node.time("LastWrite"),
        last_seen=node.time("LastSeen"),
        last_handshake=node.time("LastHandshake"),
        key_expiry=node.time("KeyExpiry"),
        is_expired=node.flag("Expired"),
        is_online=node.flag("Online"),
        is_active=node.flag("Active"),
        is_exit_node=node.flag("ExitNode"),
        offers_exit_node=node.flag("ExitNodeOption"),
        is_sharee=node.flag("ShareeNode"),
        peer_api=node.texts("PeerAPIURL"),
        capabilities=node.texts("Capabilities"),
        is_in_map=node.flag("InNetworkMap"),
        is_in_transport=node.flag("InMagicSock"),
        is_in_engine=node.flag("InEngine"),
        rest=node.rest(_NODE),
    )


def _owners(users: Loose) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, profile in users.pairs():
        if number.isascii() and number.isdecimal() and len(number) < 20:
            found[int(number)] = Loose(profile, f"User[{number}]", users.problems).text("LoginName") or ""
    return found
