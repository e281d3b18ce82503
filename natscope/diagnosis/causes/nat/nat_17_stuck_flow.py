"""A stuck row in this computer's table of connections sends packets to one peer out from a wrong port.

What it is
    Where this computer is a router too, its rules rewrite source addresses (masquerade), and its own packets pass them
    as well. A row made in a bad moment has another source port; each retry keeps it alive, so it never goes away, and
    that one peer sees packets from a port that nobody told it of. All other peers are fine.

What we look for
    - in the kernel's table: a UDP flow of this computer without any answer, that leaves by another port than its own;
    - beside it answered flows of the same local port that leave by that port.

What would contradict it
    - an answer in that flow, or a local port all of whose flows are rewritten: then that is the usual translation.

What to do
    - Delete that row: `sudo conntrack -D -p udp --sport PORT -d PEER` (or restart the VPN
      after three minutes of silence).
    - Leave the VPN's own packets out of masquerading: a rule for its UDP port ahead of it.

How to verify
    `sudo natscope probe host_connections` tells of no stuck flow.

Sources
    Tailscale issue 20910; conntrack(8); Linux: Documentation/networking/nf_conntrack-sysctl (UDP timeouts).
"""

from __future__ import annotations

import msgspec

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.words import counted
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Fix, Severity
from natscope.model.report_surroundings import StuckFlow
from natscope.model.tri import Tri

DELETE = Fix(
    do="Delete that row: sudo conntrack -D -p udp --sport PORT -d PEER.",
    who="you",
    effort="E1",
    duration="1 min",
    verify="natscope probe host_connections",
)
LEAVE_OUT = Fix(
    do="Leave the VPN's own UDP port out of masquerading, by a rule ahead of it.",
    who="administrator",
    effort="E3",
    duration="10 min",
    undo="take the rule out",
    verify="natscope probe host_connections",
)
CAUSE = Cause(
    id="NS-NAT-17",
    title="This computer sends to one peer from a wrong port: a row of its table of connections is stuck.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("stuck-flow",),
    silent=("healthy", "table-full", "cloud-machine"),
    fixes=(
        DELETE,
        LEAVE_OUT,
    ),
)


def evidence(facts: Facts) -> Support:
    """Rows of this computer's own table."""
    computer = facts.report.surroundings.computer
    if computer.stuck_flows is None:
        return unknown("this computer's table of connections (host_connections, as root)")
    if not computer.stuck_flows:
        return NOTHING
    first = computer.stuck_flows[0]
    cited = tuple(o.id for o in facts.seen("host.connections"))
    words = f"{first.peer} sees port {first.wire_port} in place of {first.port}"
    more = len(computer.stuck_flows) - 1
    detail = f"{words}, and {counted(more, 'other flow')} beside it." if more else f"{words}."
    return Support(Tri.YES, (Ground(Strength.DECISIVE, words, cited),), detail=detail, fixes=_fixes(first))


def _fixes(flow: StuckFlow) -> tuple[Fix, ...] | None:
    """With the row's own numbers, ready to be copied; None (the cause's own) where the peer is no endpoint."""
    try:
        peer = Endpoint.parse(flow.peer)
    except ValueError:
        return None
    table = " -f ipv6" if peer.family == 6 else ""
    row = f"-p udp --sport {flow.port} -d {peer.ip}"
    return (msgspec.structs.replace(DELETE, do=f"Delete it: sudo conntrack -D{table} {row}"), LEAVE_OUT)


def against(facts: Facts) -> Support:
    """Nothing: the table says so."""
    return NOTHING
