"""A mesh at one glance: for each peer how it is reached, since when and why not directly. Pure.

Everything was asked before (`natscope.apps.mesh_overview`); here it is put together, judged and sorted.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from natscope.diagnosis.pair.addresses import word_of
from natscope.diagnosis.pair.explain import explain_peer, is_elsewhere
from natscope.diagnosis.pair.star import Star
from natscope.mesh.history import Since, since_direct, since_relayed
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PathChange, PingAnswer, Traffic
from natscope.model.mesh_status import MeshNode, MeshStatus, Way
from natscope.model.pair import Explanation
from natscope.model.report import Report
from natscope.model.tri import Tri


class PeerState(enum.StrEnum):
    """In one word. `EXPIRED`: its key has; nobody can reach it until it logs in again."""

    RELAYED = "relayed"
    PEER_RELAY = "peer-relay"
    DIRECT = "direct"
    UNKNOWN = "unknown"
    IDLE = "idle"
    OFFLINE = "offline"
    EXPIRED = "expired"


ACTIVE = (PeerState.RELAYED, PeerState.PEER_RELAY, PeerState.DIRECT, PeerState.UNKNOWN)
_WANTING = (PeerState.RELAYED, PeerState.PEER_RELAY, PeerState.UNKNOWN)
AWAY = (PeerState.OFFLINE, PeerState.EXPIRED)
_ORDER = (
    PeerState.RELAYED,
    PeerState.UNKNOWN,
    PeerState.PEER_RELAY,
    PeerState.DIRECT,
    PeerState.IDLE,
    PeerState.EXPIRED,
    PeerState.OFFLINE,
)
"""Active, idle, away; trouble first in each."""
_RANK = {state: rank for rank, state in enumerate(_ORDER)}
_WAYS = {
    Way.DIRECT: PeerState.DIRECT,
    Way.RELAYED: PeerState.RELAYED,
    Way.PEER_RELAY: PeerState.PEER_RELAY,
    Way.IDLE: PeerState.IDLE,
    Way.UNKNOWN: PeerState.UNKNOWN,
}


NOW_S = 30.0
"""So long a netcheck is of now: a node in use looks for its addresses again as often."""


class ReportUse(msgspec.Struct, frozen=True, kw_only=True):
    """This side's netcheck, from which peers are explained.

    `origin`: `kept` (the last one of this computer), `fresh` or `file`. `name` is the file's. `report` None: there is
    one, but of another network (`same_network` no) or too old, so it explains nothing. `age_s` None: a file's.
    """

    report: Report | None
    origin: str
    age_s: float | None = None
    same_network: Tri = Tri.UNKNOWN
    is_outdated: bool = False
    name: str = ""

    @property
    def is_of_now(self) -> Tri:
        """Was it measured just now, on the computer whose mesh is looked at, and not bound to a part of its network?"""
        is_fresh = self.origin == "fresh" and self.same_network is Tri.YES and (self.age_s or 0.0) <= NOW_S
        return Tri.YES if is_fresh and self.report is not None else Tri.UNKNOWN


def checked_report(use: ReportUse | None, status: MeshStatus) -> ReportUse | None:
    """Without its report where that was measured in another network than the node tells to be in. One of just now was
    not: there it is the node that tells what is not so (NS-CTL-02).
    """
    if use is None or use.report is None or use.is_of_now is Tri.YES or not is_elsewhere(status, use.report):
        return use
    return msgspec.structs.replace(use, report=None, same_network=Tri.NO, is_outdated=True)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of single peers beyond the status, by node key. A key that is missing was not asked.

    `own`: what the mesh tells others of this node. `stars`: by the key of the peer that is asked about.
    """

    changes: Mapping[str, tuple[PathChange, ...] | None] = {}
    details: Mapping[str, PeerDetails | None] = {}
    pings: Mapping[str, tuple[PingAnswer, ...]] = {}
    own: PeerDetails | None = None
    stars: Mapping[str, Star] = {}


class PeerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One peer. `endpoint` where packets go while direct, `relay` the code of the relay in use while relayed.

    `rtt_s` of the path in `state`, None when nobody asked or nothing came back. `since` of that state. `called` is the
    name for people: without the network's suffix, but whole for nodes of other networks.
    """

    node: MeshNode
    called: str = ""
    state: PeerState
    endpoint: Endpoint | None = None
    relay: str = ""
    rtt_s: float | None = None
    was_pinged: bool = False
    since: Since | None = None
    why: Explanation
    details: PeerDetails | None = None

    @property
    def via(self) -> str:
        """`v4`, `v6`, `LAN` or `CGNAT` of a direct path, else the relay."""
        if self.state is PeerState.DIRECT and self.endpoint is not None:
            return word_of(self.endpoint.ip).removeprefix("IP")
        return self.relay


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """`counts` are of all peers, `lines` those that are shown, trouble first. `notes` say what could not be asked."""

    status: MeshStatus
    source: str
    is_saved: bool = False
    at: datetime | None = None
    lines: tuple[PeerLine, ...] = ()
    counts: Mapping[PeerState, int] = {}
    report: ReportUse | None = None
    traffic: Mapping[str, Traffic] | None = None
    notes: tuple[str, ...] = ()


def state_of(peer: MeshNode, pings: tuple[PingAnswer, ...] = ()) -> PeerState:
    """A pong tells the way of this moment, so it counts more than the status before it."""
    pong = last_pong(pings)
    if pong is not None:
        if pong.endpoint is not None:
            return PeerState.DIRECT
        return PeerState.PEER_RELAY if pong.peer_relay else PeerState.RELAYED if pong.relay_id else _told(peer)
    return _told(peer)


def _told(peer: MeshNode) -> PeerState:
    if peer.is_expired:
        return PeerState.EXPIRED
    if peer.is_online is False:
        return PeerState.OFFLINE
    return _WAYS[peer.way]


def last_pong(pings: tuple[PingAnswer, ...]) -> PingAnswer | None:
    """The newest answer that came."""
    return next((ping for ping in reversed(pings) if not ping.error), None)


def sort_key(peer: MeshNode, state: PeerState) -> tuple[int, str, str]:
    """Trouble first inside active, idle and away; then by name."""
    return (_RANK[state], (peer.name or peer.host_name).casefold(), peer.key)


def sorted_peers(status: MeshStatus, asked: Asked) -> list[tuple[MeshNode, PeerState]]:
    """The peers in the order of the list. Nodes that are here only because something was shared with them are left out
    while nothing is sent to them, as upstream does.
    """
    found = [(peer, state_of(peer, asked.pings.get(peer.key, ()))) for peer in status.peers]
    kept = [(peer, state) for peer, state in found if state in ACTIVE or not peer.is_sharee]
    return sorted(kept, key=lambda pair: sort_key(*pair))


def count_states(peers: Iterable[tuple[MeshNode, PeerState]]) -> dict[PeerState, int]:
    """How many peers are in which state, in the order of the list."""
    counts = dict.fromkeys(_ORDER, 0)
    for _, state in peers:
        counts[state] += 1
    return counts


TOO_MANY = Explanation(
    short="one of many: natscope path NAME",
    sentence="So many peers are relayed that only the first of them were looked at; natscope path NAME looks at one.",
)


def build_lines(
    status: MeshStatus,
    peers: Iterable[tuple[MeshNode, PeerState]],
    asked: Asked,
    report: ReportUse | None,
    *,
    max_explained: int,
) -> Iterator[PeerLine]:
    """One line each. A reason is looked for at most `max_explained` times; what is settled without costs little."""
    looked_for = 0
    of_idle: Explanation | None = None
    for peer, state in peers:
        why = None
        if state in _WANTING:
            looked_for += 1
            why = TOO_MANY if looked_for > max_explained else None
        is_plain = state is PeerState.IDLE and peer.key not in asked.pings
        line = build_line(status, peer, state, asked, report, why=of_idle if is_plain else why)
        if is_plain:  # nothing was tried, so what is said of one is said of all
            of_idle = line.why
        yield line


def build_line(
    status: MeshStatus,
    peer: MeshNode,
    state: PeerState,
    asked: Asked,
    report: ReportUse | None,
    *,
    why: Explanation | None = None,
) -> PeerLine:
    """One peer with everything that is known of it; `why` in place of looking for the reason."""
    pings = asked.pings.get(peer.key, ())
    changes = asked.changes.get(peer.key)
    details = asked.details.get(peer.key)
    pong = last_pong(pings)
    usable = report.report if report is not None else None
    if why is None:
        why = explain_peer(
            status,
            peer,
            details=details,
            report=usable,
            report_age_s=report.age_s if report is not None and usable is not None else None,
            changes=changes,
            pings=pings,
            own=asked.own,
            is_of_now=report.is_of_now if report is not None else Tri.UNKNOWN,
            star=asked.stars.get(peer.key),
        )
    return PeerLine(
        node=peer,
        called=_called(status, peer),
        state=state,
        endpoint=(pong.endpoint if pong is not None else peer.current) if state is PeerState.DIRECT else None,
        relay=_relay(peer, state, pong),
        rtt_s=pong.latency_s if pong is not None else None,
        was_pinged=bool(pings),
        since=_since(peer, state, changes),
        why=why,
        details=details,
    )


def _called(status: MeshStatus, peer: MeshNode) -> str:
    if status.dns_suffix and peer.name and not peer.name.endswith(f".{status.dns_suffix}"):
        return peer.name
    return peer.short_name


def _relay(peer: MeshNode, state: PeerState, pong: PingAnswer | None) -> str:
    if state is PeerState.RELAYED:
        return pong.relay_code if pong is not None and pong.relay_code else peer.relay
    if state is PeerState.PEER_RELAY:
        return pong.peer_relay if pong is not None and pong.peer_relay else peer.peer_relay
    return ""


def _since(peer: MeshNode, state: PeerState, changes: tuple[PathChange, ...] | None) -> Since | None:
    """By the history while active; of a peer that is away, when it was last seen; of an idle one, the last packet.

    Through a peer relay nobody knows: pongs through one stand in the history as direct ones do, without their address,
    and the change to one is not in it (upstream `endpoint.handlePongConnLocked`, `udpRelayEndpointReady`).
    """
    if state is PeerState.DIRECT:
        return since_direct(changes or ())
    if state is PeerState.RELAYED:
        return since_relayed(changes or ())
    if state is PeerState.OFFLINE:
        return Since(at=peer.last_seen) if peer.last_seen is not None else None
    if state is PeerState.EXPIRED:
        return Since(at=peer.key_expiry) if peer.key_expiry is not None else None
    if state is PeerState.IDLE:
        return Since(at=peer.last_write) if peer.last_write is not None else None
    return None
