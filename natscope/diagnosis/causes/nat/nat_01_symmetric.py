"""The public port differs from peer to peer (symmetric NAT).

What it is
    A router between this computer and the internet gives each destination another public port for the same
    local one. The port that a relay sees is therefore not the one a peer would see, so no peer can know where
    to write to. Two sides like this do not meet directly, and neither does this side with one that lets in only
    the ports it wrote to, unless ports are guessed. What it means for a pair takes the other side's report too;
    from this side alone, the mapping is what can be told. The field's words: address-dependent or address- and
    port-dependent mapping.

What we look for
    - two relays that see two public ports of one local socket, on the same public address;
    - the first port again after the second was seen: then the difference belongs to the destinations, not to a
      change in between. Without that, three or more ports make it likely, two make it possible.

What would contradict it
    - the same public port at relays with different addresses;
    - differing public addresses alone, with the port kept: that is NS-NAT-09;
    - ports that are the same for two ports of one address: that is NS-NAT-04. Where no relay is a helper or has two
      addresses, the two cannot be told apart, and this one is named;
    - ports that follow a pattern: programs that guess ports may then get through; the report says how far.

What to do
    - Turn on IPv6: it passes by address translation.
    - Let the router open ports (NAT-PMP, PCP or UPnP), or forward one UDP port to this computer.
    - Turn on endpoint-independent mapping or "static port" in the router, where it is offered.
    - It suffices that one side of a pair does one of these.

How to verify
    `natscope netcheck` says "Public port: same for all peers", or the IPv6 line has an address.

Sources
    RFC 4787 section 4.1 and REQ-1 (mapping), RFC 5780 section 4.3 (how it is found), RFC 3489 section 5 (where
    "symmetric" comes from).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.missing import TWO_PORTS
from natscope.diagnosis.pair.by_classes import by_family
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport, ground
from natscope.diagnosis.samples import MAPPING_KINDS, alternates, at_two_ports, read_mapped
from natscope.diagnosis.words import enumerated
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.nat import Mapping
from natscope.model.pair import Blame, Outcome
from natscope.model.report import SeenEndpoint
from natscope.model.tri import Tri

FIXES = (
    Fix(
        do="Turn on IPv6 in your router: it passes by the translation.",
        who="you",
        effort="E3",
        duration="5 min",
        undo="turn it off",
        verify="natscope netcheck",
    ),
    Fix(
        do="Turn on NAT-PMP, PCP or UPnP in your router, or forward one UDP port to this computer.",
        who="you",
        effort="E3",
        duration="10 min",
        undo="turn it off",
        verify="natscope netcheck",
    ),
    Fix(
        do="Turn on endpoint-independent mapping (static port) for UDP in the router, where it is offered.",
        who="administrator",
        effort="E4",
        duration="10 min",
        undo="turn it off",
        verify="natscope netcheck",
    ),
)

CAUSE = Cause(
    id="NS-NAT-01",
    title="Your router or your provider's shows each peer another port: none can know where to write (symmetric NAT).",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator", "provider"),
    fires=("mapping-varies",),
    silent=("healthy", "several-addresses", "udp-blocked"),
    hides=(),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=FIXES,
)

FAMILY: Family = 4


def evidence(facts: Facts) -> Support:
    """Several public ports of one socket on one public address."""
    varies = facts.mapping_varies(FAMILY)
    if varies.holds is Tri.UNKNOWN:
        return unknown(varies.missing)
    groups = _ports(facts)
    if varies.holds is Tri.NO:
        return NOTHING
    if not groups:  # the address may be all that differs
        return NOTHING if facts.several_addresses(FAMILY) else unknown("answers from two relays to one socket")
    ports = max(groups, key=len)
    works6 = facts.works(6)
    return Support(
        Tri.YES,
        _grounds(facts, ports),
        detail=f"Relays saw {len(ports)} ports: {enumerated([str(e.port) for e in ports])}.",
        severity=Severity.WARN if works6 else None,
        fixes=CAUSE.fixes[1:] if works6 else None,
        missing=(TWO_PORTS,),
    )


def against(facts: Facts) -> Support:
    """One port for all, or no translation."""
    part, varies = facts.nat(FAMILY), facts.mapping_varies(FAMILY)
    if part.mapping in (Mapping.ENDPOINT_INDEPENDENT, Mapping.NONE) or varies.holds is Tri.NO:
        cited = facts.nat_evidence(FAMILY, *MAPPING_KINDS)
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "one public port for all", cited),))
    return NOTHING if varies else unknown(varies.missing)


def _ports(facts: Facts) -> list[tuple[SeenEndpoint, ...]]:
    """Endpoints that share the local socket and the public address and have different ports."""
    groups: dict[tuple[str, str], dict[int, SeenEndpoint]] = {}
    for endpoint in facts.endpoints(FAMILY):
        groups.setdefault((endpoint.local, endpoint.address), {})[endpoint.port] = endpoint
    return [tuple(by_port.values()) for by_port in groups.values() if len(by_port) > 1]


def _grounds(facts: Facts, ports: tuple[SeenEndpoint, ...]) -> tuple[Ground, ...]:
    """A port that comes back after another one decides; else each further port is one fact."""
    local, address = ports[0].local, ports[0].address
    samples = [s for s in facts.mapped if s.local == local and str(s.endpoint.ip) == address]
    again = alternates(samples, lambda sample: sample.endpoint.port)
    cited = ordered(tuple(name for endpoint in ports for name in ordered(endpoint.evidence)[:2]))
    if facts.nat(FAMILY).mapping is Mapping.ADDRESS_AND_PORT_DEPENDENT:
        asked = (s for s in read_mapped(facts.observations, MAPPING_KINDS) if s.family == FAMILY)
        pair = at_two_ports(asked) or facts.nat_evidence(FAMILY, *MAPPING_KINDS)
        tested = Ground(Strength.DECISIVE, "two ports of one server saw two ports", pair)
        return (tested, Ground(Strength.FACT, "relays saw several ports", cited))
    if again:
        return (Ground(Strength.DECISIVE, "a port came back after another was seen", again + cited),)
    return tuple(Ground(Strength.FACT, f"port {e.port} beside {ports[0].port}", ordered(e.evidence)) for e in ports[1:])


def pair_evidence(facts: PairFacts) -> Support:
    """Both sides show each peer another port, and neither lets in enough for the other."""
    hard = facts.hard()
    if len(hard) < 2 or facts.near.same_router is not Tri.NO:
        known = facts.near.same_router.known and all(side.v4.varies.value.known for side in facts.sides)
        return NOTHING if known else unknown("both sides' public addresses, and how both routers translate")
    found = by_family(facts.this, facts.peer, 4, facts.near)
    if found.result is not Outcome.NO:
        return NOTHING if found.result is Outcome.DIRECT else unknown("whom both routers let in")
    path = facts.prediction.path
    return PairSupport(
        Tri.YES,
        tuple(ground(side.v4.varies, f"{side.called} shows each peer another port") for side in hard),
        title="Both routers pick a new port for each peer: neither side can know where to write (symmetric NAT).",
        severity=Severity.INFO if path == "direct" else Severity.WARN if path == "unknown" else Severity.FAIL,
        blame=Blame.BOTH,
        short="both routers: random ports",
    )


def pair_against(facts: PairFacts) -> Support:
    """A way over IPv4 that answered."""
    answered = any(end.family == FAMILY for end in facts.trial.answered)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "a pong over IPv4", ("trial",)),)) if answered else NOTHING
