"""A side of a pair from its own report: what the report knows, and how much that carries here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.facts import Facts, host_of, is_public, ordered
from natscope.diagnosis.pair.addresses import in_order, parse_all
from natscope.diagnosis.pair.side import NO_FILTER, NOT_TOLD, YOU, FamilySide, Names, Side, Told, weaker
from natscope.model.endpoint import Endpoint, Family
from natscope.model.finding import Certainty
from natscope.model.nat import AddressPooling, Filtering, Mapping, PortAllocation
from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, MappingServiceReport, NatFamilyReport, Report
from natscope.model.tri import Tri

FRESH_S, OLD_S = 3600.0, 86_400.0
"""Up to the first a report speaks of now; past the second nobody knows where the computer is meanwhile."""
ENOUGH_HOSTS = 2
ONLY_INSIDE = "the relays that answered are inside this network"
MIN_PREDICTED, MIN_SAMPLES = 0.5, 8
"""As NS-NAT-03: half of eight new ports where one would guess them."""
_VARIES = (Mapping.ADDRESS_DEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT, Mapping.PORT_DEPENDENT)
_STRENGTH = {
    Certainty.CERTAIN: Strength.DECISIVE, Certainty.LIKELY: Strength.FACT, Certainty.POSSIBLE: Strength.ABSENCE,
}  # fmt: skip
_NOWHERE = ("absent", "link-local-only")
Cite = Callable[[tuple[str, ...]], tuple[str, ...]]


def from_report(report: Report, names: Names = YOU, *, age_s: float | None = None, peer: bool = False) -> Side:
    """All that the report knows. `age_s` None: of now. `peer`: it is the other side's, and evidence says so."""
    if age_s is not None and age_s > OLD_S:
        missing = f"a fresh report: {names.whose} last one is {age_s / 86_400:.0f} d old (natscope netcheck)"
        return Side(names=names, missing=missing)

    def cite(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"peer:{name}" if peer else name for name in ordered(ids))

    facts = Facts(report)
    side = Side(
        names=names,
        is_measured=True,
        masked=report.is_masked,
        relays_masked=report.has_masked_relays,
        blurred=_blurred(facts),
        udp=_udp(report, cite),
        layers=report.nat.v4.layers,
        endpoints=in_order(_endpoints(report)),
        local=parse_all(report.ipv4.local + report.ipv6.local),
        home=report.preferred_relay.region_code or "",
        latency_ms=_latency(report),
        silent_relays=frozenset(r.region_code for r in report.relays if r.error is not None) - _latency(report).keys(),
        missing="a run with a helper among its relays (docs/helper.md)",
    )
    if side.blurred:
        return side
    side = replace(side, v4=_family(facts, 4, cite), v6=_family(facts, 6, cite))
    if age_s is not None and age_s > FRESH_S:
        side = replace(side, udp=weaker(side.udp, Strength.FACT), v4=_aged(side.v4), v6=_aged(side.v6))
    return side


def _blurred(facts: Facts) -> str:
    """Dominating causes: what was measured is not this network."""
    report = facts.report
    found = {finding.id for finding in report.findings}
    if "NS-ENV-01" in found or "NS-ENV-02" in found or report.surroundings.hijacked is Tri.YES:
        return "a VPN or proxy program carried what was measured"
    if report.captive_portal is Tri.YES:
        return "a login page stood before the network"
    if facts.seen_from_outside.holds is Tri.NO:
        return ONLY_INSIDE
    return "the run was stopped" if report.interrupted and report.udp is Tri.UNKNOWN else ""


def _udp(report: Report, cite: Cite) -> Told[Tri]:
    """Does anything come back; `no` too where only a few ports get out, for peers use any."""
    by_id = {finding.id: finding for finding in report.findings}
    few = by_id.get("NS-UDP-02")
    blocked = few or by_id.get("NS-UDP-01") or by_id.get("NS-ENV-03") or by_id.get("NS-HOST-01")
    if report.udp is Tri.NO or few is not None:
        strength = Strength.ABSENCE if blocked is None else _STRENGTH[blocked.certainty]
        return Told(Tri.NO, strength, cite(blocked.evidence if blocked else ()))
    if report.udp is Tri.YES:
        seen = (report.ipv4.endpoints + report.ipv6.endpoints)[:1]
        return Told(Tri.YES, Strength.DECISIVE, cite(tuple(name for e in seen for name in e.evidence)))
    return NOT_TOLD


def _endpoints(report: Report) -> list[Endpoint]:
    """Public ones with the port that was seen, local ones with the port of the same socket."""
    found = []
    for part in (report.ipv4, report.ipv6):
        for seen in part.endpoints:
            for text in (
                f"[{seen.address}]:{seen.port}" if ":" in seen.address else f"{seen.address}:{seen.port}",
                seen.local,
            ):
                try:
                    found.append(Endpoint.parse(text))
                except ValueError:
                    continue
    return found


def _latency(report: Report) -> dict[str, float]:
    """The best round trip of each region, by code."""
    found = {}
    for relay in sorted(report.relays, key=lambda r: r.region_id):
        times = [
            t for t in (relay.latency_ms.stun_v4, relay.latency_ms.stun_v6, relay.latency_ms.https) if t is not None
        ]
        if times:
            found[relay.region_code] = min(times)
    return found


def _family(facts: Facts, family: Family, cite: Cite) -> FamilySide:
    report = facts.report
    part = report.ipv4 if family == 4 else report.ipv6
    nat = report.nat.v4 if family == 4 else report.nat.v6
    works, absent = _works(facts, family, part, cite)
    if works.value is not Tri.YES:
        return FamilySide(works=works, absent=absent)
    public = parse_all(seen.address for seen in part.endpoints if is_public(seen.address))
    opens, opened, service = _opens(report, family, cite)
    return FamilySide(
        works=works,
        absent=absent,
        translated=_translated(part, nat, cite),
        varies=_varies(nat, cite),
        varies_by_address_only=_one_port(part),
        lets_in=_lets_in(nat, cite),
        predictable=_predictable(nat, cite),
        paired=_paired(nat, cite),
        hairpin=_hairpin(nat, cite),
        burns=Told(nat.port_burns, Strength.FACT, cite(nat.evidence)) if nat.port_burns.known else NOT_TOLD,
        opens=opens,
        opened=opened,
        service=service,
        public=public,
    )


def _works(facts: Facts, family: Family, part: FamilyReport, cite: Cite) -> tuple[Told[Tri], Told[Tri]]:
    """UDP over this family, and whether it is missing altogether: a packet that came back, or this host's tables.

    Relays that answer by TCP alone, beside STUN over the other family, say no as well (NS-V6-04).
    """
    udp = _udp(facts.report, cite)
    absent = Told(Tri.of(part.state in _NOWHERE), Strength.DECISIVE, cite(part.evidence))
    if part.state in _NOWHERE or part.works is Tri.NO:
        return Told(Tri.NO, Strength.DECISIVE, cite(part.evidence)), absent
    if udp.value is Tri.NO:
        return udp, absent
    if part.endpoints:
        return Told(Tri.YES, Strength.DECISIVE, cite(part.endpoints[0].evidence)), absent
    alone = facts.tcp_alone(family)
    control = any(o.family != family for o in facts.seen("stun.binding", Outcome.ANSWERED))  # else STUN may be filtered
    if control and len({host_of(o) for o in alone}) >= ENOUGH_HOSTS:
        return Told(Tri.NO, Strength.FACT, cite(tuple(o.id for o in alone))), absent
    return NOT_TOLD, NOT_TOLD if part.state == "unknown" else absent


def _translated(part: FamilyReport, nat: NatFamilyReport, cite: Cite) -> Told[Tri]:
    if nat.mapping is Mapping.NONE:
        return Told(Tri.NO, Strength.DECISIVE, cite(nat.evidence))
    if nat.mapping is not Mapping.UNKNOWN or any(e.address not in part.local for e in part.endpoints):
        return Told(Tri.YES, Strength.DECISIVE, cite(nat.evidence or part.evidence))
    return NOT_TOLD


def _varies(nat: NatFamilyReport, cite: Cite) -> Told[Tri]:
    if nat.mapping in _VARIES:
        return Told(Tri.YES, Strength.DECISIVE, cite(nat.evidence))
    if nat.mapping in (Mapping.ENDPOINT_INDEPENDENT, Mapping.NONE):
        return Told(Tri.NO, Strength.DECISIVE, cite(nat.evidence))
    return Told(nat.mapping_varies, Strength.FACT, cite(nat.evidence)) if nat.mapping_varies.known else NOT_TOLD


def _one_port(part: FamilyReport) -> Tri:
    """Per local socket: several addresses, and the port is the same at all of them."""
    by_socket: dict[str, list[tuple[str, int]]] = {}
    for seen in part.endpoints:
        by_socket.setdefault(seen.local, []).append((seen.address, seen.port))
    several = [ends for ends in by_socket.values() if len({address for address, _ in ends}) > 1]
    return Tri.of(all(len({port for _, port in ends}) == 1 for ends in several)) if several else Tri.NO


def _lets_in(nat: NatFamilyReport, cite: Cite) -> Told[Filtering]:
    if nat.filtering is Filtering.UNKNOWN:
        return NO_FILTER
    return Told(nat.filtering, Strength.DECISIVE, cite(nat.evidence))


def _predictable(nat: NatFamilyReport, cite: Cite) -> Told[Tri]:
    if nat.port_prediction is not None and nat.port_samples >= MIN_SAMPLES:
        return Told(Tri.of(nat.port_prediction >= MIN_PREDICTED), Strength.FACT, cite(nat.evidence))
    if nat.port_allocation is PortAllocation.RANDOM:
        return Told(Tri.NO, Strength.FACT, cite(nat.evidence))
    return NOT_TOLD


def _paired(nat: NatFamilyReport, cite: Cite) -> Told[Tri]:
    if nat.pooling is AddressPooling.PAIRED:
        return Told(Tri.YES, Strength.FACT, cite(nat.evidence))
    if nat.pooling is not AddressPooling.UNKNOWN or nat.several_addresses is Tri.YES:
        return Told(Tri.NO, Strength.DECISIVE, cite(nat.evidence))
    return Told(Tri.YES, Strength.FACT, cite(nat.evidence)) if nat.several_addresses is Tri.NO else NOT_TOLD


def _hairpin(nat: NatFamilyReport, cite: Cite) -> Told[Tri]:
    """A router that shows the private source is of no use between two networks behind it."""
    if nat.hairpinning is Tri.YES and nat.hairpin_source == "internal":
        return Told(Tri.UNKNOWN)
    return Told(nat.hairpinning, Strength.FACT, cite(nat.evidence)) if nat.hairpinning.known else NOT_TOLD


def _opens(report: Report, family: Family, cite: Cite) -> tuple[Told[Tri], tuple[Endpoint, ...], Told[Tri]]:
    group = report.port_mapping
    services = tuple(s for s in (group.pcp, group.nat_pmp, group.upnp) if _of_family(s, family))
    evidence = cite(tuple(name for service in services for name in service.evidence))
    proved = [Endpoint.parse(s.external) for s in services if s.proof == "proved" and s.external]
    if any(s.state is Tri.YES for s in services):
        service = Told(Tri.YES, Strength.FACT, evidence)
    elif services and all(s.state is Tri.NO for s in services):
        service = Told(Tri.NO, Strength.FACT, evidence)
    else:
        service = NOT_TOLD
    if proved:
        return Told(Tri.YES, Strength.DECISIVE, evidence), in_order(proved), service
    tried = all(s.state is Tri.NO or s.proof in ("refused", "unreachable") for s in services)
    return (Told(Tri.NO, Strength.FACT, evidence) if services and tried else NOT_TOLD), (), service


def _of_family(service: MappingServiceReport, family: Family) -> bool:
    """Where no address was granted, the protocol is about IPv4."""
    try:
        return Endpoint.parse(service.external or "0.0.0.0:1").family == family
    except ValueError:
        return False


def _aged(side: FamilySide) -> FamilySide:
    """What was decisive an hour ago is one fact now."""
    fact = Strength.FACT
    return replace(
        side,
        works=weaker(side.works, fact),
        absent=weaker(side.absent, fact),
        translated=weaker(side.translated, fact),
        varies=weaker(side.varies, fact),
        lets_in=weaker(side.lets_in, fact),
        paired=weaker(side.paired, fact),
        opens=weaker(side.opens, fact),
    )
