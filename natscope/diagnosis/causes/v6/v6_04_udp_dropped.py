"""IPv6 works over TCP, but nothing comes back over UDP: a firewall drops even answers.

What it is
    Relays answer over IPv6 when they are asked by TCP, and the same relays answer over UDP by IPv4. So the way is
    there, and the relays' UDP is open: somebody between drops UDP over IPv6, answers too. Peers are offered this
    address in vain, and direct connections fall back to IPv4 or to a relay.

What we look for
    - requests over UDP to two or more relays by IPv6, none answered;
    - answers of these hosts by TCP over IPv6;
    - answers over UDP by IPv4.

What would contradict it
    - one answer over UDP by IPv6;
    - silence of TCP as well: then IPv6 does not work at all (NS-V6-02).

What to do
    - In the router's IPv6 firewall: let UDP out, and answers to it in (a stateful rule). Many have a switch "IPv6
      firewall: medium" or the like that does it.
    - On this computer: look for a rule for IPv6 that differs from the one for IPv4.

How to verify
    `natscope netcheck -6` shows round trips in the IPv6 column.

Sources
    RFC 6092 section 3.2.3 (what an IPv6 home router should let through), RFC 4787 section 4.3.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite, host_of
from natscope.diagnosis.missing import ELSEWHERE
from natscope.diagnosis.words import counted
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-V6-04",
    title="IPv6 works over TCP, but a firewall drops UDP over IPv6, even the answers to what you sent.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("administrator",),
    fires=("ipv6-udp-dropped",),
    silent=("healthy", "ipv6-broken", "udp-blocked"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="In the router's IPv6 firewall, let UDP out and answers to it in.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="take the rule out",
            verify="natscope netcheck -6",
        ),
    ),
)
ENOUGH_HOSTS = 2


def evidence(facts: Facts) -> Support:
    """TCP from hosts that are silent over UDP, and UDP by IPv4."""
    asked = _six(facts, "stun.binding", Outcome.NO_ANSWER, Outcome.ICMP_ERROR, Outcome.ANSWERED)
    if not asked:
        return unknown("requests over IPv6")
    if any(o.outcome is Outcome.ANSWERED for o in asked):
        return NOTHING
    alive = facts.tcp_alone(6)
    hosts = len({host_of(o) for o in alive})
    four = tuple(o for o in facts.seen("stun.binding", Outcome.ANSWERED) if o.family == 4)
    if hosts < ENOUGH_HOSTS or not four:
        return unknown("TCP to relays over IPv6 (--https), beside UDP over IPv4") if not alive else NOTHING
    return Support(
        Tri.YES,
        (
            Ground(Strength.FACT, "hosts that are silent over UDP answer over TCP by IPv6", cite(alive)),
            Ground(Strength.FACT, "over IPv4 their UDP answers", cite(four)),
        ),
        detail=f"{counted(hosts, 'relay')} answered over TCP by IPv6 and kept silent over UDP.",
        missing=(ELSEWHERE,),
    )


def against(facts: Facts) -> Support:
    """An answer over UDP by IPv6."""
    came = _six(facts, "stun.binding", Outcome.ANSWERED)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "UDP answered", cite(came)),)) if came else NOTHING


def _six(facts: Facts, kind: str, *outcomes: Outcome) -> tuple[Observation, ...]:
    return tuple(o for o in facts.seen(kind, *outcomes) if o.family == 6)
