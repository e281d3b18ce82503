"""One side's program is much older than the other's.

What it is
    Programs of a mesh VPN understand each other over many versions, but what a newer one has learned (other ways to
    find a path, peer relays, more endpoints) takes both sides. A program of two years ago also has the mistakes of two
    years ago.

What we look for
    - the versions that both sides tell, thirty minor versions or more apart: about two years.

What would contradict it
    - nothing: the versions are told.

What to do
    - Update the older side.

How to verify
    `natscope status` no longer says it.

Sources
    Upstream's version numbers: an even minor version about every month.
"""

from __future__ import annotations

import re

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-CTL-07",
    title="One side's program is about two years older than the other's.",
    severity=Severity.INFO,
    sides=2,
    who_can_fix=("you",),
    fires=("old peer",),
    silent=("two cones",),
    fixes=(Fix(do="Update the older program.", who="you", effort="E1", duration="5 min", verify="natscope status"),),
)
MANY = 30
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.", re.ASCII)


def pair_evidence(facts: PairFacts) -> Support:
    """Two versions that are told, far apart."""
    mine = _minor(facts.own_version)
    theirs = _minor(facts.details.version if facts.details is not None else "")
    if mine is None or theirs is None or mine[0] != theirs[0]:
        return unknown("the versions of both programs")
    if abs(mine[1] - theirs[1]) < MANY:
        return NOTHING
    older = Blame.PEER if theirs[1] < mine[1] else Blame.THIS
    says = f"{mine[0]}.{mine[1]} here, {theirs[0]}.{theirs[1]} {facts.peer.at}"
    ground = Ground(Strength.DECISIVE, says, ("peer:version",))
    return PairSupport(Tri.YES, (ground,), detail=f"Versions: {says}.", blame=older, short="an old version")


def pair_against(facts: PairFacts) -> Support:
    """Nothing does."""
    return NOTHING


def _minor(version: str) -> tuple[int, int] | None:
    match = _VERSION.match(version)
    return (int(match[1]), int(match[2])) if match else None
