"""What a node that tried has seen: pongs, its history of the path, where packets go. It replaces predictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from natscope.diagnosis.pair.addresses import in_order
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_status import MeshNode, Way
from natscope.model.tri import Tri

ENOUGH_PONGS = 3
"""Relayed pongs in a row after which a direct way that is there would have been found: discovery pings every candidate
with the first one (upstream wgengine/magicsock/endpoint.go), a direct answer takes a round trip or two."""
SETTLED_S, KEYS_LAST_S = 10.0, 180.0
"""A direct way is found within two tries, five seconds apart; WireGuard uses no keys for longer than the second."""
_TOLD = ("updateFromNode-new-Endpoints", "handleCallMeMaybe-new-endpoints")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`answered`: endpoints from which a pong came, or where packets go now. `relayed` counts pongs through a relay.

    `silent` counts pings without any answer. `told`: candidates that the history names. `is_tried`: were packets sent
    to the peer's candidates. `is_settled`: a session with the peer, who answered its handshake, has been on a relay
    long enough to find another way. `lost`: for each ping, in order, whether it got no answer; `direct_ms` and
    `relayed_ms` are round trips of pongs.
    """

    answered: tuple[Endpoint, ...] = ()
    told: tuple[Endpoint, ...] = ()
    relayed: int = 0
    by_peer_relay: int = 0
    silent: int = 0
    is_tried: Tri = Tri.UNKNOWN
    is_settled: bool = False
    lost: tuple[bool, ...] = ()
    direct_ms: tuple[float, ...] = ()
    relayed_ms: tuple[float, ...] = ()

    @property
    def failed(self) -> Tri:
        """Was every candidate tried, while the peer answered through a relay, and none answered?"""
        if self.answered:
            return Tri.NO
        if self.is_tried is Tri.YES and (self.relayed + self.by_peer_relay >= ENOUGH_PONGS or self.is_settled):
            return Tri.YES
        return Tri.UNKNOWN

    def of(self, endpoint: Endpoint) -> Tri:
        """Did this one answer?"""
        return Tri.YES if endpoint in self.answered else Tri.NO if self.failed is Tri.YES else Tri.UNKNOWN


NO_TRIAL = Trial()


def read_trial(
    peer: MeshNode | None, changes: tuple[PathChange, ...] | None = None, pings: tuple[PingAnswer, ...] = ()
) -> Trial:
    """From the status line of the peer, the path's history (None: none is kept), and pings."""
    answered = [ping.endpoint for ping in pings if not ping.error and ping.endpoint is not None]
    way = peer.way if peer is not None else Way.UNKNOWN
    if peer is not None and way is Way.DIRECT and peer.current is not None:
        answered.append(peer.current)
    relayed = sum(not p.error and p.endpoint is None and bool(p.relay_id or p.relay_code) for p in pings)
    by_peer_relay = sum(not p.error and p.endpoint is None and bool(p.peer_relay) for p in pings)
    sent = bool(answered or relayed or by_peer_relay) or way in (Way.RELAYED, Way.PEER_RELAY)
    return Trial(
        answered=in_order(answered),
        told=in_order(_endpoints(changes or ())),
        relayed=relayed,
        by_peer_relay=by_peer_relay,
        silent=sum(bool(ping.error) for ping in pings),
        is_tried=Tri.YES if sent else Tri.UNKNOWN,
        is_settled=way in (Way.RELAYED, Way.PEER_RELAY) and _lasts(peer),
        lost=tuple(bool(ping.error) for ping in pings),
        direct_ms=_times(ping for ping in pings if ping.endpoint is not None),
        relayed_ms=_times(p for p in pings if p.endpoint is None and (p.relay_id or p.relay_code)),
    )


def _times(pings: Iterable[PingAnswer]) -> tuple[float, ...]:
    return tuple(ping.latency_s * 1000 for ping in pings if not ping.error and ping.latency_s is not None)


def _lasts(peer: MeshNode | None) -> bool:
    """Sent to for a while on keys that are in use; older ones may be of a session before."""
    if peer is None or peer.last_handshake is None or peer.last_write is None:
        return False
    return SETTLED_S <= (peer.last_write - peer.last_handshake).total_seconds() <= KEYS_LAST_S


def _endpoints(changes: tuple[PathChange, ...]) -> list[Endpoint]:
    found = []
    for change in changes:
        for text in change.after if change.what in _TOLD else ():
            try:
                found.append(Endpoint.parse(text))
            except ValueError:
                continue
    return found
