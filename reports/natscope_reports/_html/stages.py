"""The way from this computer to a peer as stations, and at which one a peer's packets die: what the picture shows.

Only what the report knows: a way that was not judged is drawn as not known.
"""

from __future__ import annotations

from dataclasses import dataclass

from natscope.model.finding import Severity
from natscope.model.nat import Mapping
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.model.verdict import Direct
from natscope_reports._text.relays import label

MAX_ROUTERS = 3
_OWN = frozenset({"NS-ENV-03", "NS-HOST-01"})
_BLOCKED = frozenset({"NS-UDP-01", "NS-UDP-02"})
_TUNNELS = {"proxy": "a proxy program", "vpn": "a VPN", "overlay": "an exit node"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One box: its name, an address or nothing, what it does; `stops` a peer's packets."""

    name: str
    address: str = ""
    does: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """`stages` from this computer outwards. `peer`: does a peer's packet get in. `relay_ms` None: not reached."""

    stages: tuple[Stage, ...]
    peer: Tri
    relay: str = ""
    relay_ms: float | None = None
    over_udp: bool = True


def way(report: Report) -> Way | None:
    """None where nothing answered at all: then there is no way to draw."""
    home = next((r for r in report.relays if r.region_id == report.preferred_relay.region_id), None)
    if home is None and report.verdict.direct is Direct.UNKNOWN:
        return None
    times = home.latency_ms if home else None
    over_udp = times is not None and (times.stun_v4 is not None or times.stun_v6 is not None)
    return Way(
        stages=_stages(report),
        peer={Direct.LIKELY: Tri.YES, Direct.UNKNOWN: Tri.UNKNOWN}.get(report.verdict.direct, Tri.NO),
        relay=label(home) if home else "",
        relay_ms=times.relay if times else None,
        over_udp=over_udp,
    )


def _stages(report: Report) -> tuple[Stage, ...]:
    """This computer, what hijacks its packets, routers, and a firewall on the way where UDP dies."""
    reasons = {finding.id for finding in report.findings if finding.severity is Severity.FAIL}
    own = bool(reasons & _OWN)
    stages = [Stage("this computer", _local(report), "its own rules" if own else "", stops=own)]
    tunnel = _tunnel(report)
    if tunnel is not None:
        return (*stages, tunnel)
    if not own:
        blocked = bool(reasons & _BLOCKED)
        stages += _routers(report, may_stop=not blocked)
        if blocked:
            stages.append(Stage("a firewall", "", "drops UDP", stops=True))
    return tuple(stages)


def _local(report: Report) -> str:
    for part in (report.ipv4, report.ipv6):
        for endpoint in part.endpoints:
            if endpoint.local:
                return endpoint.local
        if part.local:
            return part.local[0]
    return ""


def _tunnel(report: Report) -> Stage | None:
    """What carries everything away before any router of this network."""
    for taken in report.surroundings.ways:
        if taken.tunnel is Tri.YES and not taken.failure:
            return Stage(_TUNNELS.get(taken.owner, "a VPN"), taken.interface, "carries everything", stops=True)
    return None


def _routers(report: Report, *, may_stop: bool) -> list[Stage]:
    """Those that translate, or one for all where their number is not known; the last one decides about ports."""
    nat = report.nat.v4
    if nat.mapping is Mapping.NONE or not (nat.mapping_varies.known or nat.hops or nat.layers):
        return []
    inside = [hop for hop in nat.hops if hop.place in ("private", "shared")][:MAX_ROUTERS]
    names = ["provider's router" if hop.place == "shared" else "your router" for hop in inside] or ["your router"]
    addresses = [hop.address for hop in inside] or [""]
    varies = nat.mapping_varies is Tri.YES or nat.several_addresses is Tri.YES
    found = []
    for number, (name, address) in enumerate(zip(names, addresses, strict=True), start=1):
        last = number == len(names)
        does = _does(report) if last else ""
        found.append(Stage(name, address, does, stops=may_stop and last and varies))
    return found


def _does(report: Report) -> str:
    nat = report.nat.v4
    if nat.mapping_varies is Tri.YES:
        return "another port for each peer"
    if nat.several_addresses is Tri.YES:
        return "several addresses"
    return "one port for all" if nat.mapping_varies is Tri.NO else ""
