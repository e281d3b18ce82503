"""A relay answers STUN, but takes no relay connections.

What it is
    The STUN half of a relay lives, so clients measure it, like it, and may choose it for their home; but its TCP port
    is closed, filtered, or something else answers there. Nobody who depends on it is reachable then. Often the
    firewall lets UDP 3478 in and not TCP 443, the relay's process has ended while another serves STUN, or the port in
    the map is wrong.

What we look for
    - answers to STUN from the relay, as control: the host is there;
    - a connection to its TCP port that is refused or reset, two that stay silent where no packet gets lost, or an HTTP
      error in place of the relay's answer;
    - an answer over TCP from another relay in the same run, as control: TCP gets out of this network.

What would contradict it
    - one request over HTTPS to the same relay that is answered;
    - a bad certificate is NS-REL-01, plain HTTP NS-REL-04, a filtered name NS-REL-11: then it does take connections.

What to do
    - On the relay: look whether it runs and listens, and open its TCP port in the firewall.
    - If it is served on another port, write that into the map (`DERPPort`).

How to verify
    `natscope netcheck --https` shows a round trip over HTTPS for that relay.

Sources
    Upstream tailcfg/derpmap.go (DERPPort: 0 means 443), cmd/derper; RFC 9293 section 3.5 (resets).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import node_words, relay_words
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.missing import ELSEWHERE, HTTPS
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-16",
    title="A relay answers STUN, but takes no relay connections.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("https-closed",),
    silent=("healthy", "wrong-certificate", "dead-relay", "relays-one-by-one"),
    hidden_by=("NS-ENV-06", "NS-CTL-06", "NS-ENV-05"),
    fixes=(
        Fix(
            do="On the relay: look whether it listens, and open its TCP port; or correct DERPPort in the map.",
            who="relay's admin",
            effort="E3",
            duration="10 min",
            verify="natscope netcheck --https",
        ),
    ),
)
_OTHERS = ("plain-http", "name-filtered")


def evidence(facts: Facts) -> Support:
    """Answers over UDP there, and over TCP elsewhere, beside a failure over TCP."""
    closed = tuple(relay for relay in facts.relays if _is_closed(facts, relay))
    if not closed:
        return _none_closed(facts)
    elsewhere = [relay for relay in facts.relays if relay not in closed and relay.latency_ms.https is not None]
    failed = ordered(tuple(name for relay in closed for name in (relay.error.evidence if relay.error else ())))
    living = ordered(tuple(name for relay in closed for name in facts.stun_answered(relay).evidence))
    refused = {o.region_id for o in facts.seen("https.latency", Outcome.REFUSED)} >= {r.region_id for r in closed}
    grounds = [
        Ground(Strength.DECISIVE if refused and elsewhere else Strength.FACT, "it refuses connections", failed),
        Ground(Strength.FACT if elsewhere else Strength.ABSENCE, "it answers over UDP", living),
    ]
    return Support(
        Tri.YES,
        tuple(grounds),
        title=relay_words.title(closed, "STUN answers, but no relay takes connections."),
        detail=relay_words.errors(closed),
        missing=(ELSEWHERE,) if _others_asked(facts, closed) else (HTTPS,),
    )


def _none_closed(facts: Facts) -> Support:
    """No relay is, as far as each was asked over UDP and TCP."""
    for relay in facts.relays:
        over_tcp, over_udp = facts.tcp_answered(relay).holds, facts.stun_answered(relay).holds
        if over_tcp is Tri.UNKNOWN and over_udp is not Tri.NO:
            return unknown("HTTPS to the relays (--https)")
        if over_udp is Tri.UNKNOWN and relay.latency_ms.https is None:
            return unknown("a STUN request to the relays that take no connection")
    return NOTHING if facts.relays else unknown("HTTPS to the relays (--https)")


def _others_asked(facts: Facts, closed: tuple[RelayReport, ...]) -> bool:
    """Whether there is a control: with a single relay there is none to ask."""
    others = [relay for relay in facts.relays if relay not in closed]
    return not others or any(facts.tcp_answered(relay).holds is not Tri.UNKNOWN for relay in others)


def against(facts: Facts) -> Support:
    """TCP that gets nowhere at all explains it better."""
    asked = [relay for relay in facts.relays if facts.tcp_answered(relay).holds is not Tri.UNKNOWN]
    if len(asked) > 1 and not any(facts.relay_up(relay) for relay in asked):
        return Support(Tri.YES, (Ground(Strength.FACT, "no relay answers over TCP, so the way is what is closed", ()),))
    return NOTHING


def _is_closed(facts: Facts, relay: RelayReport) -> bool:
    if relay.error is None or relay.latency_ms.https is not None or not facts.stun_answered(relay):
        return False
    if any(node.error in _OTHERS for node in node_words.checked(facts) if node.region_id == relay.region_id):
        return False
    if any(o.data.get("other_name") == "silent" for o in facts.seen("relay.check", region_id=relay.region_id)):
        return False  # a reset, and the control that tells a filtered name from it got lost
    return relay.error.code == "http-status" or relay.error.code.startswith("https-")
