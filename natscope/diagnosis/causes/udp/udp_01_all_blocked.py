"""UDP does not get out of this network.

What it is
    A firewall between this computer and the internet drops or refuses UDP packets, to whichever host and port
    they go.
    Direct connections of mesh VPNs are UDP, so none can come about; everything goes through a relay over TCP
    443. That works, but stalls when packets get lost, because TCP waits for each of them.

What we look for
    - STUN requests to at least three hosts (or to all there are), each repeated, without a single answer;
    - at the same time two of these relays or more answer over HTTPS. This is the control: the network and the
      relays are up. With a single one, its own STUN port may be closed (NS-REL-02); with none, the relays may
      be down;
    - a router that says "administratively prohibited" or "port unreachable" of several hosts: then it refuses,
      and is named.

What would contradict it
    - one answer over UDP from anywhere, on whatever port (NS-UDP-02);
    - the system's refusal to send at all: then it is this computer's own firewall, not the network (NS-ENV-03);
    - silence over TCP and ICMP too: then there is no network, and nothing can be said about UDP.

What to do
    - Ask whoever runs the network to let UDP out. It suffices to allow it from this computer to any port, and,
      if that is too much, to port 3478 and from the VPN's own port (Tailscale: 41641).
      `natscope preflight --letter` writes a text to send.
    - Use another network, such as a phone's, for what needs a direct connection.
    - If a relayed connection is good enough, there is nothing to do.

How to verify
    `natscope netcheck` shows round trips over IPv4 or IPv6 in the relay table, no longer only over HTTPS.

Sources
    RFC 8489 section 6.2.1 (retransmission: silence is not one lost packet); upstream net/netcheck/netcheck.go
    falls back to HTTPS and ICMP in the same case; RFC 1812 section 5.2.7.1 (administratively prohibited).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite, is_public
from natscope.diagnosis.missing import another_relay, over_https
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport, blame_of, ground, shorter, strongest
from natscope.diagnosis.refusals import refusal, refusing_router
from natscope.diagnosis.suites import seen_suites
from natscope.diagnosis.words import counted, enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

ENOUGH_RELAYS = 2
"""Relays that are up and silent over UDP: one may have a closed port, two at once do not."""

CAUSE = Cause(
    id="NS-UDP-01",
    title="This network drops UDP: nothing comes back over it.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("administrator", "you"),
    fires=("udp-blocked", "udp-refused"),
    silent=("healthy", "no-network", "stun-closed", "own-rules"),
    hides=("how your router translates (NAT type)", "public UDP address and port", "round trips over UDP"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-ENV-07", "NS-HOST-01"),
    fixes=(
        Fix(
            do=(
                "Ask the administrator of the network to let UDP out to any port, or at least to port 3478, and from "
                "your VPN's port (Tailscale: 41641); text to send: natscope preflight --letter."
            ),
            who="administrator",
            effort="E4",
            duration="days",
            verify="natscope netcheck",
        ),
        Fix(
            do="Use another network, such as your phone's, for what needs a direct connection.",
            who="you",
            effort="E5",
            duration="5 min",
            undo="change back",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Silence over UDP, with relays that are up as control.

    A single relay may have its STUN port closed, and a host that only answers pings may run no relay at all: neither
    decides.
    """
    if facts.udp.holds is Tri.UNKNOWN:
        return unknown(facts.udp.missing)
    if facts.udp.holds is Tri.YES:
        return NOTHING
    silent = facts.seen("stun.binding", Outcome.NO_ANSWER, Outcome.ICMP_ERROR)
    grounds = [Ground(Strength.ABSENCE, "no answer over UDP", cite(silent))]
    told = facts.refused_on_the_way
    if told:
        grounds.append(Ground(Strength.FACT, "a router on the way refuses", cite(told)))
    up, hosts = facts.relays_up_but_silent, facts.hosts_up_but_silent
    title = "Nothing comes back over UDP: this network may drop it."
    if told:
        title = f"A router refuses UDP: {refusing_router(told[0])} says {refusal(told[0])}."
    if len(up) >= ENOUGH_RELAYS:
        title = title if told else _whose(facts)
        grounds.append(Ground(Strength.DECISIVE, "these relays answer over HTTPS at the same time", cite(up)))
    elif hosts:
        grounds.append(Ground(Strength.FACT, "the hosts answer over TCP or ICMP", cite(hosts)))
    return Support(Tri.YES, tuple(grounds), title=title, detail=_numbers(facts, silent), missing=_missing(facts))


def _missing(facts: Facts) -> tuple[str, ...]:
    """A control over TCP, else a second relay beside the only one."""
    return over_https(facts) or another_relay(facts)


def _whose(facts: Facts) -> str:
    """The network's, unless something on this computer could do the same and would leave no trace."""
    suites = seen_suites(facts)
    if not suites:
        return CAUSE.title
    return f"Nothing comes back over UDP: this network drops it, or {enumerated(list(suites))} on this computer does."


def against(facts: Facts) -> Support:
    """Any answer over UDP; or rules of this computer that keep its own packets in."""
    answers = facts.seen("stun.binding", Outcome.ANSWERED)
    if answers:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "an answer over UDP", cite(answers)),))
    other = tuple(port for port in facts.report.path.udp_ports if port.open is Tri.YES)
    if other:
        ground = Ground(Strength.DECISIVE, "an answer over UDP on another port", other[0].evidence)
        return Support(Tri.YES, (ground,))
    if facts.own_rules:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "this computer's own rules", facts.own_rules.evidence),))
    if facts.own_rules.holds is Tri.UNKNOWN:
        return unknown(facts.own_rules.missing)
    return NOTHING if facts.udp.holds is Tri.NO else unknown(facts.udp.missing)


def _numbers(facts: Facts, silent: tuple[Observation, ...]) -> str:
    """How many packets to how many hosts got nothing, and who answered otherwise."""
    if not silent:
        return ""
    hosts = {host for host, _, _ in (o.target.rpartition(":") for o in silent)}
    ports = sorted({port for _, _, port in (o.target.rpartition(":") for o in silent)}, key=lambda p: (len(p), p))
    packets, where = counted(len(silent), "UDP packet"), counted(len(hosts), "host")
    port = f"port{'s' if len(ports) > 1 else ''} {enumerated(ports)}"
    text = f"{packets} to {where}, {port}, got no answer{_refusals(facts)}."
    regions = {o.region_id for o in silent}
    living = {o.region_id for o in facts.relays_up_but_silent}
    if living:
        who = f"{len(living)} of {len(regions)} relays" if len(regions) > 1 else "The relay"
        return f"{text} {who} answered over HTTPS{_by(facts)} at the same time."
    if facts.hosts_up_but_silent:
        return f"{text} Hosts are up, but no relay answers over HTTPS either: the relays may be what is down."
    return text


def _by(facts: Facts) -> str:
    """The way that HTTPS took, where no relay answered but through the proxy."""
    return " through the proxy" if all(o.kind == "proxy.connect" for o in facts.relays_up_but_silent) else ""


def _refusals(facts: Facts) -> str:
    told = facts.refused_on_the_way
    if not told:
        return ""
    return f", but {counted(len(told), 'refusal')} from the router {refusing_router(told[0])} ({refusal(told[0])})"


def pair_evidence(facts: PairFacts) -> Support:
    """One side, or both, without UDP: by its own report, or as its program told the mesh."""
    blocked = tuple(side for side, _ in strongest([(side, side.udp) for side in facts.blocked()]))
    if not blocked:
        known = all(side.udp.value.known for side in facts.sides)
        return NOTHING if known else unknown("whether UDP works on both sides")
    blame = blame_of(facts.this, *blocked)
    tried = facts.trial.failed is Tri.YES
    return PairSupport(
        Tri.YES,
        tuple(ground(side.udp, f"nothing comes back over UDP {side.at}") for side in blocked),
        title=f"Nothing comes back over UDP {' and '.join(side.at for side in blocked)}: everything needs a relay.",
        severity=Severity.INFO if facts.prediction.path == "direct" else None,
        blame=blame,
        short=shorter(blame, "your network drops UDP", "its network drops UDP", "both networks drop UDP"),
        also=(Ground(Strength.FACT, "only a relay answered", ("trial",)),) if tried else (),
    )


def pair_against(facts: PairFacts) -> Support:
    """A pong over UDP from a public address."""
    answered = any(is_public(str(end.ip)) for end in facts.trial.answered)
    return Support(Tri.YES, (Ground(Strength.DECISIVE, "a pong over UDP", ("trial",)),)) if answered else NOTHING
