"""Only STUN's port is closed: UDP passes on others.

What it is
    A firewall lets UDP out to a few ports only, such as 443 (QUIC) and 53 (names). Relays are asked for this
    computer's public address on port 3478, which is not among them. A mesh VPN then knows no public address to
    offer, and peers, whose ports are any, are out of reach as well.

What we look for
    - relays that are silent on their own UDP port, while the same relays answer on port 443 or 53.

What would contradict it
    - an answer on the usual port.

What to do
    - Ask whoever runs the network to let UDP out to port 3478, better to any port: peers have any.
    - Let your own relay answer STUN on port 443 too (`natscope stun serve --listen :443`), and say so in its map.

How to verify
    `natscope netcheck` shows round trips over IPv4 in the relay table.

Sources
    RFC 8489 section 18.6 (port 3478); RFC 9000 (QUIC's port 443).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.words import enumerated
from natscope.model.finding import Fix, Severity
from natscope.model.report_path import UdpPortReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-UDP-02",
    title="This network lets UDP out to a few ports only, and STUN's is not among them.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("administrator",),
    fires=("udp-other-ports",),
    silent=("healthy", "udp-blocked", "no-network"),
    hides=("how your router translates (NAT type)", "public UDP address and port", "round trips over UDP"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-ENV-07", "NS-HOST-01"),
    fixes=(
        Fix(
            do="Let your own relay answer STUN on UDP port 443 too, and say so in its map.",
            who="administrator",
            effort="E2",
            duration="15 min",
            undo="take the port out",
            verify="natscope netcheck",
        ),
        Fix(
            do=(
                "Ask the administrator of the network to let UDP out to any port, or at least to port 3478, and from "
                "your VPN's port (Tailscale: 41641)."
            ),
            who="administrator",
            effort="E4",
            duration="days",
            verify="natscope netcheck",
        ),
    ),
)
MISSING = "UDP requests to other ports of relays"


def evidence(facts: Facts) -> Support:
    """Other ports answer, the usual one does not."""
    ports = facts.report.path.udp_ports
    opened, closed = _of(ports, Tri.YES), _of(ports, Tri.NO)
    if facts.udp.holds is Tri.YES:
        return NOTHING
    if not opened or not closed:
        return unknown(facts.report.path.udp_ports_reason or MISSING)
    cited = ordered(tuple(name for port in (*opened, *closed) for name in port.evidence))
    words = f"UDP to port {enumerated([str(p.port) for p in opened])} comes back"
    detail = f"{words}, to port {enumerated([str(p.port) for p in closed])} of the same relays it does not."
    return Support(Tri.YES, (Ground(Strength.DECISIVE, words, cited),), detail=detail)


def against(facts: Facts) -> Support:
    """An answer on the usual port."""
    if facts.udp.holds is Tri.YES:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "an answer over UDP", facts.udp.evidence),))
    told = facts.udp.holds is Tri.NO or _of(facts.report.path.udp_ports, Tri.NO)
    return NOTHING if told else unknown(facts.udp.missing)


def _of(ports: tuple[UdpPortReport, ...], state: Tri) -> tuple[UdpPortReport, ...]:
    return tuple(port for port in ports if port.open is state)
