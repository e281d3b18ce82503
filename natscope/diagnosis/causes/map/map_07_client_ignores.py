"""The router opens ports for who asks, and the mesh program does not use it.

What it is
    A port that the router opens on request lets any peer in, whatever its own router is like. natscope asked and was
    given one. The mesh program tells the others that it found no such service: it was built or set not to ask, asked
    before the service was turned on, or gave up too early on a slow router.

What we look for
    - a netcheck of this computer in which a protocol granted a port, or proved one open;
    - and what the mesh tells of this node: the program found neither UPnP nor NAT-PMP nor PCP.

What would contradict it
    - the program tells that it found one of the three.

What to do
    - Update the program, and leave port mapping on in its settings; restart it, so that it asks again.
    - Else forward one UDP port to this computer by hand.

How to verify
    `natscope status --netcheck` no longer says it; `tailscale netcheck` names the protocol behind "PortMapping".

Sources
    Upstream tailcfg (NetInfo: UPnP, PMP, PCP), net/portmapper; RFC 6887, RFC 6886.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.report import MappingServiceReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-MAP-07",
    title="The router opens ports for who asks, but the mesh program does not use that.",
    severity=Severity.WARN,
    sides=2,
    who_can_fix=("you", "administrator"),
    fires=("a mapping that the program ignores",),
    silent=("two cones", "a mapping that the program uses"),
    fixes=(
        Fix(
            do="Leave port mapping on in the mesh program, update it, and restart it so that it asks the router again.",
            who="you",
            effort="E2",
            duration="5 min",
            verify="natscope status --netcheck",
        ),
        Fix(
            do="Forward one UDP port on the router to the port of the mesh program on this computer.",
            who="administrator",
            effort="E3",
            duration="15 min",
            undo="take the rule out",
            verify="natscope status --netcheck",
        ),
    ),
)
_GRANTED = ("proved", "unproved")
_NAMES = ("PCP", "NAT-PMP", "UPnP")


def pair_evidence(facts: PairFacts) -> Support:
    """Granted to natscope, and not found by the program."""
    if facts.report is None or facts.this.blurred or facts.own is None or facts.own.network is None:
        return unknown("a netcheck of this side, and what the mesh tells of this node")
    group = facts.report.port_mapping
    services = tuple(zip(_NAMES, (group.pcp, group.nat_pmp, group.upnp), strict=True))
    granted = [(name, service) for name, service in services if service.state is Tri.YES and _is_granted(service)]
    if not granted:
        known = all(service.state is Tri.NO for _, service in services)
        return NOTHING if known else unknown("whether the router opens ports")
    network = facts.own.network
    told = (network.pcp, network.nat_pmp, network.upnp)
    if any(answer is not Tri.NO for answer in told):
        return NOTHING if Tri.YES in told else unknown("whether the program looked for all three")
    name, service = next((row for row in granted if row[1].proof == "proved"), granted[0])
    strength = Strength.DECISIVE if service.proof == "proved" and facts.is_of_now is Tri.YES else Strength.FACT
    grounds = (
        Ground(strength, f"{name} granted {service.external}", service.evidence),
        Ground(Strength.FACT, "the program found no such service", ("this:port mapping",)),
    )
    detail = f"{name} gave natscope {service.external}; the program tells that no protocol answered it."
    return PairSupport(Tri.YES, grounds, detail=detail, blame=Blame.THIS, short="opened port not used")


def _is_granted(service: MappingServiceReport) -> bool:
    return bool(service.external) and service.proof in _GRANTED


def pair_against(facts: PairFacts) -> Support:
    """The evidence asks for all three already."""
    return NOTHING
