"""Upstream's own netcheck as a report of ours, as far as it goes: what `tailscale netcheck --format=json` prints.

It says less than it seems to: `false` means that nobody answered, which is a "no" only where something else answered at
the same time. Latencies carry region ids without codes; nothing says whom the router lets in.
Source: upstream net/netcheck/netcheck.go (Report).
"""

from __future__ import annotations

from datetime import UTC, datetime

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint, Family
from natscope.model.report import (
    NO_VERDICT,
    SCHEMA,
    Cost,
    FamilyReport,
    HostReport,
    MappingServiceReport,
    MapReport,
    NatFamilyReport,
    NatReport,
    PortMappingReport,
    PreferredRelay,
    RelayLatency,
    RelayReport,
    Report,
    SeenEndpoint,
)
from natscope.model.tri import Tri
from natscope.wire.local_api.loose import Loose, Problems, decode_json

MAX_BYTES = 4 << 20
MAX_REGIONS = 2048
MAX_ENDPOINTS = 256
_SIGNS = ("MappingVariesByDestIP", "GlobalV4", "RegionLatency", "PreferredDERP")
_WHO = "tailscale netcheck"


def is_netcheck(tree: object) -> bool:
    """Whether an object looks like such a report."""
    return isinstance(tree, dict) and "UDP" in tree and any(name in tree for name in _SIGNS)


def decode_netcheck(data: bytes) -> Report:
    """Raises `RemoteError` when it is none."""
    tree = decode_json(data, "the netcheck", MAX_BYTES)
    if not is_netcheck(tree):
        raise RemoteError("this is no netcheck of tailscale's", field="the netcheck")
    return read_netcheck(tree)


def read_netcheck(tree: object) -> Report:
    """From JSON that was read already. Its observations stay empty: there is none to cite."""
    told = Loose(tree, "netcheck", Problems())
    relays = _relays(told)
    udp = _udp(told, relays)
    varies = Tri.of(told.flag("MappingVariesByDestIP"))
    v4 = NatFamilyReport(mapping_varies=varies)
    home = told.whole("PreferredDERP") or None
    return Report(
        schema=SCHEMA,
        natscope="",
        run_id="",
        started_at=_started(told),
        duration_ms=0.0,
        interrupted=False,
        limit_reached=False,
        host=HostReport(name="", os="", kernel="", architecture="", python=""),
        interfaces=(),
        udp=udp,
        udp_reason="" if udp.known else f"{_WHO} had no answer to compare with",
        ipv4=_family(told, 4, udp),
        ipv6=_family(told, 6, udp),
        nat=NatReport(v4=v4, v6=NatFamilyReport(), mapping_varies=varies),
        port_mapping=PortMappingReport(
            upnp=_service(told, "UPnP"), nat_pmp=_service(told, "PMP"), pcp=_service(told, "PCP")
        ),
        relays=relays,
        preferred_relay=PreferredRelay(
            region_id=home, region_code=str(home) if home else None, reason=f"{_WHO} chose it"
        ),
        captive_portal=Tri.of(told.flag("CaptivePortal")),
        captive_portal_reason="",
        verdict=NO_VERDICT,
        findings=(),
        not_measured=(),
        relay_map=MapReport(source=_WHO, kind="file", regions=len(relays), nodes=0),
        cost=Cost(packets_sent=0, bytes_sent=0, bytes_received=0),
        probes=(),
        observations=(),
    )


def _started(told: Loose) -> str:
    """Upstream stamps the end; the run before it took seconds. The epoch where it tells none."""
    at = told.time("Now") or datetime(1970, 1, 1, tzinfo=UTC)
    return at.isoformat().replace("+00:00", "Z")


def _udp(told: Loose, relays: tuple[RelayReport, ...]) -> Tri:
    """No answer over UDP is a "no" where relays answered over HTTPS or ICMP meanwhile."""
    if told.flag("UDP"):
        return Tri.YES
    return Tri.NO if told.flag("UDP") is False and relays else Tri.UNKNOWN


def _family(told: Loose, family: Family, udp: Tri) -> FamilyReport:
    """`IPv6CanSend` false: the system refused to send, so there is no such way out."""
    has_system = Tri.YES if family == 4 else Tri.of(told.flag("OSHasIPv6"))
    endpoints = _endpoints(told, family)
    if told.flag(f"IPv{family}") or endpoints:
        return FamilyReport(os_support=has_system, works=Tri.YES, state="works", endpoints=endpoints)
    if has_system is Tri.NO or told.flag(f"IPv{family}CanSend") is False:
        return FamilyReport(os_support=has_system, works=Tri.NO, state="absent", reason="nothing can be sent over it")
    if udp is Tri.YES:
        return FamilyReport(os_support=has_system, works=Tri.NO, state="broken", reason="no answer over it")
    return FamilyReport(os_support=has_system, works=Tri.UNKNOWN, state="unknown", reason="not told")


def _endpoints(told: Loose, family: Family) -> tuple[SeenEndpoint, ...]:
    """As relays saw this computer; older versions tell one only."""
    texts = [name for name, _ in told.inner(f"GlobalV{family}Counters").pairs()]
    texts.append(told.text(f"GlobalV{family}") or "")
    found: dict[Endpoint, None] = {}
    for text in texts[-MAX_ENDPOINTS:]:
        try:
            endpoint = Endpoint.parse(text)
        except ValueError:
            continue
        if endpoint.family == family:
            found[endpoint] = None
    return tuple(SeenEndpoint(address=str(end.ip), port=end.port, seen_by=()) for end in found)


def _service(told: Loose, name: str) -> MappingServiceReport:
    """Granted or seen is a "yes"; silence is not a "no"."""
    answered = told.flag(name)
    if answered:
        return MappingServiceReport(state=Tri.YES, reason=f"{_WHO} found it")
    return MappingServiceReport(reason="no answer" if answered is False else "not asked")


def _relays(told: Loose) -> tuple[RelayReport, ...]:
    """Latencies in nanoseconds by region id."""
    v4, v6 = told.inner("RegionV4Latency"), told.inner("RegionV6Latency")
    best = told.inner("RegionLatency")
    by_udp = bool(told.flag("UDP"))
    found = []
    for name, _ in best.pairs()[:MAX_REGIONS]:
        if not (name.isascii() and name.isdecimal() and len(name) < 10):
            continue
        latency = RelayLatency(stun_v4=_ms(v4, name), stun_v6=_ms(v6, name), https=None if by_udp else _ms(best, name))
        found.append(
            RelayReport(
                region_id=int(name),
                region_code=name,
                region_name="",
                latency_ms=latency,
                best_ms=latency,
                samples=1,
                loss=None,
                jitter_ms=None,
                node=None,
            )
        )
    return tuple(sorted(found, key=lambda relay: relay.region_id))


def _ms(latencies: Loose, name: str) -> float | None:
    nanoseconds = latencies.number(name)
    return nanoseconds / 1e6 if nanoseconds is not None and 0 < nanoseconds < 1e12 else None
