"""The numbers and states of a report under stable names, for programs that keep them over time.

Seconds, bytes and shares; every state is one series per value, 1 for the one that holds: unknown is a value too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from natscope.model.nat import Filtering, Mapping
from natscope.model.report import MappingServiceReport, NatFamilyReport, RelayReport, Report
from natscope.model.tri import Tri
from natscope.model.verdict import Direct
from natscope_reports._text.relays import label

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One gauge. `unit` is `s`, `By`, `1`, as OpenTelemetry writes them (UCUM); `name` has the unit's word."""

    name: str
    unit: str
    help: str
    value: float
    labels: Labels = ()


def measures(report: Report) -> Iterator[Measure]:
    """All of them, those of one name together; what was not measured is missing, never zero."""
    found = [*_run(report), *_states(report), *_findings(report), *_nat(report), *_relays(report)]
    order = {name: number for number, name in reversed(list(enumerate(measure.name for measure in found)))}
    return iter(sorted((m for m in found if math.isfinite(m.value)), key=lambda m: order[m.name]))


def _run(report: Report) -> Iterator[Measure]:
    cost = report.cost
    yield Measure("natscope_run_duration_seconds", "s", "how long the run took", report.duration_ms / 1000)
    yield Measure("natscope_run_interrupted", "1", "whether somebody stopped the run", float(report.interrupted))
    yield Measure("natscope_run_packets_sent", "1", "packets that the run sent", cost.packets_sent)
    sizes = (("sent", cost.bytes_sent), ("received", cost.bytes_received))
    for direction, count in sizes:
        yield Measure("natscope_run_bytes", "By", "payload of the run", count, (("direction", direction),))


def _states(report: Report) -> Iterator[Measure]:
    yield from _one_of("natscope_direct", "will peers connect directly", "verdict", report.verdict.direct, Direct)
    yield from _tri("natscope_udp", "does UDP come back", report.udp)
    for family, part in (("4", report.ipv4), ("6", report.ipv6)):
        yield from _tri("natscope_family", "does this family work", part.works, (("family", family),))
    yield from _tri("natscope_captive_portal", "does a login page stand before the net", report.captive_portal)
    for protocol, service in _services(report):
        yield from _tri("natscope_port_mapping", "is the service there", service.state, (("protocol", protocol),))
        proved = float(service.proof == "proved")
        told = "did a packet come in through an opened port"
        yield Measure("natscope_port_mapping_proved", "1", told, proved, (("protocol", protocol),))


def _services(report: Report) -> tuple[tuple[str, MappingServiceReport], ...]:
    group = report.port_mapping
    return (("pcp", group.pcp), ("nat-pmp", group.nat_pmp), ("upnp", group.upnp))


def _findings(report: Report) -> Iterator[Measure]:
    for severity in ("fail", "warn", "info"):
        count = sum(finding.severity == severity for finding in report.findings)
        yield Measure("natscope_findings", "1", "findings by severity", count, (("severity", severity),))
    for finding in report.findings:
        labels = (("id", finding.id), ("severity", finding.severity), ("certainty", finding.certainty))
        yield Measure("natscope_finding", "1", "one finding that holds", 1.0, labels)


def _nat(report: Report) -> Iterator[Measure]:
    for family, nat in (("4", report.nat.v4), ("6", report.nat.v6)):
        yield from _family(nat, (("family", family),))


def _family(nat: NatFamilyReport, labels: Labels) -> Iterator[Measure]:
    yield from _one_of("natscope_nat_mapping", "RFC 4787 mapping", "mapping", nat.mapping, Mapping, labels)
    yield from _one_of("natscope_nat_filtering", "RFC 4787 filtering", "filtering", nat.filtering, Filtering, labels)
    yield from _tri("natscope_nat_mapping_varies", "does the public port differ by peer", nat.mapping_varies, labels)
    yield from _tri("natscope_nat_cgnat", "is one of the routers the carrier's", nat.cgnat, labels)
    if nat.layers is not None:
        yield Measure("natscope_nat_layers", "1", "routers that translate", nat.layers, labels)
    if nat.mapping_lifetime_s is not None:
        told = "silence after which a mapping ends"
        yield Measure("natscope_nat_mapping_lifetime_seconds", "s", told, nat.mapping_lifetime_s, labels)


def _relays(report: Report) -> Iterator[Measure]:
    home = report.preferred_relay.region_id
    for relay in report.relays:
        if relay.measured:
            yield from _relay(relay, is_home=relay.region_id == home)


def _relay(relay: RelayReport, *, is_home: bool) -> Iterator[Measure]:
    labels = (("region", label(relay)),)
    yield Measure("natscope_relay_home", "1", "is this the home relay", float(is_home), labels)
    times = relay.latency_ms
    kinds = (("udp4", times.stun_v4), ("udp6", times.stun_v6), ("https", times.https), ("icmp", times.icmp))
    for by, value in kinds:
        if value is not None:
            told = "median round trip to a relay"
            yield Measure("natscope_relay_latency_seconds", "s", told, value / 1000, (*labels, ("by", by)))
    if relay.loss is not None:
        yield Measure("natscope_relay_loss_ratio", "1", "share of requests without an answer", relay.loss, labels)
    if relay.jitter_ms is not None:
        told = "mean difference of consecutive round trips"
        yield Measure("natscope_relay_jitter_seconds", "s", told, relay.jitter_ms / 1000, labels)
    yield Measure("natscope_relay_failed", "1", "is something wrong with it", float(relay.error is not None), labels)


def _tri(name: str, told: str, value: Tri, labels: Labels = ()) -> Iterator[Measure]:
    return _one_of(name, told, "state", value, Tri, labels)


def _one_of(
    name: str, told: str, label_name: str, value: str, values: Iterable[str], labels: Labels = ()
) -> Iterator[Measure]:
    """One series per possible value."""
    for each in values:
        yield Measure(name, "1", told, float(each == value), (*labels, (label_name, str(each))))
