"""The router opens a port, and nothing comes in by it.

What it is
    Asked by PCP, NAT-PMP or UPnP the router says yes, but nobody outside reaches the port. Mostly the router's own
    outside address is not a public one: behind it stands another router, at home or at the provider, that knows
    nothing of the open port. Or this computer's own firewall drops what comes in unasked.

What we look for
    - the address that the router opened: a private or shared one, or another than the one that relays see;
    - packets that a helping relay sent to the port, and that did not arrive.

What would contradict it
    - one packet that comes in by the port.

What to do
    - Let this computer's firewall admit the VPN's UDP port.
    - Where two routers stand in a row: switch one to bridge mode, or open the port in both (NS-NAT-08).
    - Where the provider translates (carrier-grade NAT, NS-NAT-07): use IPv6, or ask for a public address.

How to verify
    `natscope netcheck` shows "Opens ports" with "proved from outside".

Sources
    RFC 6886 section 9 (NATs in a row), RFC 6887 section 5.
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.map.mapping_words import MISSING, are_known, cited, is_open, services, with_proof
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.words import enumerated
from natscope.model.address_space import is_inside, is_shared
from natscope.model.endpoint import IPAddress
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.report import MappingServiceReport
from natscope.model.tri import Tri

UNTRIED = (None, "unproved")
"""What is said of a mapping that nobody sent anything to."""
Mappings = tuple[tuple[str, MappingServiceReport], ...]

CAUSE = Cause(
    id="NS-MAP-02",
    title="The router opens a port when it is asked, but nothing comes in by it.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator", "provider"),
    fires=("mapping-unreachable",),
    silent=("healthy", "mapping-proved", "mapping-refused"),
    hidden_by=("NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Let this computer's firewall admit the UDP port of the VPN.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="take the rule out",
            verify="natscope netcheck",
        ),
        Fix(
            do="Where two routers stand in a row, switch one of them to bridge mode.",
            who="you",
            effort="E3",
            duration="15 min",
            undo="switch it back",
            verify="natscope netcheck",
        ),
        Fix(
            do="Use IPv6, or ask your provider for a public IPv4 address.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Mappings that were granted and lead nowhere."""
    found = with_proof(facts, "unreachable")
    if not found:
        if facts.seen("portmap.proof", Outcome.ANSWERED) or is_open(facts):
            return NOTHING
        if any(service.state is Tri.YES and service.proof in UNTRIED for _, service in services(facts)):
            return unknown("a packet from outside to the opened port")
        return NOTHING if are_known(facts) else unknown(MISSING)
    if is_open(facts):
        return NOTHING  # another protocol opens one that works
    names = enumerated([name for name, _ in found])
    opened = enumerated(list(dict.fromkeys(service.external or "" for _, service in found if service.external)))
    detail = f"{names} opened {opened}: {found[0][1].reason}." if opened else f"{found[0][1].reason}."
    words = f"what {names} opened was tried, and nothing came in"
    return Support(
        Tri.YES, (Ground(Strength.DECISIVE, words, cited(found)),), detail=detail, fixes=_fixes(facts, found)
    )


def _fixes(facts: Facts, found: Mappings) -> tuple[Fix, ...] | None:
    """No firewall of this computer is at fault where the router opens a port of an address that is not public."""
    bridge, provider = CAUSE.fixes[1:]
    opened = [_address(service.external or "") for _, service in found]
    if not all(ip is not None and is_inside(ip) for ip in opened):
        return None
    carrier = facts.report.nat.v4.cgnat is Tri.YES or all(ip is not None and is_shared(ip) for ip in opened)
    return (provider,) if carrier else (bridge, provider)


def _address(endpoint: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(endpoint.rpartition(":")[0].strip("[]"))
    except ValueError:
        return None


def against(facts: Facts) -> Support:
    """A packet that came in."""
    came = facts.seen("portmap.proof", Outcome.ANSWERED)
    if came:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "a packet came in", (came[0].id,)),))
    return NOTHING if with_proof(facts, "unreachable") else unknown(MISSING)
