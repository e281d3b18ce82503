"""Which kinds of peers would be reached directly: this side by its report, each kind as one side of the pair matrix.

A kind stands for the least favourable peer of its sort: without IPv6 where that is not its point, in another network,
with no port opened on request. What is direct with it is direct with better ones too.
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.predict import DIRECT, RELAY, UNKNOWN, predict
from natscope.diagnosis.pair.side import PEER, FamilySide, Side, Told
from natscope.model.nat import Filtering
from natscope.model.pair import CandidatePath, Outcome, Via
from natscope.model.preflight import PeerForecast, PeerKind
from natscope.model.tri import Tri

_YES = Told(Tri.YES, Strength.DECISIVE)
_NO = Told(Tri.NO, Strength.DECISIVE)
_EVERYBODY = Told(Filtering.ENDPOINT_INDEPENDENT, Strength.DECISIVE)
_WRITTEN_TO = Told(Filtering.ADDRESS_AND_PORT_DEPENDENT, Strength.DECISIVE)
_PUBLIC = ipaddress.IPv4Address("192.0.2.251")
_PUBLIC6 = ipaddress.IPv6Address("2001:db8:ffff:fffb::1")
_INSIDE = (ipaddress.IPv4Address("172.31.251.251"),)
"""Addresses that no report of a real network has (RFC 5737, RFC 3849), or hardly any (the last part of RFC 1918)."""
_ABSENT = FamilySide(works=_NO, absent=_YES)
_SERVER = FamilySide(
    works=_YES, translated=_NO, varies=_NO, lets_in=_EVERYBODY, predictable=_NO, paired=_YES, opens=_YES, service=_NO,
    public=(_PUBLIC,),
)  # fmt: skip
_HOME = FamilySide(
    works=_YES, translated=_YES, varies=_NO, lets_in=_WRITTEN_TO, predictable=_NO, paired=_YES, opens=_NO, service=_NO,
    public=(_PUBLIC,),
)  # fmt: skip
_RANDOM = FamilySide(
    works=_YES, translated=_YES, varies=_YES, lets_in=_WRITTEN_TO, predictable=_NO, paired=_YES, opens=_NO, service=_NO,
    public=(_PUBLIC,),
)  # fmt: skip
_SIX = FamilySide(
    works=_YES, translated=_NO, varies=_NO, lets_in=_WRITTEN_TO, predictable=_NO, paired=_YES, opens=_NO, service=_NO,
    public=(_PUBLIC6,),
)  # fmt: skip
NAMES = {
    PeerKind.SERVER: "a server with a public address, or an open port",
    PeerKind.HOME: "a computer behind an ordinary home router",
    PeerKind.RANDOM: "one whose router picks random ports",
    PeerKind.IPV6: "one that has IPv6 too",
    PeerKind.BLOCKED: "one in a network that drops UDP",
}
_FAMILIES = {
    PeerKind.SERVER: (_SERVER, _ABSENT),
    PeerKind.HOME: (_HOME, _ABSENT),
    PeerKind.RANDOM: (_RANDOM, _ABSENT),
    PeerKind.IPV6: (_RANDOM, _SIX),
    PeerKind.BLOCKED: (FamilySide(works=_NO, absent=_NO), _ABSENT),
}
ALWAYS_RELAYED = "always relayed, whatever you change here"


def forecasts(this: Side) -> tuple[PeerForecast, ...]:
    """One row for each kind, the easiest first."""
    return tuple(_forecast(this, kind) for kind in PeerKind)


def peer_side(kind: PeerKind) -> Side:
    """A kind as a side of a pair."""
    four, six = _FAMILIES[kind]
    udp = _NO if kind is PeerKind.BLOCKED else _YES
    return Side(names=PEER, is_measured=True, udp=udp, v4=four, v6=six, local=_INSIDE)


def _forecast(this: Side, kind: PeerKind) -> PeerForecast:
    """The pair's prediction, but for ways inside one network: the peer is elsewhere."""
    name = NAMES[kind]
    if kind is PeerKind.BLOCKED:
        return PeerForecast(kind=kind, name=name, path=RELAY, reason=ALWAYS_RELAYED)
    rows = [row for row in predict(this, peer_side(kind)).candidates if row.via is not Via.LAN]
    direct = next((row for row in rows if row.result is Outcome.DIRECT), None)
    if direct is not None:
        return PeerForecast(kind=kind, name=name, path=DIRECT, via=str(direct.via), reason=direct.reason)
    unknown = _first(rows, Outcome.UNKNOWN)
    if unknown is not None:
        return PeerForecast(kind=kind, name=name, path=UNKNOWN, reason=unknown.reason)
    reason = next((row.reason for row in rows if row.via is Via.V4), rows[0].reason if rows else "")
    return PeerForecast(kind=kind, name=name, path=RELAY, reason=reason)


def _first(rows: list[CandidatePath], result: Outcome) -> CandidatePath | None:
    """The open question that says most: IPv4's. Guessing ports is nothing that clients do."""
    order = (Via.V4, Via.V6, Via.PORT_MAPPING, Via.UNKNOWN)
    found = [row for row in rows if row.result is result and row.via in order]
    return min(found, key=lambda row: order.index(row.via), default=None)
