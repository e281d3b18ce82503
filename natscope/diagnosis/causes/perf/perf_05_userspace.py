"""A mesh program runs without a network interface of its own: it may be short of processor time.

What it is
    A mesh program usually has a tunnel device: the system's kernel cuts and joins packets, and large ones pass in one
    piece. In userspace networking the program does all of that itself, with a TCP of its own. It needs no rights, and
    far more of the processor for each byte; on a small machine or in a container with a limit, a fast line ends there.
    Whether the way is direct or relayed is another question.

What we look for
    - the node's own status says that it has no tunnel device, or the mesh tells of the peer that it is in userspace.

    Nobody measured the processor here, so this is only possible.

What would contradict it
    - a tunnel device on both sides.

What to do
    - Give the program a tunnel device where more speed is wanted.

How to verify
    `natscope doctor` on that side names its tunnel device.

Sources
    Upstream tailcfg (Hostinfo.Userspace), ipn/ipnstate (TUN), wgengine/netstack.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Explains, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport, blame_of
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-PERF-05",
    title="A mesh program runs without a tunnel device: its processor may be what limits the speed.",
    severity=Severity.INFO,
    sides=2,
    explains=Explains.QUALITY,
    who_can_fix=("you", "owner of the peer"),
    fires=("a peer in userspace", "this side in userspace"),
    silent=("two cones", "tunnels on both sides"),
    fixes=(
        Fix(
            do="Give the program /dev/net/tun and leave --tun=userspace-networking out, where you want more speed.",
            who="you",
            effort="E1",
            duration="10 min",
            undo="put the option back",
            verify="natscope doctor",
        ),
    ),
)


def pair_evidence(facts: PairFacts) -> Support:
    """What either program tells of itself."""
    here = None if facts.status is None or facts.status.has_tunnel is None else not facts.status.has_tunnel
    there = facts.details.is_userspace if facts.details is not None else None
    sides = [(facts.this, here, "this:tunnel"), (facts.peer, there, "peer:userspace")]
    found = [(side, name) for side, is_userspace, name in sides if is_userspace]
    if not found:
        return NOTHING if here is False and there is False else unknown("whether both programs have a tunnel device")
    where = " and ".join(side.at for side, _ in found)
    ground = Ground(Strength.FACT, f"userspace networking {where}", tuple(name for _, name in found))
    return PairSupport(
        Tri.YES,
        (ground,),
        title=f"The mesh program {where} runs without a tunnel device: its processor may be what limits the speed.",
        blame=blame_of(facts.this, *(side for side, _ in found)),
        short="userspace, perhaps slow",
    )


def pair_against(facts: PairFacts) -> Support:
    """Nothing does: the programs told it."""
    return NOTHING
