"""What is different between two reports of one host: verdict, findings, router, addresses, relays.

Round trips differ by chance from run to run: only a change beyond both shares of noise counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from natscope.diagnosis.why import Standing, why
from natscope.errors import UserError
from natscope.model.nat import Filtering, Mapping
from natscope.model.report import MappingServiceReport, NatFamilyReport, RelayReport, Report
from natscope.model.tri import Tri

LATENCY_FACTOR, LATENCY_MS = 1.5, 10.0
"""A round trip has changed when it grew or shrank by this factor and by this much."""
LOSS = 0.25


@dataclass(frozen=True, slots=True)
class Change:
    """`part`: verdict, finding, router, address, port mapping, relay. Empty `before` or `after`: it was not there.

    `matters`: would somebody who waits for a change of behaviour want to know (a public port is another one each run).
    """

    part: str
    what: str
    before: str
    after: str
    matters: bool = True


def compare(before: Report, after: Report) -> tuple[Change, ...]:
    """All changes, in the order of a report. What is unknown in one of them is no change of behaviour."""
    return (
        *_verdict(before, after),
        *_findings(before, after),
        *_router(before, after),
        *_addresses(before, after),
        *_services(before, after),
        *_relays(before, after),
    )


def _verdict(before: Report, after: Report) -> Iterator[Change]:
    if before.verdict.direct != after.verdict.direct:
        yield Change("verdict", "direct connections", before.verdict.direct, after.verdict.direct)
    home, now = before.preferred_relay.region_code or "none", after.preferred_relay.region_code or "none"
    if home != now:
        yield Change("verdict", "home relay", home, now)


def _findings(before: Report, after: Report) -> Iterator[Change]:
    had, has = ({f.id: f for f in report.findings} for report in (before, after))
    for name in sorted(had.keys() | has.keys()):
        old, new = had.get(name), has.get(name)
        if old is None and new is not None:
            yield Change("finding", name, "", f"{new.severity}, {new.certainty}: {new.title}")
        elif new is None and old is not None:
            known = _is_known(after, name)
            words = f"{old.severity}, {old.certainty}: {old.title}"
            yield Change("finding", name, words, "" if known else "not known any more", known)
        elif old is not None and new is not None and (old.severity, old.certainty) != (new.severity, new.certainty):
            yield Change("finding", name, f"{old.severity}, {old.certainty}", f"{new.severity}, {new.certainty}")


def _is_known(report: Report, finding_id: str) -> bool:
    """Whether a report that does not have a finding could tell; one of a newer version is taken at its word.

    What another finding hides is not told, which is not to say that it is gone.
    """
    try:
        return why(report, finding_id).standing not in (Standing.UNKNOWN, Standing.HIDDEN)
    except UserError:
        return True


_NAT_FIELDS = (
    ("mapping", "mapping"),
    ("mapping_varies", "public port differs by peer"),
    ("filtering", "filtering"),
    ("several_addresses", "several public addresses"),
    ("port_allocation", "new ports"),
    ("hairpinning", "hairpinning"),
    ("layers", "routers that translate"),
    ("cgnat", "carrier's NAT"),
    ("double_nat", "double NAT"),
    ("mapping_lifetime_s", "mapping lifetime, s"),
    ("stun_alg", "edits packets"),
)
_UNKNOWN = (None, Tri.UNKNOWN, Mapping.UNKNOWN, Filtering.UNKNOWN, "unknown")


def _router(before: Report, after: Report) -> Iterator[Change]:
    for family, old, new in (("IPv4", before.nat.v4, after.nat.v4), ("IPv6", before.nat.v6, after.nat.v6)):
        yield from _family(family, old, new)
    if before.udp != after.udp:
        yield Change("router", "UDP", before.udp, after.udp, _both_known(before.udp, after.udp))


def _family(family: str, before: NatFamilyReport, after: NatFamilyReport) -> Iterator[Change]:
    for field, words in _NAT_FIELDS:
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield Change("router", f"{words}, {family}", _text(old), _text(new), _both_known(old, new))


def _both_known(old: object, new: object) -> bool:
    return old not in _UNKNOWN and new not in _UNKNOWN


def _text(value: object) -> str:
    return "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _addresses(before: Report, after: Report) -> Iterator[Change]:
    for family, old, new in (("IPv4", before.ipv4, after.ipv4), ("IPv6", before.ipv6, after.ipv6)):
        if old.works != new.works:
            yield Change("address", f"{family} works", old.works, new.works, _both_known(old.works, new.works))
        had, has = ({e.address for e in part.endpoints} for part in (old, new))
        if had != has and (had or has):
            yield Change("address", f"public, {family}", ", ".join(sorted(had)), ", ".join(sorted(has)), False)


def _services(before: Report, after: Report) -> Iterator[Change]:
    for name in ("pcp", "nat_pmp", "upnp", "pcp_v6"):
        old: MappingServiceReport = getattr(before.port_mapping, name)
        new: MappingServiceReport = getattr(after.port_mapping, name)
        if (old.state, old.proof) != (new.state, new.proof):
            known = Tri.UNKNOWN not in (old.state, new.state)
            words = [f"{each.state}{f', {each.proof}' if each.proof else ''}" for each in (old, new)]
            yield Change("port mapping", name.replace("_", "-"), words[0], words[1], known)


def _relays(before: Report, after: Report) -> Iterator[Change]:
    had, has = ({r.region_id: r for r in report.relays if r.measured} for report in (before, after))
    for region in sorted(had.keys() | has.keys()):
        old, new = had.get(region), has.get(region)
        if old is None or new is None:
            code = (old or new or after.relays[0]).region_code or str(region)
            yield Change("relay", code, "measured" if old else "", "measured" if new else "", False)
        else:
            yield from _relay(old, new)


def _relay(before: RelayReport, after: RelayReport) -> Iterator[Change]:
    code = after.region_code or str(after.region_id)
    old_error, new_error = (relay.error.message if relay.error else "" for relay in (before, after))
    if bool(old_error) != bool(new_error):
        yield Change("relay", code, old_error or "sound", new_error or "sound")
    for family in (4, 6):
        old, new = (getattr(relay.latency_ms, f"stun_v{family}") for relay in (before, after))
        if old is not None and new is not None and _is_another(old, new):
            yield Change("relay", f"{code}, round trip over IPv{family}", f"{old:.1f} ms", f"{new:.1f} ms")
    if before.loss is not None and after.loss is not None and abs(after.loss - before.loss) >= LOSS:
        yield Change("relay", f"{code}, lost", f"{before.loss:.0%}", f"{after.loss:.0%}")


def _is_another(old_ms: float, new_ms: float) -> bool:
    return abs(new_ms - old_ms) >= LATENCY_MS and max(old_ms, new_ms) >= LATENCY_FACTOR * min(old_ms, new_ms)
