"""Builds reports by hand, observation by observation, as a netcheck would have left them.

The numbers are invented, the shapes are not: each answered request has its observation, each derived value cites it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from natscope.model.address_space import is_inside
from natscope.model.nat import Mapping
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.relay_map import MapProblem
from natscope.model.report import (
    NO_VERDICT,
    SCHEMA,
    Cost,
    FamilyReport,
    HostReport,
    InterfaceReport,
    MappingServiceReport,
    MapReport,
    NatFamilyReport,
    NatReport,
    NotMeasured,
    PortMappingReport,
    PreferredRelay,
    RelayError,
    RelayLatency,
    RelayReport,
    Report,
    SeenEndpoint,
)
from natscope.model.tri import Tri

LOCAL = {4: "192.168.1.20:41641", 6: "[2001:db8:42::1c9e]:41641"}
PUBLIC = {4: "203.0.113.24:41641", 6: "[2001:db8:42::1c9e]:41641"}
STUN_REQUEST, STUN_ANSWER = 40, {4: 32, 6: 44}
PLACES = (
    (1, "nyc", "New York City", 88.1),
    (2, "fra", "Frankfurt", 9.8),
    (3, "ams", "Amsterdam", 14.2),
    (4, "par", "Paris", 17.6),
    (5, "waw", "Warsaw", 21.3),
    (6, "lhr", "London", 22.0),
    (7, "mad", "Madrid", 34.9),
    (8, "hkg", "Hong Kong", 184.4),
    (9, "syd", "Sydney", 263.7),
)
"""Regions: number, code, name and round trip in ms."""
NO_SERVICE = MappingServiceReport(reason="not asked by this version")
UNMEASURED = (
    NotMeasured(what="whom your router lets in", reason="takes a helper with a second address"),
    NotMeasured(what="opening ports (UPnP, NAT-PMP, PCP)", reason="not asked by this version"),
)


@dataclass
class Builder:
    """Collects observations and regions, then gives the report."""

    observations: list[Observation] = field(default_factory=list)
    relays: list[RelayReport] = field(default_factory=list)
    seen: dict[tuple[int, str], list[tuple[int, str]]] = field(default_factory=dict)
    problems: tuple[MapProblem, ...] = ()
    regions: int | None = None
    source: str = "derp.json"
    local: dict[int, str] = field(default_factory=lambda: dict(LOCAL))
    network: str = "198.51.100"
    """Where the relays are."""

    def observe(self, kind: str, outcome: Outcome, **fields: Any) -> str:
        """One more observation; gives its id."""
        name = f"o{len(self.observations) + 1}"
        self.observations.append(Observation(id=name, kind=kind, probe=kind.split(".")[0], outcome=outcome, **fields))
        return name

    def stun(self, region: int, family: int, rtt: float | None, sent: float, mapped: str = "", **more: Any) -> str:
        """One STUN request, answered with `mapped` after `rtt` ms, or not."""
        target = f"{self.network}.{region % 250 + 1}:3478" if family == 4 else f"[2001:db8:1::{region:x}]:3478"
        common: dict[str, Any] = {
            "target": target,
            "family": family,
            "region_id": region,
            "node": f"{region}a",
            "socket": self.local[family],
            "sent_ms": sent,
            "bytes_sent": STUN_REQUEST,
        }
        if rtt is None:
            outcome = more.pop("outcome", Outcome.NO_ANSWER)
            return self.observe("stun.binding", outcome, summary="no answer", **(common | more))
        told = mapped or PUBLIC[family]
        name = self.observe(
            "stun.binding",
            Outcome.ANSWERED,
            source=target,
            received_ms=sent + rtt,
            rtt_ms=rtt,
            bytes_received=STUN_ANSWER[family],
            summary=f"answered in {rtt:.1f} ms, sees {told}",
            data={"mapped": told},
            **(common | more),
        )
        self.seen.setdefault((family, told), []).append((region, name))
        return name

    def relay(
        self,
        region: int,
        code: str,
        name: str,
        v4: float | None = None,
        v6: float | None = None,
        https: float | None = None,
        icmp: float | None = None,
        mapped: str = "",
        ask: tuple[int, ...] = (4,),
        error: tuple[str, str] | None = None,
        https_outcome: Outcome | None = None,
        samples: int = 4,
    ) -> None:
        """One region: `samples` requests per family, HTTPS and ICMP where given, and its line in the report."""
        ids: list[str] = []
        for family, rtt in ((4, v4), (6, v6)):
            if rtt is not None or family in ask:
                for turn, sent in enumerate((0.0, 100.0, 200.0, 600.0)[:samples]):
                    ids.append(self.stun(region, family, rtt and round(rtt + 0.4 * turn, 3), sent, mapped))
        failed = self._https(region, https, https_outcome, error, ids)
        if icmp is not None:
            echo = {"target": f"{self.network}.{region % 250 + 1}", "region_id": region, "family": 4, "rtt_ms": icmp}
            ids.append(self.observe("icmp.echo", Outcome.ANSWERED, bytes_sent=16, bytes_received=16, **echo))
        answered = v4 is not None or v6 is not None
        asked_udp = bool(ask) or answered
        self.relays.append(
            RelayReport(
                region_id=region,
                region_code=code,
                region_name=name,
                latency_ms=RelayLatency(
                    stun_v4=v4 and round(v4 + 0.6, 3), stun_v6=v6 and round(v6 + 0.6, 3), https=https, icmp=icmp
                ),
                best_ms=RelayLatency(stun_v4=v4, stun_v6=v6, https=https, icmp=icmp),
                samples=samples if answered else 0,
                loss=(0.0 if answered else 1.0) if asked_udp else None,
                jitter_ms=0.4 if answered and samples > 1 else None,
                node=f"{region}a" if answered or https is not None else None,
                error=None
                if error is None
                else RelayError(code=error[0], message=error[1], node=f"{region}a", evidence=failed or tuple(ids)),
                evidence=tuple(ids),
            )
        )

    def _https(
        self,
        region: int,
        https: float | None,
        outcome: Outcome | None,
        error: tuple[str, str] | None,
        ids: list[str],
    ) -> tuple[str, ...]:
        """The HTTPS try, if there was one; gives its id when it failed, of two where nothing came back."""
        target = f"{self.network}.{region % 250 + 1}:443"
        if https is not None:
            times = {"tcp_ms": https, "tls_ms": https * 2, "request_ms": https}
            ids.append(
                self.observe(
                    "https.latency", Outcome.ANSWERED, target=target, region_id=region, rtt_ms=https, data=times
                )
            )
            return ()
        if outcome is None:
            return ()
        words = error[1] if error else ""
        tries = 2 if outcome is Outcome.NO_ANSWER else 1
        failed = [
            self.observe("https.latency", outcome, target=target, region_id=region, error=words) for _ in range(tries)
        ]
        ids += failed
        return tuple(failed)

    def endpoints(self, family: int) -> tuple[SeenEndpoint, ...]:
        """What relays saw of us, from the answers."""
        found = []
        for (of, told), answers in self.seen.items():
            if of != family:
                continue
            host, _, port = told.rpartition(":")
            regions = tuple(dict.fromkeys(region for region, _ in answers))
            ids = tuple(name for _, name in answers)
            found.append(
                SeenEndpoint(
                    address=host.strip("[]"), port=int(port), seen_by=regions, local=self.local[family], evidence=ids
                )
            )
        return tuple(found)

    def report(self, *, udp: Tri, ipv6: FamilyReport | None = None, **changes: Any) -> Report:
        """Put it together; `changes` replace fields of the report."""
        four = self.endpoints(4)
        links = self.observe("host.links", Outcome.ANSWERED, summary="2 interfaces, 1 default route")
        works4 = Tri.YES if four else Tri.UNKNOWN
        v4 = self.nat(4)
        v6 = self.nat(6)
        shown = v4 if four else v6
        sent = sum(o.bytes_sent for o in self.observations)
        packets = sum(o.bytes_sent > 0 for o in self.observations)
        fields: dict[str, Any] = {
            "schema": SCHEMA,
            "natscope": "0.1.0",
            "run_id": "5d0c2f9a7b31",
            "started_at": "2026-11-24T12:00:00.123456Z",
            "duration_ms": 1412.0,
            "interrupted": False,
            "limit_reached": False,
            "host": HostReport(
                name="laptop",
                os="Linux",
                kernel="6.1.0",
                architecture="x86_64",
                python="3.11.2",
                shared_address_space=Tri.NO,
                default_interface="eth0",
                gateways=("192.168.1.1",),
                evidence=(links,),
            ),
            "interfaces": (
                InterfaceReport(
                    name="lo", kind="loopback", up=True, mtu=65536, addresses=("127.0.0.1", "::1"), default_route=False
                ),
                InterfaceReport(
                    name="eth0",
                    kind="ethernet",
                    up=True,
                    mtu=1500,
                    addresses=(self.local[4].rpartition(":")[0], "fe80::1c9e"),
                    default_route=True,
                ),
            ),
            "udp": udp,
            "udp_reason": "",
            "ipv4": FamilyReport(
                os_support=Tri.YES,
                works=works4,
                state="works" if four else "unknown",
                endpoints=four,
                local=(self.local[4].rpartition(":")[0],),
                evidence=tuple(name for endpoint in four for name in endpoint.evidence[:1]),
            ),
            "ipv6": ipv6 or six_absent(links),
            "nat": nat_report(v4, v6, shown),
            "port_mapping": PortMappingReport(upnp=NO_SERVICE, nat_pmp=NO_SERVICE, pcp=NO_SERVICE),
            "relays": tuple(self.relays),
            "preferred_relay": self.preferred(),
            "captive_portal": Tri.UNKNOWN,
            "captive_portal_reason": "no relay of the map serves the test page",
            "verdict": NO_VERDICT,
            "findings": (),
            "not_measured": UNMEASURED,
            "relay_map": MapReport(
                source=self.source,
                kind="file",
                regions=len(self.relays) if self.regions is None else self.regions,
                nodes=len(self.relays),
                problems=self.problems,
            ),
            "cost": Cost(
                packets_sent=packets,
                bytes_sent=sent,
                bytes_received=sum(o.bytes_received for o in self.observations),
            ),
            "probes": (
                ProbeOutcome(name="links", title="interfaces and routes", state="ran", elapsed_ms=4.0),
                ProbeOutcome(
                    name="stun_latency",
                    title="round trips to relays",
                    state="ran",
                    elapsed_ms=1400.0,
                    packets_sent=packets,
                    bytes_sent=sent,
                ),
            ),
            "observations": tuple(self.observations),
        }
        return Report(**(fields | changes))

    def nat(self, family: int) -> NatFamilyReport:
        """Translation as the answers tell it."""
        endpoints = self.endpoints(family)
        if not endpoints:
            return NatFamilyReport(reasons={"mapping_varies": f"no relay answered over IPv{family}"})
        regions = {region for endpoint in endpoints for region in endpoint.seen_by}
        ids = tuple(name for endpoint in endpoints for name in endpoint.evidence[:2])
        if len(regions) < 2:
            reason = "a single relay answered; it takes two at different addresses"
            return NatFamilyReport(evidence=ids, reasons={"mapping_varies": reason, "mapping": reason})
        local_host, _, local_port = self.local[family].rpartition(":")
        untranslated = {e.address for e in endpoints} == {local_host.strip("[]")}
        varies = len(endpoints) > 1
        if untranslated and is_inside(ipaddress.ip_address(local_host.strip("[]"))):
            reason = "only relays inside this network answered"
            unseen = ("mapping", "mapping_varies", "several_addresses", "port_preservation")
            return NatFamilyReport(evidence=ids, reasons=dict.fromkeys(unseen, reason))
        return NatFamilyReport(
            mapping=Mapping.NONE if untranslated else (Mapping.UNKNOWN if varies else Mapping.ENDPOINT_INDEPENDENT),
            mapping_varies=Tri.of(varies),
            port_preservation=Tri.of({e.port for e in endpoints} == {int(local_port)}),
            several_addresses=Tri.of(len({e.address for e in endpoints}) > 1),
            evidence=ids,
            reasons={"filtering": "takes a helper with a second address"},
        )

    def preferred(self) -> PreferredRelay:
        """The fastest region."""
        times = [(best(relay), relay) for relay in self.relays]
        living = [(time, relay.region_id, relay) for time, relay in times if time is not None]
        if not living:
            return PreferredRelay(region_id=None, region_code=None, reason="no relay answered")
        relay = min(living)[2]
        return PreferredRelay(
            region_id=relay.region_id, region_code=relay.region_code, reason="fastest", evidence=relay.evidence[:1]
        )


def best(relay: RelayReport) -> float | None:
    """The smallest round trip, over UDP if there is one."""
    times = relay.best_ms
    stun = [t for t in (times.stun_v4, times.stun_v6) if t is not None]
    return min(stun or [t for t in (times.https, times.icmp) if t is not None], default=None)


def six_absent(links: str) -> FamilyReport:
    """No IPv6 but link-local."""
    return FamilyReport(
        os_support=Tri.YES,
        works=Tri.NO,
        state="link-local-only",
        reason="this host has only link-local IPv6 addresses",
        evidence=(links,),
    )


def six_works(builder: Builder) -> FamilyReport:
    """IPv6 that answers."""
    endpoints = builder.endpoints(6)
    return FamilyReport(
        os_support=Tri.YES,
        works=Tri.YES,
        state="works",
        endpoints=endpoints,
        local=("2001:db8:42::1c9e",),
        evidence=endpoints[0].evidence[:2],
    )


def nat_report(v4: NatFamilyReport, v6: NatFamilyReport, shown: NatFamilyReport) -> NatReport:
    """The two families, and the shown one's values beside them."""
    return NatReport(
        v4=v4,
        v6=v6,
        mapping=shown.mapping,
        mapping_varies=shown.mapping_varies,
        filtering=shown.filtering,
        hairpinning=shown.hairpinning,
        port_preservation=shown.port_preservation,
        port_allocation=shown.port_allocation,
        several_addresses=shown.several_addresses,
        evidence=shown.evidence,
        reasons=shown.reasons,
    )
