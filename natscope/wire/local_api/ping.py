"""The result of one ping through the daemon. Source: upstream ipn/ipnstate/ipnstate.go (PingResult)."""

from __future__ import annotations

import msgspec

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.local_api.loose import Loose, Problems, decode_json

MAX_BYTES = 1 << 20


class PingResult(msgspec.Struct, frozen=True, kw_only=True):
    """`error` in the daemon's words, empty after a pong. At most one of `endpoint`, `peer_relay`, `relay_id` says which
    way the pong came; TSMP and ICMP tell none. `peer_api` is a port (TSMP), `peer_api_url` what answered (peerapi).
    """

    ip: str = ""
    node_ip: str = ""
    node_name: str = ""
    error: str = ""
    latency_s: float | None = None
    endpoint: Endpoint | None = None
    peer_relay: str = ""
    relay_id: int = 0
    relay_code: str = ""
    peer_api_port: int = 0
    peer_api_url: str = ""
    is_this_node: bool = False
    problems: tuple[str, ...] = ()


def decode_ping(data: bytes) -> PingResult:
    """Raises `RemoteError` when it is no result at all."""
    tree = decode_json(data, "the ping's result", MAX_BYTES)
    if not isinstance(tree, dict) or not tree.keys() & {"IP", "Err", "LatencySeconds"}:
        raise RemoteError("this is no result of a ping", field="the ping's result")
    problems = Problems()
    result = Loose(tree, "ping", problems)
    return PingResult(
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
        problems=tuple(problems.words),
    )
