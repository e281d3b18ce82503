"""The result of one ping through the daemon. Source: upstream ipn/ipnstate/ipnstate.go (PingResult)."""

from __future__ import annotations

from natscope.errors import RemoteError
from natscope.model.mesh_path import PingAnswer
from natscope.wire.local_api.loose import Loose, Problems, decode_json

MAX_BYTES = 1 << 20
_KNOWN = frozenset({
    "IP", "NodeIP", "NodeName", "Err", "LatencySeconds", "Endpoint", "PeerRelay", "DERPRegionID", "DERPRegionCode",
    "PeerAPIPort", "PeerAPIURL", "IsLocalIP",
})  # fmt: skip


def decode_ping(data: bytes) -> PingAnswer:
    """Raises `RemoteError` when it is no result at all."""
    tree = decode_json(data, "the ping's result", MAX_BYTES)
    if not isinstance(tree, dict) or not tree.keys() & {"IP", "Err", "LatencySeconds"}:
        raise RemoteError("this is no result of a ping", field="the ping's result")
    problems = Problems()
    result = Loose(tree, "ping", problems)
    return PingAnswer(
        ip=result.text("IP") or "",
        node_ip=result.text("NodeIP") or "",
        node_name=result.text("NodeName") or "",
        error=result.text("Err") or "",
        latency_s=result.number("LatencySeconds"),
        endpoint=result.endpoint("Endpoint"),
        peer_relay=result.text("PeerRelay") or "",
        relay_id=result.whole("DERPRegionID") or 0,
        relay_code=result.text("DERPRegionCode") or "",
        peer_api_port=result.whole("PeerAPIPort") or 0,
        peer_api_url=result.text("PeerAPIURL") or "",
        is_this_node=result.flag("IsLocalIP") or False,
        rest=result.rest(_KNOWN),
        problems=tuple(problems.words),
    )
