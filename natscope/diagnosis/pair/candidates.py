"""Every way that two nodes could take, what comes of it, and why, in the order in which a node would use them.

A trial replaces a prediction: what answered is direct, and what did not answer, while the peer did through a relay, is
not there, whatever the classes say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import LOCAL, Kind, in_order, kind_of, network_of
from natscope.diagnosis.pair.by_classes import Judged, by_family, guessing, unmeasured, without_udp
from natscope.diagnosis.pair.neighbours import HIDDEN_ROUTER, Neighbours, neighbours
from natscope.diagnosis.pair.side import Side, Told
from natscope.diagnosis.pair.trial import NO_TRIAL, Trial
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.pair import CandidatePath, Outcome, Via
from natscope.model.tri import Tri

_ORDER = (Via.LAN, Via.CGNAT, Via.V6, Via.V4, Via.PORT_GUESSING, Via.PORT_MAPPING, Via.UNKNOWN)
MAX_CANDIDATES = 64
"""Rows of endpoints: a node tells a handful, a hostile one thousands."""


def candidates(this: Side, peer: Side, trial: Trial = NO_TRIAL) -> tuple[CandidatePath, ...]:
    """One row for each endpoint of the peer, and one for each kind of way of which it tells none; inside a carrier's
    network only where either side tells an address in one.
    """
    this, peer = _proved(this, trial), _proved(peer, trial)
    near = neighbours(this, peer)
    judged = {
        Via.LAN: _lan(this, peer, near),
        Via.V6: by_family(this, peer, 6, near),
        Via.V4: by_family(this, peer, 4, near),
        Via.PORT_MAPPING: _mapping(this, peer, near),
    }
    if this.of_kind(Kind.SHARED) or any(kind_of(end.ip) is Kind.SHARED for end in _told(peer, trial)):
        judged[Via.CGNAT] = _carrier(this, peer, near)
    guess = guessing(this, peer, near)
    if guess is not None:
        judged[Via.PORT_GUESSING] = guess
    rows = list(_rows(this, peer, judged, near, trial))
    return tuple(sorted(rows, key=lambda row: _ORDER.index(row.via)))


def _proved(side: Side, trial: Trial) -> Side:
    """A pong from a public address shows that this family works at both ends, where nobody told."""
    for family in {end.family for end in trial.answered if kind_of(end.ip) is Kind.PUBLIC}:
        part = side.family(family)
        if part.works.value is Tri.UNKNOWN:
            part = replace(part, works=Told(Tri.YES, Strength.DECISIVE, ("trial",)))
            side = replace(side, v4=part) if family == 4 else replace(side, v6=part)
    return side


def via_of(endpoint: Endpoint, peer: Side) -> Via:
    """What kind of way an endpoint of the peer is."""
    return Via.PORT_MAPPING if endpoint in peer.v4.opened + peer.v6.opened else via_of_address(endpoint.ip)


def via_of_address(ip: IPAddress) -> Via:
    """The same of an address alone."""
    kind = kind_of(ip)
    if kind in LOCAL:
        return Via.LAN
    if kind is Kind.SHARED:
        return Via.CGNAT
    if kind in (Kind.PUBLIC, Kind.TUNNEL):
        return Via.V4 if ip.version == 4 else Via.V6
    return Via.UNKNOWN


def _told(peer: Side, trial: Trial) -> tuple[Endpoint, ...]:
    """All that anybody names, with those that answered, a bounded number."""
    told = in_order((*peer.endpoints, *peer.v4.opened, *peer.v6.opened, *trial.told, *trial.answered))
    return in_order((*trial.answered, *told[:MAX_CANDIDATES]))


def _rows(this: Side, peer: Side, judged: dict[Via, Judged], near: Neighbours, trial: Trial) -> Iterator[CandidatePath]:
    ends = _told(peer, trial)
    seen = set()
    for endpoint in ends:
        via = via_of(endpoint, peer)
        if via is not Via.LAN or near.same_network is not Tri.YES or network_of(endpoint.ip) in near.common:
            seen.add(via)
        yield _tried(endpoint, via, _of_endpoint(endpoint, via, judged, near), trial)
    for via in judged.keys() - seen:
        found = judged[via]
        if trial.failed is Tri.YES and via is not Via.PORT_GUESSING:
            found = _without_address(this, peer, via, found, ends)
        yield _row(via, found)


def _of_endpoint(endpoint: Endpoint, via: Via, judged: dict[Via, Judged], near: Neighbours) -> Judged:
    """A local address counts where it lies in a common network; the rest is as its kind of way."""
    if via is Via.UNKNOWN:
        return Judged(result=Outcome.NO, reason="nobody is reached at an address of that kind")
    found = judged[via]
    if via is Via.LAN and near.same_network is Tri.YES and network_of(endpoint.ip) not in near.common:
        return Judged(result=Outcome.UNKNOWN, reason="in another network of that node")
    return found


def _tried(endpoint: Endpoint, via: Via, found: Judged, trial: Trial) -> CandidatePath:
    answered = trial.of(endpoint)
    if answered is Tri.YES:
        found = Judged(result=Outcome.DIRECT, reason="it answered", evidence=("trial",))
    elif answered is Tri.NO:
        found = _not_answered(found)
    return _row(via, found, endpoint=str(endpoint), tried=trial.is_tried, answered=answered)


def _not_answered(found: Judged) -> Judged:
    """What was expected to fail keeps its reason."""
    if found.result is Outcome.NO:
        return found
    reason = "no answer, while the peer answered through a relay"
    return Judged(result=Outcome.NO, reason=reason, evidence=("trial",))


def _without_address(this: Side, peer: Side, via: Via, found: Judged, ends: tuple[Endpoint, ...]) -> Judged:
    """A kind of way of which no address is known, after a trial that failed: what is not there cannot keep silent."""
    silent = _not_answered(found)
    by_ours = via is Via.PORT_MAPPING and this.v4.opens.value is Tri.YES
    if found.result is Outcome.NO or not peer.tells_all or by_ours:
        return silent
    if via is Via.PORT_MAPPING and any(via_of_address(end.ip) is Via.V4 for end in ends):
        return replace(silent, reason="no address that it tells answered, an opened one neither")
    return replace(silent, reason="it tells no such address")


def _row(
    via: Via, found: Judged, endpoint: str = "", tried: Tri = Tri.UNKNOWN, answered: Tri = Tri.UNKNOWN
) -> CandidatePath:
    return CandidatePath(
        via=via,
        endpoint=endpoint,
        tried=tried,
        answered=answered,
        result=found.result,
        reason=found.reason,
        cause=found.cause,
        probability=found.probability,
        evidence=found.evidence,
    )


def _lan(this: Side, peer: Side, near: Neighbours) -> Judged:
    """In one network nothing stands between, as far as anybody can see from outside."""
    blurred = unmeasured(this, peer)
    if blurred is not None:
        return blurred
    cause = "NS-HOST-03" if near.common and near.same_network is Tri.NO else ""
    return Judged(result=_RESULTS[near.same_network], reason=near.reason, cause=cause)


def _carrier(this: Side, peer: Side, near: Neighbours) -> Judged:
    """Inside one carrier's network its customers may reach each other, or not: only somebody elsewhere surely does not.

    Elsewhere is who has another public address, and no more than one router between itself and that. Who has no IPv4 or
    gets nothing back over UDP is reached there no more than anywhere.
    """
    blurred = unmeasured(this, peer)
    if blurred is not None:
        return blurred
    unserved = without_udp(this, peer, 4)
    if unserved is not None and unserved.result is Outcome.NO:
        return unserved
    outside = [side for side in (this, peer) if not side.of_kind(Kind.SHARED) and side.layers in (0, 1)]
    if outside and near.same_router is Tri.NO:
        reason = f"only inside one carrier's network (CGNAT), and {outside[0].called} is in none"
        return Judged(result=Outcome.NO, reason=reason)
    reason = "only inside one carrier's network (CGNAT); whether both are in one is not known"
    return Judged(result=Outcome.UNKNOWN, reason=reason)


_RESULTS = {Tri.YES: Outcome.DIRECT, Tri.NO: Outcome.NO, Tri.UNKNOWN: Outcome.UNKNOWN}


def _mapping(this: Side, peer: Side, near: Neighbours) -> Judged:
    """A port that is open serves every peer, however both routers translate."""
    found = unmeasured(this, peer) or without_udp(this, peer, 4)
    if found is not None:
        return found
    opening = [side for side in (peer, this) if side.v4.opens.value is Tri.YES]
    if opening and near.same_router is Tri.YES:
        return by_family(this, peer, 4, near)
    if opening and near.hidden and by_family(this, peer, 4, near).result is not Outcome.DIRECT:
        reason = f"{opening[0].called} has a port open; {HIDDEN_ROUTER}"
        return Judged(result=Outcome.UNKNOWN, reason=reason, evidence=opening[0].v4.opens.evidence)
    if opening:
        side = opening[0]
        where = f" at {side.v4.opened[0]}" if side.v4.opened else ""
        return Judged(
            result=Outcome.DIRECT, reason=f"{side.called} has a port open{where}", evidence=side.v4.opens.evidence
        )
    if this.v4.opens.value is Tri.NO and peer.v4.opens.value is Tri.NO:
        none = this.v4.service.value is Tri.NO and peer.v4.service.value is Tri.NO
        return Judged(result=Outcome.NO, reason="neither router opens one", cause="NS-MAP-01" if none else "")
    side = unknown_opener(this, peer)
    if side.v4.service.value is Tri.YES:
        reason = f"{side.whose} router opens ports for programs that ask; whether one is open is not told"
    else:
        reason = f"whether {side.whose} router opens ports was not measured"
    return Judged(result=Outcome.UNKNOWN, reason=reason)


def unknown_opener(this: Side, peer: Side) -> Side:
    """The first side of which nobody knows whether a port is open; where both are known, the peer."""
    return this if this.v4.opens.value is Tri.UNKNOWN else peer
