"""One side shows each peer another port, and the other lets in only ports that it wrote to.

What it is
    The first side's router picks a new public port for each peer (symmetric NAT), so the port that a relay saw of it
    is not the one from which its packets come. The other side's router keeps one port, but lets in only packets from
    ports that were written to, and nobody wrote to the new one. Each waits for the other. If the second side let in
    any port of an address, or everybody, the two would meet.

What we look for
    - on one side another public port or address for each destination;
    - on the other one public port for all, and a filter by address and port;
    - where whom it lets in was not measured: packets sent to all addresses of the peer without an answer, while the
      peer answered through a relay.

What would contradict it
    - a pong over UDP.

What to do
    - Let either router open a port (PCP, NAT-PMP or UPnP), or forward one UDP port by hand. One side suffices.
    - Turn on IPv6 where the other side has it.
    - Turn on endpoint-independent mapping ("static port") on the side that picks new ports.

How to verify
    `natscope ping PEER` ends with "Direct after …".

Sources
    RFC 4787 sections 4.1 and 5; RFC 5128 section 3.3 (hole punching and its limits).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.nat.nat_01_symmetric import FIXES
from natscope.diagnosis.pair.by_classes import by_family
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.side import YOU, Side
from natscope.diagnosis.pair.support import PairSupport, blame_of, ground, shorter
from natscope.model.finding import Severity
from natscope.model.nat import Filtering
from natscope.model.pair import Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-NAT-02",
    title="One side's router picks a new port for each peer, and the other's lets in only ports that it wrote to.",
    severity=Severity.FAIL,
    sides=2,
    who_can_fix=("you", "administrator", "provider"),
    fires=("cone and symmetric",),
    silent=("two cones", "two symmetric", "restricted and symmetric"),
    fixes=FIXES,
)


_TRIED = Ground(Strength.FACT, "no address answered, while the peer did through a relay", ("trial",))


def pair_evidence(facts: PairFacts) -> Support:
    """A hard side and an easy one whose filter, or whose silence in a trial, keeps the new port out."""
    hard, easy = facts.hard(), facts.easy()
    if len(hard) != 1 or len(easy) != 1 or facts.near.same_router is not Tri.NO:
        known = facts.near.same_router.known and all(side.v4.varies.value.known for side in facts.sides)
        return NOTHING if known else unknown("both sides' public addresses, and how both routers translate")
    lets_in = easy[0].v4.lets_in
    found = by_family(facts.this, facts.peer, 4, facts.near)
    needed = [ground(hard[0].v4.varies, f"{hard[0].called} shows each peer another port")]
    also: tuple[Ground, ...] = ()
    if lets_in.value is Filtering.ADDRESS_AND_PORT_DEPENDENT:
        needed += [ground(easy[0].v4.varies, f"{easy[0].called} has one port for all"), _filter(easy[0])]
        also = (_TRIED,) if facts.trial.failed is Tri.YES else ()
    elif found.result is Outcome.UNKNOWN and facts.trial.failed is Tri.YES:
        needed += [_TRIED]
    else:
        return NOTHING if found.result is Outcome.DIRECT else unknown(f"whom {easy[0].called} lets in")
    blame = blame_of(facts.this, hard[0])
    whose = "Your" if hard[0].names is YOU else hard[0].whose
    rest = f"router picks a new port for each peer, and {easy[0].called} lets in only ports that were written to"
    if lets_in.value is Filtering.UNKNOWN:
        rest = f"router picks a new port for each peer, and {easy[0].called} seems to let in none that it does not know"
    return PairSupport(
        Tri.YES,
        tuple(needed),
        title=f"{whose} {rest}.",
        severity=severity_of(facts),
        blame=blame,
        short=shorter(blame, "your router: random ports", "its router: random ports"),
        also=also,
    )


def pair_against(facts: PairFacts) -> Support:
    """A way over IPv4 that answered."""
    answered = any(end.family == 4 for end in facts.trial.answered)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "a pong over IPv4", ("trial",)),)) if answered else NOTHING


def severity_of(facts: PairFacts) -> Severity:
    """It stops the two only where no other way is left."""
    path = facts.prediction.path
    return Severity.INFO if path == "direct" else Severity.WARN if path == "unknown" else Severity.FAIL


def _filter(side: Side) -> Ground:
    told = side.v4.lets_in
    return Ground(told.strength, f"{side.called} lets in only ports that were written to", told.evidence)
