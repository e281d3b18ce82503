"""The report `natscope.report/1`: what a run measured, what it means, and every observation behind it.

Within major 1 fields are only added and enum values may grow; readers treat a value they do not know as `unknown`.
Units stand in the names. `yes`, `no` and `unknown` are the only answers to a yes/no question. The JSON Schema is
generated from these classes.
"""

from __future__ import annotations

import msgspec

from natscope.model.finding import Finding
from natscope.model.nat import AddressPooling, Filtering, Mapping, PortAllocation, PortCollision
from natscope.model.observation import Observation, ProbeOutcome
from natscope.model.relay_map import MapProblem
from natscope.model.report_cross_check import CrossCheckReport
from natscope.model.report_dns import DnsReport
from natscope.model.report_path import HopReport, PathReport
from natscope.model.report_surroundings import SurroundingsReport
from natscope.model.report_web import WebReport
from natscope.model.tri import Tri
from natscope.model.verdict import Direct, Verdict

SCHEMA = "natscope.report/1"
SIMULATED = "Simulated"
"""The system of a host in the simulator: its clock is the simulation's, and nobody can go there."""


class InterfaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """One network interface. `kind`: ethernet, wireless, loopback, tunnel, bridge, virtual or unknown."""

    name: str
    kind: str
    up: bool
    mtu: int | None
    addresses: tuple[str, ...]
    default_route: bool


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """This computer. `shared_address_space`: does it hold an address of 100.64.0.0/10, and on which interfaces."""

    name: str
    os: str
    kernel: str
    architecture: str
    python: str
    shared_address_space: Tri = Tri.UNKNOWN
    shared_addresses: tuple[str, ...] = ()
    default_interface: str = ""
    gateways: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class SeenEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An address and port of ours as relays saw it; `seen_by` are region ids, `local` the socket that sent."""

    address: str
    port: int
    seen_by: tuple[int, ...]
    local: str = ""
    evidence: tuple[str, ...] = ()


class FamilyReport(msgspec.Struct, frozen=True, kw_only=True):
    """One family. `state`: `works`, `absent`, `link-local-only`, `broken` (an address but no answer), `unknown`.

    `reason` says why `works` is `no` or `unknown`. `local` are addresses of this host that could be used.
    """

    os_support: Tri
    works: Tri
    state: str
    reason: str = ""
    endpoints: tuple[SeenEndpoint, ...] = ()
    local: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class NatFamilyReport(msgspec.Struct, frozen=True, kw_only=True):
    """NAT behaviour of one family. `reasons` says per field why it is unknown; `evidence` are observation ids.

    `mapping_varies`: does the public port or address differ between destinations (the weaker question that plain
    servers can answer; `mapping` stays `unknown` where address- and port-dependence cannot be told apart).
    `filtering_by` is the server that showed the filtering, `ip:port`. `rfc3489_name` is the old name that people search
    for (`port-restricted cone`), empty where mapping and filtering are not both known. `address_changed`: did our
    public address or port change at one and the same server during the run. `layers` counts the routers that translate,
    `layers_by` says what that rests on: a second router with a public address may stand before a carrier's translation
    and tells nothing alone. `hops` are the routers up to the first public one. `cgnat`: is one of them the carrier's;
    `double_nat`: do two of one's own translate, one behind the other.

    Of new local ports: `port_allocation` with `port_step` between two of them, `port_parity` and `port_contiguity`
    (does the neighbour stay the neighbour), from `port_samples` sockets: with 5, ports drawn at random look sequential
    once in two million runs, with 16 never. `port_prediction` is the share, 0.0 to 1.0, of public ports that the ones
    before foretold. `pooling`: which of several public addresses a socket gets. `port_collision`: what a second host
    with the same local port gets. `stun_alg`: does something edit addresses inside packets. `hairpinning`: does a
    packet to our own public address come back to this computer; `hairpin_source`: whose address it then shows,
    `external` or `internal` (most systems drop what comes with an address of their own, so from one computer alone a
    router that shows the private source looks like one that does not turn packets round).

    `mapping_lifetime_s` is the silence after which a mapping ends, or a flow of a firewall that translates nothing,
    `absolute_lifetime_s` the age at which one ends in spite of its traffic; where no end was seen, `…_at_least_s` is
    what was survived. `refresh_outbound` and `refresh_inbound`: which packets prolong a silent mapping. `port_burns`:
    does a packet that comes in before we write to its sender take our port away, so that ours leave to it by another
    one.
    """

    mapping: Mapping = Mapping.UNKNOWN
    mapping_varies: Tri = Tri.UNKNOWN
    filtering: Filtering = Filtering.UNKNOWN
    filtering_by: str = ""
    rfc3489_name: str = ""
    address_changed: Tri = Tri.UNKNOWN
    hairpinning: Tri = Tri.UNKNOWN
    hairpin_source: str = ""
    port_preservation: Tri = Tri.UNKNOWN
    port_allocation: PortAllocation = PortAllocation.UNKNOWN
    mapping_lifetime_s: float | None = None
    layers: int | None = None
    layers_by: str = ""
    hops: tuple[HopReport, ...] = ()
    cgnat: Tri = Tri.UNKNOWN
    double_nat: Tri = Tri.UNKNOWN
    several_addresses: Tri = Tri.UNKNOWN
    port_parity: Tri = Tri.UNKNOWN
    port_contiguity: Tri = Tri.UNKNOWN
    port_step: int | None = None
    port_samples: int = 0
    port_prediction: float | None = None
    pooling: AddressPooling = AddressPooling.UNKNOWN
    port_collision: PortCollision = PortCollision.UNKNOWN
    mapping_lifetime_at_least_s: float | None = None
    port_burns: Tri = Tri.UNKNOWN
    absolute_lifetime_s: float | None = None
    absolute_lifetime_at_least_s: float | None = None
    refresh_outbound: Tri = Tri.UNKNOWN
    refresh_inbound: Tri = Tri.UNKNOWN
    stun_alg: Tri = Tri.UNKNOWN
    evidence: tuple[str, ...] = ()
    reasons: dict[str, str] = {}


class NatReport(msgspec.Struct, frozen=True, kw_only=True):
    """`v4` and `v6`; the fields beside them repeat `v4` when IPv4 works, else `v6`."""

    v4: NatFamilyReport
    v6: NatFamilyReport
    mapping: Mapping = Mapping.UNKNOWN
    mapping_varies: Tri = Tri.UNKNOWN
    filtering: Filtering = Filtering.UNKNOWN
    hairpinning: Tri = Tri.UNKNOWN
    port_preservation: Tri = Tri.UNKNOWN
    port_allocation: PortAllocation = PortAllocation.UNKNOWN
    mapping_lifetime_s: float | None = None
    layers: int | None = None
    several_addresses: Tri = Tri.UNKNOWN
    evidence: tuple[str, ...] = ()
    reasons: dict[str, str] = {}


class ServiceError(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal in the service's own code and words."""

    code: str
    words: str


class MappingServiceReport(msgspec.Struct, frozen=True, kw_only=True):
    """One port mapping protocol. `state`: is the service there.

    `proof`: `proved` (a packet came in), `unproved` (granted, nobody could try), `unreachable` (granted, nothing comes
    in), `refused`, or null. `answer`, what came back to the question: `answered`, `refused` (also: its port is closed),
    `silent`, `elsewhere` (from another device only), `cut-off`, `not-sent` (this computer could not), `not-asked`; null
    in reports that do not tell. `external` is what was granted, `router_external` the outside address that the router
    tells, `lifetime_s` the granted lease (0: until removed), `reason` a clause for people.
    """

    state: Tri = Tri.UNKNOWN
    proof: str | None = None
    answer: str | None = None
    external: str | None = None
    router_external: str | None = None
    lifetime_s: int | None = None
    error: ServiceError | None = None
    gateway: str | None = None
    reason: str = ""
    evidence: tuple[str, ...] = ()


class PortMappingReport(msgspec.Struct, frozen=True, kw_only=True):
    """Can a port be opened on the router. `pcp_v6`: PCP at the IPv6 gateway, which opens its firewall (a pinhole)."""

    upnp: MappingServiceReport
    nat_pmp: MappingServiceReport
    pcp: MappingServiceReport
    pcp_v6: MappingServiceReport = MappingServiceReport(reason="the router was not asked")


class RelayLatency(msgspec.Struct, frozen=True, kw_only=True):
    """Round trips in milliseconds; null where nothing was measured."""

    stun_v4: float | None = None
    stun_v6: float | None = None
    https: float | None = None
    icmp: float | None = None

    @property
    def relay(self) -> float | None:
        """The smallest over UDP, else the one over HTTPS; a ping is answered by the host, not by the relay."""
        return min((t for t in (self.stun_v4, self.stun_v6) if t is not None), default=self.https)


class RelayError(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a relay as seen from here. `code`: no-answer, certificate, refused, dns, http-status, …"""

    code: str
    message: str
    node: str = ""
    evidence: tuple[str, ...] = ()


class RelayReport(msgspec.Struct, frozen=True, kw_only=True):
    """One region. `latency_ms` are medians of `samples`, `best_ms` the smallest; https counts the request alone.

    `loss` is the share of STUN requests without an answer, 0.0 to 1.0, null when none was sent. `jitter_ms` is the
    mean difference of consecutive round trips (RFC 3550's idea, plain mean). `node` is the node that answered.
    `measured` is false for regions that the map forbids to measure.
    """

    region_id: int
    region_code: str
    region_name: str
    latency_ms: RelayLatency
    best_ms: RelayLatency
    samples: int
    loss: float | None
    jitter_ms: float | None
    node: str | None
    error: RelayError | None = None
    measured: bool = True
    evidence: tuple[str, ...] = ()


class PreferredRelay(msgspec.Struct, frozen=True, kw_only=True):
    """The home relay this host would choose, and why (`reason` is a clause for people)."""

    region_id: int | None
    region_code: str | None
    reason: str
    evidence: tuple[str, ...] = ()


class NotMeasured(msgspec.Struct, frozen=True, kw_only=True):
    """What the report does not know, why, and the flag that would measure it (may be empty)."""

    what: str
    reason: str
    flag: str = ""


class MapReport(msgspec.Struct, frozen=True, kw_only=True):
    """The relay map in use. `problems` are what its reader found wrong or unwise, as `LoadedMap.problems`.

    `warnings` are one-line texts about anything else, such as a copy from the cache that had to serve.
    """

    source: str
    kind: str
    regions: int
    nodes: int
    cached_age_s: float | None = None
    vendor: bool = False
    warnings: tuple[str, ...] = ()
    problems: tuple[MapProblem, ...] = ()


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What the run sent and received (payload bytes of UDP, ICMP and TCP as far as we see them)."""

    packets_sent: int
    bytes_sent: int
    bytes_received: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One netcheck. `interrupted` is true after Ctrl-C; `limit_reached` when the time limit ended the run.

    `masked`: addresses, names and keys are masks, the same one everywhere in this report and no other's; left out where
    nothing is masked.
    """

    schema: str
    natscope: str
    run_id: str
    started_at: str
    duration_ms: float
    interrupted: bool
    limit_reached: bool
    masked: bool | msgspec.UnsetType = msgspec.UNSET
    host: HostReport
    interfaces: tuple[InterfaceReport, ...]
    udp: Tri
    udp_reason: str
    ipv4: FamilyReport
    ipv6: FamilyReport
    nat: NatReport
    port_mapping: PortMappingReport
    relays: tuple[RelayReport, ...]
    preferred_relay: PreferredRelay
    captive_portal: Tri
    captive_portal_reason: str
    path: PathReport = PathReport()
    cross_check: CrossCheckReport = CrossCheckReport()
    dns: DnsReport | None = None
    web: WebReport | None = None
    surroundings: SurroundingsReport = SurroundingsReport()
    verdict: Verdict
    findings: tuple[Finding, ...]
    not_measured: tuple[NotMeasured, ...]
    relay_map: MapReport
    cost: Cost
    probes: tuple[ProbeOutcome, ...]
    observations: tuple[Observation, ...]

    @property
    def is_masked(self) -> bool:
        """Whether addresses in it are masks, which say nothing beside another report's."""
        return self.masked is True

    @property
    def has_masked_relays(self) -> bool:
        """Whether codes and names of relays are masks too: those of the vendor's map, whom everybody has, stay."""
        return self.is_masked and not self.relay_map.vendor

    def relay(self, region_id: int) -> RelayReport | None:
        """The region with that id."""
        return next((r for r in self.relays if r.region_id == region_id), None)


NO_VERDICT = Verdict(direct=Direct.UNKNOWN, sentence="Direct: unknown, not judged yet")
"""What stands in a report before `natscope.diagnosis` has read it."""
