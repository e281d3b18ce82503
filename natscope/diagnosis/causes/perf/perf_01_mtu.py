"""Packets that are too long vanish on the way (MTU black hole).

What it is
    Every link has a longest packet (MTU). A router in front of a shorter one should say so by an ICMP error; here
    the error never comes, or the way is too narrow for a VPN's packets. Small packets pass: pings and log-ins
    work, then a page or a copy stops in the middle.

What we look for
    - filled-up requests of several lengths, each several times: short ones are answered, long ones never;
    - short requests in between that are answered: the control;
    - what routers say of the MTU, where they say anything.

What would contradict it
    - an answer to a full packet.

What to do
    - Set the MTU of the VPN's interface to what arrives, less 60 bytes over IPv4 or 80 over IPv6. WireGuard's
      usual 1280 needs 1340 and 1360.
    - Correct the TCP segment size at the router (MSS clamping), if it is its line that is narrow (PPPoE, LTE).
    - Let ICMP "fragmentation needed" and "packet too big" pass in the firewall.

How to verify
    `natscope netcheck` says that WireGuard's packets fit; `natscope netcheck --full` finds the exact length.

Sources
    RFC 2923 section 2.1 (black holes), RFC 8899 (finding the MTU without ICMP), RFC 4821; RFC 8200 section 5 (1280
    bytes for IPv6); WireGuard's overhead of 32 bytes with UDP and IP: 60 and 80.
"""

from __future__ import annotations

import msgspec

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import FAMILIES, Facts, ordered
from natscope.model.endpoint import Family
from natscope.model.finding import Fix, Severity
from natscope.model.report_path import PathFamilyReport
from natscope.model.tri import Tri

OVERHEAD_BYTES = {4: 60, 6: 80}
"""WireGuard, UDP and IP around a packet."""
IPV6_BYTES = 1280
"""Below this MTU systems take IPv6 from an interface (RFC 8200 section 5)."""

CAUSE = Cause(
    id="NS-PERF-01",
    title="Long packets vanish on the way, and nobody says so (MTU black hole).",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("mtu-black-hole",),
    silent=("healthy", "fragments-dropped"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01", "NS-UDP-02"),
    fixes=(
        Fix(
            do="Set the MTU of your VPN's interface to the length that arrives, less 60 bytes (IPv4) or 80 (IPv6).",
            who="you",
            effort="E1",
            duration="2 min",
            undo="set the old value again",
            verify="natscope netcheck",
        ),
        Fix(
            do="Turn on MSS clamping in the router, and let ICMP 'fragmentation needed' pass.",
            who="administrator",
            effort="E3",
            duration="15 min",
            undo="take the setting back",
            verify="natscope netcheck --full",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """A black hole in any family, or a way too narrow for WireGuard's packet."""
    holes = [family for family in FAMILIES if facts.path(family).black_hole is Tri.YES]
    narrow = [family for family in FAMILIES if facts.path(family).wireguard is Tri.NO]
    hit = holes or narrow
    if not hit:
        known = [family for family in FAMILIES if facts.path(family).black_hole is Tri.NO]
        return NOTHING if known else unknown(facts.path(4).reasons.get("black_hole") or "packets of several lengths")
    part = facts.path(hit[0])
    says = "short packets are answered, long ones never" if holes else "a packet of WireGuard's length does not fit"
    cited = ordered(tuple(name for family in hit for name in facts.path(family).evidence))
    return Support(
        Tri.YES,
        (Ground(Strength.DECISIVE, says, cited),),
        title="" if holes else "The way is too narrow for WireGuard's usual packets.",
        detail=_numbers(hit[0], part),
        fixes=_fixes(facts, hit),
    )


def against(facts: Facts) -> Support:
    """A full packet that arrives, and then the report says so."""
    return NOTHING


def _numbers(family: Family, part: PathFamilyReport) -> str:
    told = f" A router says {part.mtu_told}." if part.mtu_told else ""
    if part.mtu is None:
        return f"No longer packet arrived over IPv{family}.{told}"
    room = part.mtu - OVERHEAD_BYTES[family]
    lost = "" if part.mtu_exact else ", longer ones vanish" if part.black_hole is Tri.YES else ", longer ones do not"
    six = "" if room >= IPV6_BYTES else f" Below {IPV6_BYTES} it carries no IPv6 inside."
    return f"Over IPv{family} {part.mtu} bytes arrive{lost}: a VPN interface may have an MTU of {room}.{six}{told}"


def _fixes(facts: Facts, families: list[Family]) -> tuple[Fix, ...]:
    """The catalogue's, with the number that fits every family that is hit, where there is one for each."""
    first, *others = CAUSE.fixes
    lengths = {family: facts.path(family).mtu for family in families}
    rooms = [length - OVERHEAD_BYTES[family] for family, length in lengths.items() if length is not None]
    if len(rooms) < len(families):
        return CAUSE.fixes
    return (msgspec.structs.replace(first, do=f"Set the MTU of your VPN's interface to {min(rooms)}."), *others)
