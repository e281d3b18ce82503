"""What a stand-in tailscaled answers to each question; without sockets and without a clock of its own.

Source: upstream ipn/localapi/localapi.go: paths, methods, statuses and words that a client meets.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from natscope.host.api import Clock
from natscope.lab import stand_in_bodies as bodies
from natscope.lab.stand_in import LEVELS, Fault, StandInMesh, StandInPeer
from natscope.model.mesh_status import Way

PREFIX = "/localapi/v0/"
HOST = "local-tailscaled.sock"
_RATE_LIMIT, _PEER_BITS = 256, 4096 | 32768
HTML = b"<!doctype html><html><head><title>Router</title></head><body>Please log in</body></html>\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """`delay_s` None: there is never an answer. `watches`: lines follow without end. `fault` spoils how it is sent."""

    status: int
    body: bytes
    content_type: str = "application/json"
    delay_s: float | None = 0.0
    watches: bool = False
    fault: Fault | None = None


class StandIn:
    """One daemon. `asked` are the questions so far, as `GET status`, `pinged` the queries of those for pings."""

    def __init__(self, mesh: StandInMesh, clock: Clock) -> None:
        """Nothing was pinged yet."""
        self.mesh = replace(mesh, peers=tuple(_dated(peer, clock.utc()) for peer in mesh.peers))
        self._clock = clock
        self.asked: list[str] = []
        self.pinged: list[dict[str, str]] = []
        self._states = {peer.ip: bodies.PeerState(peer.way) for peer in mesh.peers}
        self._changes: dict[str, list[dict[str, Any]]] = {peer.ip: self._first(peer) for peer in mesh.peers}

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Of every answer."""
        return (("Tailscale-Cap", str(self.mesh.capability)), ("Tailscale-Version", self.mesh.version))

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Reply:
        """`headers` by lower-case names."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        name = url.path.removeprefix(PREFIX)
        self.asked.append(f"{method} {name}")
        if name == "ping":
            self.pinged.append(query)
        if headers.get("host", "") not in ("", HOST) or "origin" in headers or "referer" in headers:
            return _text(403, "invalid localapi request")
        fault = self.mesh.faults.get(name) or self.mesh.faults.get("*")
        if fault is not None:
            return self._spoiled(fault, name)
        reply = self._older(self._right(method, name, query))
        if reply.delay_s is None or not self.mesh.slow_s:
            return reply
        return replace(reply, delay_s=reply.delay_s + self.mesh.slow_s)

    def _older(self, reply: Reply) -> Reply:
        """Without the fields that this daemon does not know."""
        if not self.mesh.without or reply.content_type != "application/json" or not reply.body:
            return reply
        tree = _stripped(json.loads(reply.body), self.mesh.without)
        return replace(reply, body=json.dumps(tree).encode() + b"\n")

    def first_notice(self) -> bytes:
        """The line with which a watch begins."""
        state = bodies.STATES.index(self.mesh.state) if self.mesh.state in bodies.STATES else None
        return json.dumps({"Version": self.mesh.version, "SessionID": "0", "State": state}).encode() + b"\n"

    def _right(self, method: str, name: str, query: dict[str, str]) -> Reply:
        mesh = self.mesh
        if name == "ping":
            return self._ping(query) if method == "POST" else _text(400, "want POST")
        if name == "status":
            return _json(bodies.status_body(mesh, self._states, peers=query.get("peers") != "false"))
        if name == "whois":
            return self._whois(query.get("addr", ""))
        if name == "prefs":
            return _json(bodies.prefs_body(mesh))
        if name == "derpmap":
            return _json(None if mesh.state != "Running" else bodies.derp_map_body(mesh))
        if name == "usermetrics":
            return _text(200, bodies.metrics_page(mesh, self._states).rstrip("\n"))
        if name == "debug-peer-endpoint-changes":
            changes = self._changes.get(query.get("ip", ""))
            return _json(changes) if changes is not None else _text(404, "peer not found")
        if name == "watch-ipn-bus":
            mask = int(query.get("mask", "0"))
            if mask & _RATE_LIMIT and mask & _PEER_BITS:
                return _text(400, "NotifyRateLimit is incompatible with peer bits")
            return Reply(200, self.first_notice(), watches=True)
        if name in ("check-ip-forwarding", "check-udp-gro-forwarding"):
            return _json({"Warning": ""})
        return _text(404, "not found")

    def _whois(self, address: str) -> Reply:
        ip = address.rpartition(":")[0].strip("[]") if not address.startswith("nodekey:") else ""
        if ip in (self.mesh.ip, self.mesh.ip6) or address == bodies.key_of(self.mesh.name):
            return _json(bodies.whois_body(self.mesh, None))
        for peer in self.mesh.peers:
            if ip in (peer.ip, peer.ip6) or address == bodies.key_of(peer.name):
                return _json(bodies.whois_body(self.mesh, peer))
        return _text(404, f"no match for IP:port {address}")

    def _ping(self, query: dict[str, str]) -> Reply:
        ip, kind = query.get("ip", ""), query.get("type", "")
        if ip in (self.mesh.ip, self.mesh.ip6):
            return _json(bodies.ping_error(ip, f"{ip} is local Tailscale IP", is_this_node=True))
        peer = next((peer for peer in self.mesh.peers if ip in (peer.ip, peer.ip6)), None) or self._router(ip)
        if self.mesh.state != "Running":
            return _json(bodies.ping_error(ip, "no netmap"))
        if peer is None:
            return _json(bodies.ping_error(ip, "no matching peer"))
        if peer.expired and kind in ("disco", "peerapi"):
            return _json(bodies.ping_error(ip, "peer's node key has expired", peer))
        answers = kind in LEVELS and kind in peer.levels and peer.online and not peer.expired
        return self._pinged(peer, kind, answers=answers)

    def _router(self, ip: str) -> StandInPeer | None:
        """Who offers a route to an address that no node has."""
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return None
        found = (peer for peer in self.mesh.peers for route in peer.routes if address in ipaddress.ip_network(route))
        return next(found, None)

    def _pinged(self, peer: StandInPeer, kind: str, *, answers: bool) -> Reply:
        state = self._states[peer.ip]
        state.pings += 1
        state.last_write = self._clock.utc()
        way = self._way(peer, state, kind)
        if not answers or state.pings in peer.lost:
            return Reply(0, b"", delay_s=None)
        if way is not state.way and way is Way.DIRECT:
            self._changed(peer, "handlePongConnLocked-bestAddr-update")
        state.way = way
        state.pongs += kind == "disco"
        latency = peer.direct_ms if way is Way.DIRECT else peer.relay_ms
        latency += peer.jitter_ms * (state.pings * 7 % 5 - 2) / 2
        reply = _json(bodies.pong_body(self.mesh, peer, kind, way, latency))
        return replace(reply, delay_s=latency / 1000)

    @staticmethod
    def _way(peer: StandInPeer, state: bodies.PeerState, kind: str) -> Way:
        """By which way the next pong comes."""
        ripe = peer.direct_after is not None and state.pongs >= peer.direct_after
        if state.way is Way.DIRECT or (peer.direct and ripe and kind == "disco"):
            return Way.DIRECT
        return Way.PEER_RELAY if peer.peer_relay else Way.RELAYED

    def _first(self, peer: StandInPeer) -> list[dict[str, Any]]:
        regions = {code: number for number, code in self.mesh.regions.items()}
        at = bodies.written(self._clock.utc())
        return [
            {"When": at, "What": "updateFromNode-DERP", "From": "", "To": f"127.3.3.40:{regions.get(peer.relay, 0)}"},
            {"When": at, "What": "updateFromNode-new-Endpoints", "To": list(peer.endpoints)},
        ]

    def _changed(self, peer: StandInPeer, what: str) -> None:
        now = bodies.written(self._clock.utc())
        self._changes[peer.ip].append({"When": now, "What": what, "From": {}, "To": {}})

    def _spoiled(self, fault: Fault, name: str) -> Reply:
        if fault is Fault.DENIED:
            return _text(403, f"{name} access denied")
        if fault is Fault.MISSING:
            return _text(404, "not found")
        if fault is Fault.BROKEN:
            return Reply(500, b'{"error":"something broke"}\n')
        if fault is Fault.HTML:
            return Reply(200, HTML, "text/html; charset=utf-8")
        if fault is Fault.SILENT:
            return Reply(0, b"", delay_s=None)
        body = json.dumps(bodies.status_body(self.mesh, self._states, peers=True)).encode()
        return Reply(200, body[: len(body) // 2], fault=fault)


def _dated(peer: StandInPeer, now: datetime) -> StandInPeer:
    return replace(peer, key_expiry=now - timedelta(days=1)) if peer.expired and peer.key_expiry is None else peer


def _stripped(tree: Any, names: frozenset[str]) -> Any:
    if isinstance(tree, dict):
        return {name: _stripped(value, names) for name, value in tree.items() if name not in names}
    return [_stripped(value, names) for value in tree] if isinstance(tree, list) else tree


def _json(tree: object) -> Reply:
    return Reply(200, json.dumps(tree, indent="\t").encode() + b"\n")


def _text(status: int, words: str) -> Reply:
    return Reply(status, words.encode() + b"\n", "text/plain; charset=utf-8")
