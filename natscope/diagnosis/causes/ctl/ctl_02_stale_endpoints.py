"""A node tells the others an address that is not its own any more.

What it is
    A node of a mesh tells all others where it can be reached: the addresses of its interfaces, and the public one that
    a relay saw. Others send there. Where the list is old (a new lease, another uplink, a provider's new address, a
    program that missed the change), they send to nobody, or to a stranger, until they hear of the new one.

What we look for
    - the node's own status, beside a netcheck of this computer that was made just now: public IPv4 addresses are told,
      and none of them is one that relays see now, where the router shows all destinations one address and one port;
    - or an address of the own network is told, with the port of one that this computer has, and no interface has it.

    - or the public addresses that the mesh tells of the peer, beside the peer's own report of the last minutes.

    Public ports are not compared: the netcheck sends from another socket than the program, so its port is another one.

What would contradict it
    - a public address that relays see now is among those that are told;
    - a netcheck that was made inside another VPN: it says nothing of this network.

What to do
    - Let the program look again; else restart it.

How to verify
    `natscope status --netcheck`; for the peer: `natscope pair A.json B.json --node PEER`, with a new report.

Sources
    Upstream wgengine/magicsock (a node that is in use looks for its addresses again every 20 to 26 seconds).
"""

from __future__ import annotations

import msgspec

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.addresses import Kind, kind_of, parse_all
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.finding import Certainty, Fix, Severity
from natscope.model.nat import AddressPooling
from natscope.model.pair import Blame
from natscope.model.report import Report
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-CTL-02",
    title="A node tells the others an address that is not its own any more.",
    severity=Severity.WARN,
    sides=2,
    who_can_fix=("you",),
    fires=("stale public address", "stale local address", "stale public address of the peer"),
    silent=(
        "two cones",
        "addresses as they are",
        "stale public address, an old netcheck",
        "the peer's addresses as they are",
    ),
    fixes=(
        Fix(
            do="Let the mesh program look for its addresses again: tailscale debug restun.",
            who="you",
            effort="E1",
            duration="1 min",
            verify="natscope status --netcheck",
        ),
        Fix(
            do="Restart the mesh program (it cuts the mesh for a moment): sudo systemctl restart tailscaled.",
            who="you",
            effort="E1",
            duration="1 min",
            verify="natscope status --netcheck",
        ),
    ),
)
_NEEDED = "a netcheck of just now beside the node's own status (natscope status --netcheck)"


def pair_evidence(facts: PairFacts) -> Support:
    """Told by a node, and not there now: this one, else the peer."""
    this = _of_this(facts)
    if this.holds is Tri.YES:
        return this
    peer = _of_peer(facts)
    return this if peer.holds is not Tri.YES and this.holds is Tri.NO else peer


def _of_this(facts: PairFacts) -> Support:
    node = facts.status.this if facts.status is not None else None
    if node is None or not node.endpoints or facts.report is None or facts.is_of_now is not Tri.YES:
        return unknown(_NEEDED)
    if facts.this.blurred or not facts.this.is_measured or facts.this.masked:
        return unknown(_NEEDED)
    found = (_public(facts, facts.report, node.endpoints), _local(facts, facts.report, node.endpoints))
    told = [support for support in found if support.holds is Tri.YES]
    if told:
        return next((support for support in told if support.certainty is Certainty.CERTAIN), told[0])
    return next((support for support in found if support.holds is Tri.UNKNOWN), NOTHING)


def _of_peer(facts: PairFacts) -> Support:
    """Likely at most: what the mesh tells and the report are of different minutes."""
    peer = facts.peer
    told = facts.details.endpoints if facts.details is not None else ()
    if not told or facts.peer_is_recent is not Tri.YES or peer.blurred or not peer.is_measured or peer.masked:
        return unknown("the peer's own report of the last minutes, and what the mesh tells of it")
    if not {end.ip for end in told} & set(peer.local):
        return unknown("whether the report is of that node")
    ends = sorted({end.ip for end in told if kind_of(end.ip) is Kind.PUBLIC and end.family == 4})
    if not ends or not peer.v4.public or peer.v4.varies.value is not Tri.NO or peer.v4.paired.value is not Tri.YES:
        return unknown("the peer's public address, as told and as seen")
    if set(ends) & set(peer.v4.public):
        return NOTHING
    now, then = str(peer.v4.public[0]), ", ".join(str(ip) for ip in ends)
    grounds = (
        Ground(Strength.FACT, "what the mesh tells of it", ("peer:endpoints",)),
        Ground(Strength.FACT, f"relays see {now}", peer.v4.varies.evidence),
    )
    title = f"The mesh tells {then} of {peer.called}, which is not its public address any more: relays see {now}."
    fixes = tuple(
        msgspec.structs.replace(fix, do=f"On {peer.whose} side: {fix.do}", who=f"owner of {peer.called}")
        for fix in CAUSE.fixes
    )
    return PairSupport(Tri.YES, grounds, title=title, fixes=fixes, blame=Blame.PEER, short="it tells old addresses")


def _public(facts: PairFacts, report: Report, told: tuple[Endpoint, ...]) -> Support:
    """One address for all destinations, and none of those told is it. Certain where new sockets got no other one."""
    four = facts.this.v4
    ends = sorted({end.ip for end in told if kind_of(end.ip) is Kind.PUBLIC and end.family == 4})
    if not ends or not four.public or four.works.value is not Tri.YES:
        return unknown("the public address, as told and as seen")
    if set(ends) & set(four.public):
        return NOTHING
    if four.varies.value is not Tri.NO or four.paired.value is not Tri.YES:
        return unknown("whether the router shows one public address to all")
    is_alike = report.nat.v4.pooling is AddressPooling.PAIRED
    strength = four.varies.strength if is_alike else Strength.FACT
    now, then = str(four.public[0]), ", ".join(str(ip) for ip in ends)
    return _found(
        Ground(strength, f"relays see {now} now", four.varies.evidence),
        f"This node tells the others {then}, which is not its public address any more: relays see {now}.",
    )


def _local(facts: PairFacts, report: Report, told: tuple[Endpoint, ...]) -> Support:
    """A private address with the port of the program's own socket, on no interface.

    Behind two routers the inner one's outside looks alike, and a program in another network namespace has none of this
    computer's addresses.
    """
    here = set(parse_all(text for interface in report.interfaces for text in interface.addresses))
    own_ports = {end.port for end in told if end.ip in here}
    if not own_ports or facts.this.layers not in (0, 1):
        return unknown("the addresses of this computer's interfaces, and how many routers translate")
    gone = sorted(
        end.ip
        for end in told
        if end.family == 4
        and kind_of(end.ip) is Kind.PRIVATE
        and end.port in own_ports
        and end.ip not in here | _routers(report)
    )
    if not gone:
        return NOTHING
    return _found(
        Ground(Strength.DECISIVE, f"no interface has {gone[0]}", ("this:interfaces",)),
        f"This node tells the others {', '.join(str(ip) for ip in gone)}, which this computer does not have any more.",
    )


def _routers(report: Report) -> set[IPAddress]:
    """Addresses that a router told, or relays saw: they are on no interface of ours, and not gone."""
    services = (report.port_mapping.pcp, report.port_mapping.nat_pmp, report.port_mapping.upnp)
    outside = [service.router_external or "" for service in services]
    granted = [(service.external or "").rpartition(":")[0] for service in services]
    return set(parse_all([*outside, *granted, *(seen.address for seen in report.ipv4.endpoints)]))


def _found(ground: Ground, title: str) -> Support:
    told = Ground(Strength.DECISIVE, "the node's own status", ("this:endpoints",))
    return PairSupport(Tri.YES, (told, ground), title=title, blame=Blame.THIS, short="your node tells old addresses")


def pair_against(facts: PairFacts) -> Support:
    """The evidence looks at both lists already."""
    return NOTHING
