"""A relay's STUN port is closed or not mapped.

What it is
    The relay itself is up and answers over TCP, but its STUN half, UDP port 3478 by default, does not. Clients
    that use it as their home learn no public address from it; where it is the only relay, nobody gets direct
    connections. Often the UDP port of a container was not published, a cloud firewall lets only TCP in, or the
    port in the map is not the one that is served.

What we look for
    - requests to the STUN port without an answer, more of them than this network's loss explains, or a "port
      unreachable" from the host;
    - an answer over TCP from the same relay;
    - answers over UDP from other relays in the same run, as control: UDP gets out of this network.

What would contradict it
    - one answer over UDP from that relay, be it malformed, a refusal, or from another address: then it is open,
      and what is wrong stands beside the relay;
    - silence of all relays over UDP: then look at NS-UDP-01. With a single relay in the map the two cannot be
      told apart, and both are possible.

What to do
    - Publish the UDP port (`-p 3478:3478/udp`, or host networking) and open it in the cloud's firewall.
    - If STUN is served on another port, write it into the map (`STUNPort`); if it is not served at all, write
      -1.

How to verify
    `natscope netcheck` shows a round trip over IPv4 or IPv6 for that relay. From one network this stays
    "likely": a firewall between here and the relay would look the same. A second network, or a look on the
    relay's host, makes it certain.

Sources
    Upstream tailcfg/derpmap.go (STUNPort: 0 means 3478, -1 none) and cmd/derper (`-stun-port`); RFC 1122
    section 3.2.2.1 (port unreachable).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import relay_words
from natscope.diagnosis.facts import Facts, host_of, ordered
from natscope.diagnosis.logic import all_of, negate
from natscope.diagnosis.missing import ELSEWHERE, another_relay
from natscope.diagnosis.words import counted
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-02",
    title="The STUN port of a relay is closed, though the relay is up.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("stun-closed",),
    silent=("healthy", "dead-relay", "udp-blocked"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-ENV-07", "NS-HOST-01", "NS-NAT-18", "NS-UDP-03"),
    fixes=(
        Fix(
            do="Correct the STUN port in the map (STUNPort; -1 if the relay serves none).",
            who="relay's admin",
            effort="E2",
            duration="5 min",
            undo="put the old line back",
            verify="natscope netcheck",
        ),
        Fix(
            do="On the relay: publish its UDP port 3478 and open it in the firewall.",
            who="relay's admin",
            effort="E3",
            duration="10 min",
            undo="close it",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Regions that answer over TCP and not over UDP, while UDP works elsewhere."""
    if not facts.udp and not _is_the_only_one(facts):
        return unknown(facts.udp.missing) if facts.udp.holds is Tri.UNKNOWN else NOTHING
    closed = tuple(relay for relay in facts.relays if _closed(facts, relay) is Tri.YES)
    if not closed:
        open_question = any(_closed(facts, relay) is Tri.UNKNOWN for relay in facts.relays)
        return unknown("HTTPS to the silent relays (--https)") if open_question else NOTHING
    return Support(
        Tri.YES,
        _grounds(facts, closed),
        title=relay_words.title(closed, "no answer on the STUN port, though the relay is up."),
        detail=_numbers(facts, closed),
        missing=another_relay(facts) if _is_the_only_one(facts) else (ELSEWHERE,),
    )


def against(facts: Facts) -> Support:
    """UDP that gets nowhere at all explains the silence better."""
    if _is_the_only_one(facts):
        return NOTHING
    if facts.udp.holds is Tri.NO:
        return Support(Tri.YES, (Ground(Strength.FACT, "no relay answers over UDP", facts.udp.evidence),))
    return NOTHING if facts.udp else unknown(facts.udp.missing)


def _is_the_only_one(facts: Facts) -> bool:
    """With a single relay nothing tells its closed port from a network without UDP: both are possible."""
    return facts.report.relay_map.regions == 1


def _closed(facts: Facts, relay: RelayReport) -> Tri:
    if _said_something(facts, relay):
        return Tri.NO
    if facts.may_be_lost(relay) and not facts.seen("stun.binding", Outcome.ICMP_ERROR, region_id=relay.region_id):
        return Tri.NO if facts.stun_answered(relay) else Tri.UNKNOWN
    return all_of(negate(facts.stun_answered(relay).holds), facts.relay_up(relay).holds)


def _said_something(facts: Facts, relay: RelayReport) -> bool:
    """Whether anything came from there over UDP: no valid answer, but no closed port either."""
    if facts.seen("stun.binding", Outcome.WRONG, Outcome.REFUSED, region_id=relay.region_id):
        return True
    asked = facts.seen("stun.binding", region_id=relay.region_id)
    return any(host_of(o) in facts.stray_hosts for o in asked)


def _grounds(facts: Facts, closed: tuple[RelayReport, ...]) -> tuple[Ground, ...]:
    """A port unreachable decides; else silence there, TCP there and UDP elsewhere are facts."""
    errors = [o for r in closed for o in facts.seen("stun.binding", Outcome.ICMP_ERROR, region_id=r.region_id)]
    refused = [o for o in errors if _told_by_host(o)]
    silent = ordered(tuple(name for r in closed for name in facts.stun_answered(r).evidence))
    living = ordered(tuple(name for r in closed for name in facts.relay_up(r).evidence))
    elsewhere = facts.seen("stun.binding", Outcome.ANSWERED)[:1]
    grounds = [Ground(Strength.ABSENCE, "no answer on its STUN port", silent)]
    if len({o.region_id for o in refused}) == len(closed):
        grounds = [Ground(Strength.DECISIVE, "the host says that the port is closed", tuple(o.id for o in refused))]
    grounds.append(Ground(Strength.FACT, "it answers over TCP", living))
    if elsewhere:
        grounds.append(Ground(Strength.FACT, "other relays answer over UDP", tuple(o.id for o in elsewhere)))
    return tuple(grounds)


def _told_by_host(observation: Observation) -> bool:
    """Whether the ICMP error came from the host that was asked, not from a router in between."""
    host = observation.target.rpartition(":")[0].strip("[]")
    return bool(host) and host == (observation.source or str(observation.data.get("reporter", "")))


def _numbers(facts: Facts, closed: tuple[RelayReport, ...]) -> str:
    asked = [o for r in closed for o in facts.seen("stun.binding", region_id=r.region_id)]
    silent = [o for o in asked if o.outcome in (Outcome.NO_ANSWER, Outcome.ICMP_ERROR)]
    ports = sorted({o.target.rpartition(":")[2] for o in silent})
    where = f" to UDP port {ports[0]}" if len(ports) == 1 else ""
    return f"{counted(len(silent), 'request')}{where} got no answer; HTTPS did." if silent else ""
