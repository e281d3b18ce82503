"""What is known of the way to one peer: pings, a history, counters."""

from __future__ import annotations

from datetime import datetime

import msgspec

from natscope.model.endpoint import Endpoint


class PingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`error` in the words of whoever pinged, empty after a pong.

    At most one of `endpoint`, `peer_relay`, `relay_id` says which way the pong came; TSMP and ICMP tell none.
    `peer_api_port` comes with TSMP, `peer_api_url` is what answered a peerapi ping. `rest` has the fields that we do
    not know, as they came.
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
    rest: dict[str, object] = {}
    problems: tuple[str, ...] = ()


class PathChange(msgspec.Struct, frozen=True, kw_only=True):
    """`what` in the program's words; `before` and `after` are addresses as text, empty where it does not tell them.

    `rest` has the fields that we do not know, as they came; also a place that is neither a text nor a list of texts.
    """

    at: datetime | None
    what: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    rest: dict[str, object] = {}


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Since the program's start, over all peers."""

    bytes_in: int = 0
    bytes_out: int = 0
    packets_in: int = 0
    packets_out: int = 0
