"""Rules of this computer keep UDP in: a VPN's kill switch or a firewall app.

What it is
    Before a packet leaves, this computer's own packet filter looks at it and throws it away. VPN programs do
    that so that nothing leaves outside of their tunnel (a kill switch), firewall apps for whatever nobody has
    allowed. Every direct connection needs UDP, so there is none. The network has no part in it.

What we look for
    - every STUN request refused by the system before it was sent (EPERM, EACCES), or answered by an ICMP refusal
      that carries this computer's own address;
    - in the same run answers over TCP or ICMP. This is the control: it is a rule about UDP, and no table of
      connections that is full, which would stop new connections of every kind.

What would contradict it
    - one request that the system let out;
    - one answer over UDP.

What to do
    - Allow natscope and the mesh VPN's agent in the firewall app, or exempt them in the VPN (often called "split
      tunnel").
    - Switch the VPN or the firewall app off for one run: if UDP works then, it was that.

How to verify
    `natscope netcheck` shows round trips over UDP. `nft list ruleset` and `iptables -S OUTPUT` show the rules.

Sources
    Linux netfilter: a packet dropped in the output hook makes sendto fail with EPERM; ip-route(8), `prohibit`
    (EACCES); RFC 1812 section 5.2.7.1.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite, host_of, is_relay_up
from natscope.diagnosis.missing import over_https
from natscope.diagnosis.refusals import is_refused_here
from natscope.diagnosis.words import counted, enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-03",
    title="This computer's own rules keep UDP in: a firewall, or a VPN's kill switch.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("own-rules",),
    silent=("healthy", "udp-blocked", "no-network", "refused-relay"),
    hides=("whether the network lets UDP out", "how your router translates (NAT type)", "round trips over UDP"),
    fixes=(
        Fix(
            do="Allow natscope and your VPN's agent in this computer's firewall, or exempt them in the other VPN.",
            who="you",
            effort="E1",
            duration="5 min",
            undo="take the exemption out",
            verify="natscope netcheck",
        ),
        Fix(
            do="Switch the firewall app or the other VPN off for one run, to see whether it is the one.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="switch it on again",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """A refusal of every request is decisive beside something that got out; alone, a full table would look like it."""
    rules = facts.own_rules
    if rules.holds is not Tri.YES:
        return unknown(rules.missing) if rules.holds is Tri.UNKNOWN else NOTHING
    controlled = facts.udp.holds is Tri.NO
    grounds = [Ground(Strength.DECISIVE if controlled else Strength.FACT, "the system refused to send", rules.evidence)]
    names, got_out = _what_got_out(facts)
    if controlled and got_out:
        grounds.append(Ground(Strength.FACT, f"{enumerated(names)} got out to the same hosts", cite(got_out)))
    tcp = tuple(o for o in facts.seen("https.latency") if is_refused_here(o))
    if tcp:
        grounds.append(Ground(Strength.FACT, "it refused connections over TCP too", cite(tcp)))
    return Support(Tri.YES, tuple(grounds), detail=_numbers(facts, refused_tcp=bool(tcp)),
                   missing=over_https(facts))  # fmt: skip


def against(facts: Facts) -> Support:
    """Something that came back over UDP, or left."""
    left = facts.seen("stun.binding", Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.WRONG, Outcome.REFUSED)
    if left or facts.udp:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "UDP gets out", cite(left)),))
    return NOTHING if facts.own_rules else unknown(facts.own_rules.missing)


def _numbers(facts: Facts, *, refused_tcp: bool) -> str:
    refused = tuple(o for o in facts.seen("stun.binding") if is_refused_here(o))
    hosts = len({host_of(o) for o in refused})
    text = f"The system refused {counted(len(refused), 'UDP packet')} to {counted(hosts, 'host')}."
    if facts.udp.holds is Tri.NO:
        names, _ = _what_got_out(facts)
        told = enumerated(names)
        return f"{text} {told[0].upper()}{told[1:]} {'gets' if len(names) == 1 else 'get'} out." if told else text
    return f"{text} It refused TCP as well." if refused_tcp else text


def _what_got_out(facts: Facts) -> tuple[list[str], tuple[Observation, ...]]:
    """The control, by its names and observations: what came back from hosts that no packet over UDP was let out to."""
    refused = {host_of(o) for o in facts.seen("stun.binding") if is_refused_here(o)}
    ways = (("https.latency", "TCP"), ("relay.check", "TCP"), ("proxy.connect", "TCP"), ("icmp.echo", "ping"))
    came = [(name, o) for kind, name in ways for o in facts.seen(kind) if is_relay_up(o) and host_of(o) in refused]
    return list(dict.fromkeys(name for name, _ in came)), tuple(o for _, o in came)
