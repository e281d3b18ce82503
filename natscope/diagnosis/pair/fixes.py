"""What would make a pair direct: the catalogue's fixes, tried on the prediction, cheapest first."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from natscope.diagnosis.catalogue import find
from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import YOU, FamilySide, Side, Told
from natscope.model.finding import Fix
from natscope.model.nat import Filtering
from natscope.model.tri import Tri

_YES, _NO = Told(Tri.YES, Strength.FACT), Told(Tri.NO, Strength.FACT)
_OWN_ADDRESS_6 = FamilySide(
    works=_YES, absent=_NO, translated=_NO, varies=_NO, lets_in=Told(Filtering.ADDRESS_AND_PORT_DEPENDENT)
)
MAX_FIXES = 4


def changes_that_help(facts: PairFacts) -> tuple[Fix, ...]:
    """Changes on one side after which the prediction is direct; this side's first where the effort is equal.

    What cannot be judged (a side that is not known) gets no fix.
    """
    found = []
    for side in facts.sides:
        for fix, changed in _changes(side):
            this, peer = (changed, facts.peer) if side is facts.this else (facts.this, changed)
            if predict(this, peer).path == "direct":
                found.append(at_side(fix, side, is_this=side is facts.this))
    return tuple(sorted(found, key=lambda fix: fix.effort)[:MAX_FIXES])


def at_side(fix: Fix, side: Side, *, is_this: bool) -> Fix:
    """A fix of the catalogue, which is written for its reader, for whoever sits at the peer."""
    if is_this and side.names is YOU:
        return fix
    who = f"owner of {side.called}" if fix.who == "you" else f"{fix.who} of {side.called}"
    return msgspec.structs.replace(fix, do=f"On {side.whose} side: {fix.do}", who=who)


@functools.cache
def fixes_of(cause_id: str) -> tuple[Fix, ...]:
    """The texts of the catalogue."""
    return find(cause_id).load().CAUSE.fixes


def _changes(side: Side) -> Iterator[tuple[Fix, Side]]:
    """The fix, and the side as it would be."""
    four = side.v4
    if side.blurred:
        return
    if side.udp.value is Tri.NO:
        working = replace(four, works=_YES, varies=_NO, lets_in=Told(Filtering.ADDRESS_AND_PORT_DEPENDENT))
        yield fixes_of("NS-UDP-01")[0], replace(side, udp=_YES, v4=working)
        return
    if side.v6.absent.value is Tri.YES:
        yield fixes_of("NS-V6-01")[0], replace(side, v6=_OWN_ADDRESS_6)
    if four.works.value is Tri.YES and four.opens.value is not Tri.YES and (side.layers or 0) < 2:
        opened = replace(side, v4=replace(four, opens=_YES))
        yield fixes_of("NS-MAP-01")[0], opened
        yield fixes_of("NS-MAP-01")[1], opened
    if four.varies.value is Tri.YES:
        yield fixes_of("NS-NAT-01")[-1], replace(side, v4=replace(four, varies=_NO, varies_by_address_only=Tri.NO))
