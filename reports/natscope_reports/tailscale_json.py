"""The same result in the fields, order and units of `tailscale netcheck --format=json`.

For programs that read that form already. Source: upstream net/netcheck/netcheck.go, Report, as Go's
encoding/json writes it: all fields always present, latencies in whole nanoseconds, region ids as text sorted as
text, `null` for what is not known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Observation, Outcome
from natscope.model.report import RelayLatency, Report
from natscope.model.tri import Tri
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports.report_json import escape

FORMAT = Format(
    name="tailscale-json",
    media_type="application/json",
    extension="json",
    for_terminal=False,
    summary="the fields and units of `tailscale netcheck --format=json`",
)

ZERO_TIME = "0001-01-01T00:00:00Z"
"""Go's time that was never set."""


def render(report: Report, options: RenderOptions) -> str:
    """One JSON object, indented by tabs, with a newline at the end."""
    return escape(json.dumps(fields(report), indent="\t", ensure_ascii=False)) + "\n"


def fields(report: Report) -> dict[str, object]:
    """The object, keys in upstream's order."""
    icmp = report.udp is not Tri.YES and any(_answered(report, "icmp.echo", 4))
    v4, v6 = list(_mapped(report, 4)), list(_mapped(report, 6))
    return {
        "Now": _ended_at(report),
        "UDP": report.udp is Tri.YES,
        "IPv6": report.ipv6.works is Tri.YES,
        "IPv4": report.ipv4.works is Tri.YES or icmp,
        "IPv6CanSend": any(_sent(report, 6)),
        "IPv4CanSend": any(_sent(report, 4)),
        "OSHasIPv6": report.ipv6.os_support is Tri.YES,
        "ICMPv4": icmp,
        "MappingVariesByDestIP": _opt_bool(report.nat.v4.mapping_varies),
        "UPnP": _mapping_service(report, "upnp"),
        "PMP": _mapping_service(report, "nat-pmp"),
        "PCP": _mapping_service(report, "pcp"),
        "PreferredDERP": report.preferred_relay.region_id or 0,
        "RegionLatency": _latencies(report, _any_protocol if report.udp is not Tri.YES else _any_udp),
        "RegionV4Latency": _latencies(report, lambda best: (best.stun_v4,)),
        "RegionV6Latency": _latencies(report, lambda best: (best.stun_v6,)),
        "GlobalV4Counters": _counted(v4),
        "GlobalV6Counters": _counted(v6),
        "GlobalV4": v4[0] if v4 else "",
        "GlobalV6": v6[-1] if v6 else "",
        "CaptivePortal": _opt_bool(report.captive_portal),
    }


def _opt_bool(answer: Tri) -> bool | None:
    return None if answer is Tri.UNKNOWN else answer is Tri.YES


def _mapping_service(report: Report, protocol: str) -> bool | None:
    """Upstream calls what answers and does not refuse true, everything else false as soon as somebody asks."""
    asked = [o for o in report.observations if o.kind == "portmap.service" and o.data.get("protocol") == protocol]
    heard = (Outcome.ANSWERED, Outcome.WRONG) if protocol == "upnp" else (Outcome.ANSWERED,)
    if any(o.outcome in heard for o in asked):
        return True
    state = {"upnp": report.port_mapping.upnp, "nat-pmp": report.port_mapping.nat_pmp, "pcp": report.port_mapping.pcp}
    return False if asked or state[protocol].state is Tri.NO else None


def _ended_at(report: Report) -> str:
    """RFC 3339 in UTC without trailing zeros; upstream stamps a report when it is finished."""
    try:
        started = datetime.fromisoformat(report.started_at)
        ended = started.astimezone(UTC) + timedelta(milliseconds=report.duration_ms)
    except (ValueError, OverflowError):
        return ZERO_TIME
    fraction = f"{ended.microsecond:06}".rstrip("0")
    return f"{ended:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"


def _any_udp(best: RelayLatency) -> tuple[float | None, ...]:
    return best.stun_v4, best.stun_v6


def _any_protocol(best: RelayLatency) -> tuple[float | None, ...]:
    """Upstream asks over HTTPS and ICMP only when nothing came back over UDP, and takes the smaller."""
    return best.https, best.icmp


def _latencies(report: Report, choose: Callable[[RelayLatency], tuple[float | None, ...]]) -> dict[str, int]:
    """Region id as text to whole nanoseconds."""
    found: dict[str, int] = {}
    for relay in report.relays:
        times = [time for time in choose(relay.best_ms) if time is not None]
        if times:
            found[str(relay.region_id)] = round(min(times) * 1_000_000)
    return dict(sorted(found.items()))


def _answered(report: Report, kind: str, family: Family) -> Iterator[Observation]:
    for observation in report.observations:
        if (
            observation.kind == kind
            and observation.outcome is Outcome.ANSWERED
            and observation.family in (family, None)
        ):
            yield observation


def _sent(report: Report, family: Family) -> Iterator[bool]:
    """Whether a STUN request of that family left this host."""
    for observation in report.observations:
        if observation.kind == "stun.binding" and observation.family == family:
            yield observation.outcome is not Outcome.LOCAL_ERROR and observation.sent_ms is not None


def _mapped(report: Report, family: Family) -> Iterator[str]:
    """Our endpoint as each answer told it, in the order in which they came; else as the report sums them up."""
    part = report.ipv4 if family == 4 else report.ipv6
    answers = [o for o in _answered(report, "stun.binding", family) if isinstance(o.data.get("mapped"), str)]
    if answers:
        told = [o.data["mapped"] for o in sorted(answers, key=lambda o: o.received_ms or 0.0)]
    else:
        written = "[{}]:{}" if family == 6 else "{}:{}"
        told = [written.format(e.address, e.port) for e in part.endpoints for _ in e.seen_by]
    yield from filter(_is_endpoint, told)


def _counted(endpoints: Iterable[str]) -> dict[str, int] | None:
    """How often each endpoint was told; upstream's map is nil when nothing was."""
    counts: dict[str, int] = {}
    for endpoint in endpoints:
        counts[endpoint] = counts.get(endpoint, 0) + 1
    return dict(sorted(counts.items())) or None


def _is_endpoint(text: str) -> bool:
    try:
        Endpoint.parse(text)
    except ValueError:
        return False
    return True
