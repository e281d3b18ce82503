"""Classes of a side in one family: as a set of those that are possible, where something is not known.

A prediction holds only if it holds for every possible class, so that knowing less never predicts more.
"""

from __future__ import annotations

import enum

from natscope.diagnosis.pair.side import FamilySide
from natscope.model.nat import Filtering
from natscope.model.tri import Tri


class Klass(enum.StrEnum):
    """How a side behaves towards packets of a peer that sends at the same time.

    One public port for all peers: `O`, `C1` to `C3`. Another for each peer: `P`, `H1`, `H2`, `H`.
    """

    O = "O"  # noqa: E741 - the field's letter
    """No translation, and everybody is let in; or a port that is open."""
    C1 = "C1"
    """One port, open to everybody (full cone)."""
    C2 = "C2"
    """One port, open to addresses that were written to."""
    C3 = "C3"
    """One port, open to ports that were written to: most home routers, every stateful firewall."""
    P = "P"
    """A port per peer that one can predict; lets in as C3."""
    H1 = "H1"
    """A random port per peer, each open to everybody."""
    H2 = "H2"
    """A port per peer, each open to addresses that were written to."""
    H = "H"
    """A random port per peer, open to ports that were written to (symmetric NAT)."""
    B = "B"
    """Nothing goes out or comes back over UDP."""


CONES = frozenset((Klass.O, Klass.C1, Klass.C2, Klass.C3))
HARD = frozenset((Klass.P, Klass.H1, Klass.H2, Klass.H))
ALL = frozenset(Klass)

_CONE_BY_FILTER = {
    Filtering.ENDPOINT_INDEPENDENT: frozenset((Klass.C1,)),
    Filtering.ADDRESS_DEPENDENT: frozenset((Klass.C2,)),
    Filtering.ADDRESS_AND_PORT_DEPENDENT: frozenset((Klass.C3,)),
    Filtering.UNKNOWN: CONES - {Klass.O},
}
_HARD_BY_FILTER = {
    Filtering.ENDPOINT_INDEPENDENT: frozenset((Klass.H1,)),
    Filtering.ADDRESS_DEPENDENT: frozenset((Klass.H2,)),
    Filtering.ADDRESS_AND_PORT_DEPENDENT: frozenset((Klass.P, Klass.H)),
    Filtering.UNKNOWN: HARD,
}


def possible(side: FamilySide) -> frozenset[Klass]:
    """The classes that what is known leaves open; never empty."""
    if side.works.value is Tri.NO:
        return frozenset((Klass.B,))
    found: set[Klass] = set() if side.works.value is Tri.YES else {Klass.B}
    varies = side.varies.value
    if varies is not Tri.YES or _may_be_the_same(side):
        found |= _cones(side)
    if varies is not Tri.NO and side.translated.value is not Tri.NO:
        found |= _hard(side)
    return frozenset(found) or ALL  # what contradicts itself says nothing


def _may_be_the_same(side: FamilySide) -> bool:
    """Several public addresses with one and the same port: towards this peer it may be the address that is known."""
    return side.paired.value is not Tri.YES and side.varies_by_address_only is not Tri.NO


def _cones(side: FamilySide) -> frozenset[Klass]:
    found = _CONE_BY_FILTER[side.lets_in.value]
    if side.translated.value is Tri.NO and Klass.C1 in found:
        return found - {Klass.C1} | {Klass.O}
    return found


def _hard(side: FamilySide) -> frozenset[Klass]:
    found = _HARD_BY_FILTER[side.lets_in.value]
    if side.predictable.value is Tri.YES:
        return found - {Klass.H}
    return found - {Klass.P} if side.predictable.value is Tri.NO else found
