"""The report's group about the way: how long packets may be, pieces, other UDP ports, NAT64.

A length counts as lost after `ENOUGH` requests without an answer beside as many short ones of which most were
answered: with fewer, loss would look like a black hole.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from natscope.host.api import LinkFacts
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.report_path import Nat64Report, PathFamilyReport, PathReport, UdpPortReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_families import is_mapped
from natscope.netcheck.assemble_marks import marks_of
from natscope.netcheck.assemble_rate import udp_rate
from natscope.netcheck.assemble_shapes import udp_shapes
from natscope.netcheck.plan import usable_addresses

ENOUGH, ENOUGH_CONTROLS = 5, 3
WIREGUARD_BYTES = {4: 1340, 6: 1360}
"""A packet with 1280 bytes inside: WireGuard adds 32, UDP 8, IP 20 or 40."""
MAX_CITED = 24
_NOT_TRIED = "no longer packet was tried"
_DNS_PORT = 53


class _Size(msgspec.Struct, frozen=True, kw_only=True):
    """One length: did it arrive. `told` is the MTU of an ICMP error, which may be missing from one (`said`).

    `local`: this computer refused to send it.
    """

    size: int
    purpose: str
    arrived: Tri
    told: int | None
    said: bool
    local: bool


def path_report(
    observations: Sequence[Observation], links: LinkFacts | None, probes: Sequence[ProbeOutcome]
) -> PathReport:
    """All of it."""
    ports, reason = udp_ports(observations, probes)
    return PathReport(
        v4=path_family(4, observations, probes),
        v6=path_family(6, observations, probes),
        udp_ports=ports,
        udp_ports_reason=reason,
        udp_shapes=udp_shapes(observations),
        nat64=nat64(observations, links, probes),
        udp_rate=udp_rate(observations, probes),
    )


def path_family(
    family: Family, observations: Sequence[Observation], probes: Sequence[ProbeOutcome] = ()
) -> PathFamilyReport:
    """One family, from the requests of chosen lengths."""
    mine = [o for o in observations if o.kind == "path.size" and o.family == family]
    marks = marks_of(family, observations, probes)
    whole, pieces = _sizes(mine, whole=True), _sizes(mine, whole=False)
    if not whole:
        words = _why_not("path_mtu", probes) or f"{_NOT_TRIED}: no relay answered over IPv{family}"
        fields = ("mtu", "black_hole", "fragments", "wireguard")
        return PathFamilyReport(
            ecn=marks.ecn,
            dscp=marks.dscp,
            evidence=marks.evidence,
            reasons=dict.fromkeys(fields, words) | marks.reasons,
        )
    arrived = [s.size for s in whole if s.arrived is Tri.YES]
    mtu = max(arrived, default=None)
    beyond = [s for s in whole if s.arrived is Tri.NO and (mtu is None or s.size > mtu)]
    told = min((s.told for s in whole if s.told is not None), default=None)
    full = next((s for s in whole if s.purpose == "full"), None)
    hole = _black_hole(whole, beyond, full)
    exact = mtu is not None and ((full is not None and full.size == mtu) or any(s.size - mtu <= 4 for s in beyond))
    values = {"black_hole": hole, "fragments": _fragments(pieces, full), "wireguard": _wireguard(family, whole, mtu)}
    reasons = {name: _REASONS[name] for name, value in values.items() if value is Tri.UNKNOWN}
    if mtu is None:
        reasons["mtu"] = "none of the longer packets was answered often enough to tell"
    return PathFamilyReport(
        mtu=mtu,
        mtu_exact=exact or (mtu is not None and told == mtu),
        mtu_told=told,
        **values,
        ecn=marks.ecn,
        dscp=marks.dscp,
        evidence=(*tuple(o.id for o in mine)[:MAX_CITED], *marks.evidence),
        reasons=reasons | marks.reasons,
    )


_REASONS = {
    "black_hole": "packets were lost, too few of them or among too many others to tell",
    "fragments": "a full packet did not arrive either, so pieces of one say nothing",
    "wireguard": "packets were lost, too few of them or among too many others to tell",
}


def _sizes(observations: Sequence[Observation], *, whole: bool) -> list[_Size]:
    controls = [o for o in observations if o.data.get("purpose") == "control"]
    answered = sum(o.outcome is Outcome.ANSWERED for o in controls)
    is_controlled = answered >= ENOUGH_CONTROLS and 2 * answered >= len(controls)
    groups: dict[tuple[int, str], list[Observation]] = {}
    for o in observations:
        if o.data.get("purpose") != "control" and bool(o.data.get("whole")) is whole:
            groups.setdefault((int(o.data["size"]), str(o.data["purpose"])), []).append(o)
    return [_size(size, purpose, group, is_controlled) for (size, purpose), group in sorted(groups.items())]


def _size(size: int, purpose: str, group: Sequence[Observation], is_controlled: bool) -> _Size:
    told = [int(o.data["told_mtu"]) for o in group if o.data.get("told_mtu")]
    local = any(o.outcome is Outcome.LOCAL_ERROR and o.error == "message-too-long" for o in group)
    said = any("told_mtu" in o.data for o in group)
    silent = sum(o.outcome is Outcome.NO_ANSWER for o in group)
    if any(o.outcome is Outcome.ANSWERED for o in group):
        arrived = Tri.YES
    elif said or local or (silent >= ENOUGH and is_controlled):
        arrived = Tri.NO
    else:
        arrived = Tri.UNKNOWN
    return _Size(size=size, purpose=purpose, arrived=arrived, told=min(told, default=None), said=said, local=local)


def _black_hole(whole: Sequence[_Size], beyond: Sequence[_Size], full: _Size | None) -> Tri:
    """Silence about what is too long, where shorter packets arrive."""
    if full is not None and full.arrived is Tri.YES:
        return Tri.NO
    if not beyond:
        return Tri.UNKNOWN
    silent = [s for s in beyond if not s.said and not s.local]
    return Tri.of(bool(silent) and not any(s.said for s in beyond))


def _fragments(pieces: Sequence[_Size], full: _Size | None) -> Tri:
    if any(s.arrived is Tri.YES for s in pieces):
        return Tri.YES
    if full is None or full.arrived is not Tri.YES:
        return Tri.UNKNOWN  # pieces are as long as a full packet
    return Tri.NO if any(s.arrived is Tri.NO for s in pieces) else Tri.UNKNOWN


def _wireguard(family: Family, whole: Sequence[_Size], mtu: int | None) -> Tri:
    needed = WIREGUARD_BYTES[family]
    if mtu is not None and mtu >= needed:
        return Tri.YES
    too_long = any(s.arrived is Tri.NO and s.size <= needed for s in whole)
    told = any(s.told is not None and 0 < s.told < needed for s in whole)
    short = any(s.purpose == "full" and s.size < needed and s.arrived is Tri.YES for s in whole)
    return Tri.NO if too_long or told or short else Tri.UNKNOWN


def udp_ports(
    observations: Sequence[Observation], probes: Sequence[ProbeOutcome] = ()
) -> tuple[tuple[UdpPortReport, ...], str]:
    """Ports of relays over IPv4, and why there are none. Closed is said only beside an answer of the same host.

    What a fresh local port is answered is open, however silent it is for the port of the run.
    """
    usual = [o for o in observations if o.kind == "stun.binding" and o.family == 4 and o.bytes_sent]
    usual += [o for o in observations if o.kind == "udp.fresh-port" and o.family == 4 and _came_back(o)]
    others = [o for o in observations if o.kind == "udp.port" and o.bytes_sent]
    if not others:
        yes = _ports(usual, {}) if any(is_mapped(o, 4) for o in usual) else ()
        open_ = tuple(port for port in yes if port.open is Tri.YES)
        why = _why_not("udp_ports", probes) or "tried only where relays keep silent on their own port"
        return open_, "" if open_ else why
    alive = {_host(o): None for o in (*usual, *others) if _came_back(o)}
    return _ports([*usual, *others], alive), ""


def _ports(observations: Sequence[Observation], alive: dict[str, None]) -> tuple[UdpPortReport, ...]:
    by_port: dict[int, list[Observation]] = {}
    for o in observations:
        by_port.setdefault(Endpoint.parse(o.target).port, []).append(o)
    return tuple(_port(port, group, alive) for port, group in sorted(by_port.items()))


def _port(port: int, group: Sequence[Observation], alive: dict[str, None]) -> UdpPortReport:
    came = [o for o in group if _came_back(o)]
    if came:
        return UdpPortReport(port=port, open=Tri.YES, evidence=tuple(o.id for o in came)[:MAX_CITED])
    cited = tuple(o.id for o in group)[:MAX_CITED]
    silent = [o for o in group if o.outcome in (Outcome.NO_ANSWER, Outcome.ICMP_ERROR)]
    if any(o.kind == "stun.binding" for o in group) and sum(_host(o) in alive for o in silent) >= ENOUGH_CONTROLS:
        words = "relays that are silent there answer on another port"
        return UdpPortReport(port=port, open=Tri.NO, reason=words, evidence=cited)
    return UdpPortReport(port=port, reason="no relay answered there; few serve STUN on that port", evidence=cited)


def _came_back(observation: Observation) -> bool:
    """An answer, or the relay's own refusal; not one on the port of name servers, which routers like to redirect."""
    if observation.outcome is Outcome.REFUSED:
        return Endpoint.parse(observation.target).port != _DNS_PORT
    return observation.outcome is Outcome.ANSWERED


def _host(observation: Observation) -> str:
    return str(Endpoint.parse(observation.target).ip)


def nat64(
    observations: Sequence[Observation], links: LinkFacts | None, probes: Sequence[ProbeOutcome] = ()
) -> Nat64Report:
    """From the look-up of `ipv4only.arpa`."""
    asked = [o for o in observations if o.kind == "nat64.prefix"]
    cited = tuple(o.id for o in asked)
    prefixes = dict.fromkeys(str(p) for o in asked if o.outcome is Outcome.ANSWERED for p in o.data.get("prefixes", ()))
    if prefixes:
        return Nat64Report(state=Tri.YES, prefixes=tuple(prefixes), reason="", evidence=cited)
    if any(o.outcome is Outcome.REFUSED for o in asked):
        return Nat64Report(state=Tri.NO, reason="the name server makes up no IPv6 address", evidence=cited)
    if asked:
        words = asked[0].summary or "the name server did not tell"
        return Nat64Report(reason=words, evidence=cited)
    if links is not None and links.interfaces and not any(not ip.is_link_local for ip in usable_addresses(links, 6)):
        return Nat64Report(state=Tri.NO, reason="this computer has no IPv6 address to reach one with")
    return Nat64Report(reason=_why_not("nat64", probes) or "nobody was asked")


def _why_not(name: str, probes: Sequence[ProbeOutcome]) -> str:
    """Why a probe did not run to its end, empty where it did."""
    found = next((p for p in probes if p.name == name), None)
    return f"the probe {name} did not run" if found is None else found.reason if found.state != "ran" else ""
