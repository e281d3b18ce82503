"""No relay answers where the map names one.

What it is
    A relay of the map is silent over every protocol that was tried, while others answer. It may be switched off
    or moved, its name may lead nowhere, or something between here and there drops packets. As long as other
    relays live, clients use those; peers whose home it is are out of reach over relays.

What we look for
    - requests to its STUN port and over HTTPS without an answer of a relay (two connections, of which one may hang
      at a sound relay, and both where packets get lost), or a name that the name server does not know;
    - a host that refuses the connection makes it certain: it is there, but no relay runs on it;
    - answers from other relays in the same run, as control: this network is up.

What would contradict it
    - one answer of the relay, over UDP or HTTPS; a closed STUN port alone is NS-REL-02, a wrong certificate
      NS-REL-01;
    - silence of all relays: then it is not that relay's fault.

What to do
    - Look whether the relay runs and whether its name leads to its address.
    - Take it out of the map if it is gone.

How to verify
    `natscope netcheck` shows a round trip for it.

Sources
    RFC 8489 section 6.2.1 (how long silence takes to count); upstream tailcfg/derpmap.go (regions and nodes).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import relay_words
from natscope.diagnosis.facts import Fact, Facts, ordered
from natscope.diagnosis.logic import all_of, any_of, negate
from natscope.diagnosis.missing import ELSEWHERE
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-15",
    title="No relay answers where the map names one.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin", "you"),
    fires=("dead-relay",),
    silent=("healthy", "stun-closed", "wrong-certificate", "no-relay-answered"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="Look whether the relay runs and its name leads to it; take it out of the map if it is gone.",
            who="relay's admin",
            effort="E3",
            duration="10 min",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Regions silent over everything that was tried, with other regions as control."""
    dead = tuple(relay for relay in facts.relays if _dead(facts, relay) is Tri.YES)
    if not dead:
        open_question = any(_dead(facts, relay) is Tri.UNKNOWN for relay in facts.relays)
        return unknown("STUN and HTTPS to every relay (--https)") if open_question else NOTHING
    control = facts.others_alive(but=frozenset(relay.region_id for relay in dead))
    if not control:
        return unknown(control.missing)
    return Support(
        Tri.YES,
        _grounds(facts, dead, control),
        title=relay_words.title(dead, "no relay answers there, over UDP or TCP."),
        detail=relay_words.errors(dead),
        missing=(ELSEWHERE,),
    )


def against(facts: Facts) -> Support:
    """An answer from a relay is looked for relay by relay in `evidence`; all being silent contradicts as a whole."""
    living = facts.others_alive(but=frozenset())
    return NOTHING if living else Support(Tri.YES, (Ground(Strength.ABSENCE, "no relay answers", ()),))


def _dead(facts: Facts, relay: RelayReport) -> Tri:
    """No over UDP and TCP, both having been tried; or a name that leads nowhere."""
    if relay.latency_ms.https is not None:
        return Tri.NO
    over_tcp = Tri.UNKNOWN if _may_be_lost(facts, relay) else negate(facts.relay_up(relay).holds)
    silent = all_of(negate(facts.stun_answered(relay).holds), over_tcp)
    return any_of(silent, facts.nameless(relay).holds)


def _may_be_lost(facts: Facts, relay: RelayReport) -> bool:
    """Whether a sound relay may look so over TCP: one connection that hung, or several where packets get lost."""
    tried = facts.seen("https.latency", region_id=relay.region_id)
    settled = [o.outcome for o in tried if o.outcome not in (Outcome.CANCELLED, Outcome.LOCAL_ERROR)]
    return set(settled) == {Outcome.NO_ANSWER} and (len(settled) == 1 or facts.loses_packets)


def _grounds(facts: Facts, dead: tuple[RelayReport, ...], control: Fact) -> tuple[Ground, ...]:
    """Silence over UDP, failure over TCP, and life elsewhere; a refusal of the host or the name server decides."""
    over_udp = ordered(tuple(name for relay in dead for name in facts.stun_answered(relay).evidence))
    tried = [o for relay in dead for o in facts.seen("https.latency", region_id=relay.region_id)]
    refused = [o for o in tried if o.outcome is Outcome.REFUSED]
    nowhere = [name for relay in dead for name in facts.nameless(relay).evidence]
    told = {o.region_id for o in refused} | {r.region_id for r in dead if facts.nameless(r)}
    grounds = [
        Ground(Strength.ABSENCE, "no answer over UDP", over_udp),
        Ground(Strength.FACT, "no relay over TCP", ordered(tuple(o.id for o in tried))),
        Ground(Strength.FACT, "other relays answer", control.evidence),
    ]
    if len(told) == len(dead):
        cited = ordered((*nowhere, *(o.id for o in refused)))
        grounds.insert(0, Ground(Strength.DECISIVE, "its host refuses, or its name leads nowhere", cited))
    return tuple(grounds)
