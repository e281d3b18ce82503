"""A relay tells this computer an address that is not its own.

What it is
    A relay's STUN server says where it sees us. One that tells everybody the same endpoint, or an address from
    inside some network, does not see us at all: it stands in a container behind a bridge, behind a proxy or a load
    balancer that rewrites addresses, or something in its place answers. Clients publish what relays tell, so peers
    write to an address that leads nowhere, and a good router looks like a bad one: two answers differ.

What we look for
    - one and the same public endpoint told to two sockets of this computer, which no translation can give;
    - an inner address (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10) told by a relay on the internet,
      while others there see a public one.

What would contradict it
    - answers to two sockets that differ as the sockets do.

What to do
    - Run the relay with host networking, so that its STUN server sees the real sender.
    - Do not put a proxy or load balancer in front of its UDP port.
    - Until then take it out of the map, or forbid STUN there (STUNPort -1): it spoils what other relays tell.

How to verify
    `natscope stun query --tailscale HOST` twice: the ports differ from run to run, and the address is yours.

Sources
    RFC 8489 section 14.2 (what a server has to tell); docker-derper issue 5, vastora issue 178 (relays in containers).
"""

from __future__ import annotations

from collections import Counter

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.samples import MAPPING_KINDS, read_mapped
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-CTL-03",
    title="A relay tells an address that is not yours; it was not believed.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("lying-relay",),
    silent=("healthy", "several-addresses", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06"),
    fixes=(
        Fix(
            do="Run the relay with host networking, nothing in front of its UDP port.",
            who="relay's admin",
            effort="E2",
            duration="10 min",
            undo="put the old settings back",
            verify="natscope netcheck",
        ),
    ),
)

CODE = "lies"
TELLING = (*MAPPING_KINDS, "nat.port")
"""Kinds of observations in which a server tells our endpoint."""


def evidence(facts: Facts) -> Support:
    """Relays whose answers contradict themselves, or everybody else."""
    lying = _lying(facts)
    if not lying:
        missing = _unjudged(facts)
        return unknown(missing) if missing else NOTHING
    names = enumerated([relay.region_name or relay.region_code for relay in lying])
    first = lying[0].error
    assert first is not None
    grounds = tuple(
        Ground(Strength.DECISIVE, f"{relay.region_code}: {relay.error.message}", relay.error.evidence)
        for relay in lying
        if relay.error is not None
    )
    return Support(
        Tri.YES,
        grounds,
        title=f"{names} {'tells' if len(lying) == 1 else 'tell'} an address that is not yours; it was not believed.",
        detail=f"{first.message[:1].upper()}{first.message[1:]}.",
    )


def against(facts: Facts) -> Support:
    """Answers that nobody could compare say nothing."""
    return NOTHING if _lying(facts) or facts.udp else unknown(facts.udp.missing)


def _unjudged(facts: Facts) -> str:
    """What would tell of relays that were not asked, or whose word nobody else's confirms; empty where none is left.

    What one tells is ours if another one tells it too, or if two sockets of ours were told two endpoints.
    """
    if any(facts.stun_answered(relay).holds is Tri.UNKNOWN for relay in facts.relays):
        return "a STUN request to each relay"
    told: dict[str, set[str]] = {}
    sockets: dict[str, set[str]] = {}
    for one in read_mapped(facts.observations, TELLING):
        told.setdefault(one.target, set()).add(str(one.endpoint.ip))
        sockets.setdefault(one.target, set()).add(one.local)
    if not told:
        return facts.udp.missing or "answers from relays over UDP"
    tellers = Counter(address for addresses in told.values() for address in addresses)
    for server, addresses in told.items():
        if len(sockets[server]) < 2 and any(tellers[address] < 2 for address in addresses):
            return "what a second relay, or a second socket, is told"
    return ""


def _lying(facts: Facts) -> list[RelayReport]:
    return [relay for relay in facts.relays if relay.error is not None and relay.error.code == CODE]
