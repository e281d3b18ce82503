"""A table of connections is full: new ones fail, old ones live.

What it is
    Each router that translates, and each firewall that remembers, keeps a table with a row for every connection.
    Cheap boxes have room for some thousands; a file sharing program or a port scan fills them. Then new connections get
    nothing while old ones go on, and everything looks broken at random. Linux computers have such a table too.

What we look for
    - this computer's own table: as many rows as it may have, or nearly so;
    - many new sockets of ours in one moment of which some get no answer in three tries, while others are answered by
      the same relay. That may be a limit of new connections as well, so then it is only possible.

What would contradict it
    - room in this computer's table, and every new socket answered.

What to do
    - On this computer: raise `net.netfilter.nf_conntrack_max`, or end the program that opens so many connections.
    - On the router: raise its limit of connections (sessions), limit file sharing programs, or restart it.

How to verify
    `natscope netcheck` when the line is quiet.

Sources
    Linux: Documentation/networking/nf_conntrack-sysctl; RFC 6888 REQ-4 (limits for each subscriber).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

_RAISE = Fix(
    do="Raise this computer's limit (sysctl net.netfilter.nf_conntrack_max), or end what opens so many connections.",
    who="administrator",
    effort="E2",
    duration="5 min",
    undo="set the old limit",
    verify="natscope netcheck",
)
CAUSE = Cause(
    id="NS-NAT-14",
    title="Some new connections get no answer while others do: the router's table of connections may be full.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("table-full", "new-sockets-silent"),
    silent=("healthy", "ports-in-a-row", "udp-blocked"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01"),
    fixes=(
        Fix(
            do="End or limit programs that open very many connections (file sharing), then restart the router.",
            who="you",
            effort="E1",
            duration="5 min",
            verify="natscope netcheck",
        ),
        Fix(
            do="Raise the router's limit of connections (sessions), if it has one.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="set the old limit",
            verify="natscope netcheck",
        ),
    ),
)
FULL = 0.98
"""Linux drops new connections at the limit; just below, a moment later is full."""
ENOUGH_TRIES, ENOUGH_SILENT = 3, 4
"""With a tenth of all packets lost each way, four of sixteen sockets lose three requests once in 200,000 runs."""


def evidence(facts: Facts) -> Support:
    """The own table, else new sockets beside each other."""
    own = facts.report.surroundings.computer
    count, most = own.conntrack_count, own.conntrack_max
    if count is not None and most and count >= FULL * most:
        ground = Ground(Strength.DECISIVE, "this computer's table of connections is full", own.evidence)
        title = "This computer's own table of connections is full: new ones are dropped."
        detail = f"It holds {count:,} of {most:,} connections."
        return Support(Tri.YES, (ground,), title=title, detail=detail, fixes=(_RAISE,))
    silent, answered = _silent(facts), _answered(facts)
    if not silent and not answered:
        return unknown("new sockets beside each other (nat_ports)")
    if len(silent) < ENOUGH_SILENT or not answered:
        return NOTHING
    words = f"{len(silent)} of {len(silent) + len(answered)} new sockets got no answer"
    ground = Ground(Strength.FACT, words, cite(silent + answered))
    return Support(Tri.YES, (ground,), detail=f"{words} in three tries; the others were answered.")


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at."""
    return NOTHING


def _silent(facts: Facts) -> tuple[Observation, ...]:
    """First requests of new sockets at servers that answered others."""
    servers = {o.target for o in _answered(facts)}
    asked = (o for o in facts.seen("nat.port", Outcome.NO_ANSWER) if o.data.get("turn") == 1)
    return tuple(o for o in asked if o.target in servers and int(o.data.get("tries", 0)) >= ENOUGH_TRIES)


def _answered(facts: Facts) -> tuple[Observation, ...]:
    return tuple(o for o in facts.seen("nat.port", Outcome.ANSWERED) if o.data.get("turn") == 1)
