"""One family of a pair by the matrix, over every class that each side may be of."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from natscope.diagnosis.pair.chance import PROBES, SOCKETS, one_hard_side
from natscope.diagnosis.pair.classes import CONES, HARD, Klass, possible
from natscope.diagnosis.pair.matrix import DIRECT, GUESSES, Grade, grade, needs_one_address
from natscope.diagnosis.pair.neighbours import HIDDEN_ROUTER, Neighbours
from natscope.diagnosis.pair.side import FamilySide, Side
from natscope.diagnosis.pair.told_addresses import told_kinds
from natscope.model.endpoint import Family
from natscope.model.nat import Filtering
from natscope.model.pair import Outcome
from natscope.model.tri import Tri


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What comes of one kind of way, why in a clause, and the cause behind a `no`."""

    result: Outcome
    reason: str
    cause: str = ""
    probability: float | None = None
    evidence: tuple[str, ...] = ()


def by_family(this: Side, peer: Side, family: Family, near: Neighbours) -> Judged:
    """Both send to the port that a relay saw of the other, at the same time."""
    found = unmeasured(this, peer) or without_udp(this, peer, family)
    if found is None and family == 4 and near.same_router is Tri.YES:
        found = _turned_round(this, peer)
    if found is None:
        found = _by_matrix(this, peer, family)
        if family == 4 and near.hidden:
            found = _behind_whatever(found, _turned_round(this, peer))
    cited = this.family(family), peer.family(family)
    evidence = tuple(dict.fromkeys(name for side in cited for name in _cited(side)))
    return replace(found, evidence=evidence)


def guessing(this: Side, peer: Side, near: Neighbours) -> Judged | None:
    """With guessed ports over IPv4; None where nothing has to be guessed, or nothing is known."""
    if unmeasured(this, peer) or without_udp(this, peer, 4) or near.same_router is Tri.YES or near.hidden:
        return None
    grades = _grades(this.v4, peer.v4)
    if grades & DIRECT:
        return None
    one_side = possible(this.v4) <= CONES or possible(peer.v4) <= CONES
    if grades <= GUESSES and Grade.G not in grades:
        return Judged(result=Outcome.GUESS, reason="ports follow a pattern: a few tries; most clients do not")
    if grades <= GUESSES:
        chance = one_hard_side(PROBES, SOCKETS) if one_side else None
        how = f"{100 * chance:.0f} % after {PROBES:,} tries from {SOCKETS} sockets" if chance else "thousands of tries"
        return Judged(result=Outcome.GUESS, reason=f"{how}; most clients do not", probability=chance)
    if grades & GUESSES:
        return Judged(result=Outcome.UNKNOWN, reason="hangs on whom each router lets in, and on how it picks ports")
    return Judged(result=Outcome.NO, reason="both ports would have to be guessed at once", cause="NS-NAT-01")


def unmeasured(this: Side, peer: Side) -> Judged | None:
    """Where a measurement is not about the side's own network, nothing can be said."""
    for side in (this, peer):
        if side.blurred:
            return Judged(result=Outcome.UNKNOWN, reason=f"{side.whose} own network was not measured: {side.blurred}")
    return None


def without_udp(this: Side, peer: Side, family: Family) -> Judged | None:
    """A side that this family does not serve; unknown where nobody knows whether it does."""
    for side in (this, peer):
        part = side.family(family)
        if part.works.value is Tri.NO and part.absent.value is Tri.YES:
            return Judged(result=Outcome.NO, reason=f"{side.called} has no IPv{family}", cause=_LACKS[family])
        if part.works.value is Tri.NO and side.udp.value is Tri.NO:
            reason = f"nothing comes back over UDP {side.at}"
            return Judged(result=Outcome.NO, reason=reason, cause="NS-UDP-01")
        if part.works.value is Tri.NO:
            cause = "NS-V6-02" if family == 6 else ""
            return Judged(result=Outcome.NO, reason=f"IPv{family} of {side.called} does not work", cause=cause)
    for side in (this, peer):
        if side.family(family).works.value is Tri.UNKNOWN:
            told = told_kinds(side) if family == 4 or not side.endpoints else ""
            says = f" (it {told})" if told else ""
            return Judged(result=Outcome.UNKNOWN, reason=f"whether IPv{family} works {side.at}{says} is not known")
    return None


_LACKS: dict[Family, str] = {4: "", 6: "NS-V6-01"}


def _behind_whatever(apart: Judged, together: Judged | None) -> Judged:
    """What holds behind two routers as well as behind one; `together` None: the same."""
    if together is None or apart.result is Outcome.UNKNOWN:
        return apart
    if apart.result is together.result:
        return replace(apart, cause="")  # another one behind one router
    return Judged(result=Outcome.UNKNOWN, reason=HIDDEN_ROUTER)


def _turned_round(this: Side, peer: Side) -> Judged | None:
    """Behind one router the public address leads back to it."""
    told = {this.v4.hairpin.value, peer.v4.hairpin.value}
    if Tri.YES in told and Tri.NO not in told:
        return None
    if Tri.NO in told and Tri.YES not in told:
        reason = "one router for both, which does not turn packets to its own address round"
        return Judged(result=Outcome.NO, reason=reason, cause="NS-NAT-10")
    reason = (
        "one router for both: whether a computer behind it can call its public address (hairpinning, --hairpin) is "
        "not known"
    )
    return Judged(result=Outcome.UNKNOWN, reason=reason)


def _grades(one: FamilySide, other: FamilySide) -> set[Grade]:
    return {grade(a, b) for a, b in itertools.product(possible(one), possible(other))}


def _by_matrix(this: Side, peer: Side, family: Family) -> Judged:
    one, other = this.family(family), peer.family(family)
    outcomes = {_outcome(a, b, one, other) for a, b in itertools.product(possible(one), possible(other))}
    if outcomes == {Tri.YES}:
        return Judged(result=Outcome.DIRECT, reason=_why_direct(this, peer, family))
    if outcomes == {Tri.NO}:
        return _why_not(this, peer, family)
    return Judged(result=Outcome.UNKNOWN, reason=_what_would_tell(this, peer, family))


def _outcome(a: Klass, b: Klass, one: FamilySide, other: FamilySide) -> Tri:
    found = grade(a, b)
    if found not in DIRECT:
        return Tri.NO
    needed = [other.paired.value] if needs_one_address(a, b) else []
    needed += [one.paired.value] if needs_one_address(b, a) else []
    return Tri.YES if all(value is Tri.YES for value in needed) else Tri.UNKNOWN


def _why_direct(this: Side, peer: Side, family: Family) -> str:
    classes = possible(this.family(family)), possible(peer.family(family))
    if all(some <= CONES for some in classes):
        how = "both have one public port for all" if family == 4 else "both are reached at their own address"
        return f"{how}, and send at the same time"
    for side, some, others in ((this, classes[0], classes[1]), (peer, classes[1], classes[0])):
        if some <= CONES and others <= HARD:
            return f"{side.called} lets in any port of an address, so it learns the port from the first packet"
    return "each side lets in enough for the other to come through"


def _why_not(this: Side, peer: Side, family: Family) -> Judged:
    """Both by the matrix: at least one side has another port for each peer."""
    classes = possible(this.family(family)), possible(peer.family(family))
    if classes[0] <= HARD and classes[1] <= HARD:
        return Judged(result=Outcome.NO, reason="both routers pick a new port for each peer", cause="NS-NAT-01")
    hard, easy = (this, peer) if classes[0] <= HARD else (peer, this)
    if not (possible(hard.family(family)) <= HARD and possible(easy.family(family)) <= CONES):
        return Judged(result=Outcome.NO, reason="neither side lets in enough for the other", cause="NS-NAT-01")
    reason = f"{hard.called} shows a new port, and {easy.called} lets in only ports that were written to"
    return Judged(result=Outcome.NO, reason=reason, cause="NS-NAT-02")


def _what_would_tell(this: Side, peer: Side, family: Family) -> str:
    """The first thing that is not known, in the order in which it matters."""
    sides = (this, peer)
    for side in sides:
        if side.family(family).varies.value is Tri.UNKNOWN and not possible(side.family(family)) <= CONES:
            return f"whether {side.called} has one public port for all is not known"
    for side in sides:
        if side.family(family).lets_in.value is Filtering.UNKNOWN:
            return f"whom {side.called} lets in was not measured"
    return "hangs on which of several public addresses the router picks"


def _cited(side: FamilySide) -> tuple[str, ...]:
    return (side.works.evidence + side.varies.evidence + side.lets_in.evidence)[:8]
