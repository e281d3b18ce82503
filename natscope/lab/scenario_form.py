"""The tables of a scenario file as they are written, before names are resolved and addresses given.

Field names are those of the file; `scenario.py` says what each means. Texts that are addresses or prefixes are checked
where values are made of them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.lab.host_rules import HostRules
from natscope.lab.scenario import DnsManner, FaultKind, KernelNat, MapStyle, Portal, ServerKind, SiteIpv6
from natscope.lab.scenario_relays import Certificate, Port, Port80, StunManner
from natscope.lab.scenario_truth import FamilyState, MappingTruth, PairDirect, RelayFault
from natscope.machines.nat.config import Hairpin, Protocol, Unsolicited
from natscope.machines.nat.forwards import Transport
from natscope.machines.nat.lifetime import Refresh
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.table import WhenFull
from natscope.machines.portmap_router.config import DAY_S, Leases, Manner, Searches, Service, Urls, WanService
from natscope.model.nat import AddressPooling, Filtering, Mapping, PortAllocation, PortCollision
from natscope.model.report_dns import NameServerState
from natscope.model.tri import Tri


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table that knows all its keys."""


class LinkForm(Table, frozen=True, kw_only=True):
    """`link` and `back`; None is left as it is."""

    latency_ms: float | None = None
    ipv6_latency_ms: float | None = None
    jitter_ms: float | None = None
    loss: float | None = None
    duplication: float | None = None
    reordering: float | None = None
    held_back_ms: float | None = None
    rate_mbit: float | None = None
    queue_kbyte: int | None = None
    udp_limit_mbit: float | None = None
    udp_limit_packets: float | None = None
    udp_limit_burst_ms: float | None = None
    mtu: int | None = None
    tells_mtu: bool | None = None
    bleaches: tuple[str, ...] | None = None
    filters: tuple[str, ...] | None = None
    dead_ports: tuple[int, ...] | None = None
    resets: tuple[str, ...] | None = None


class LifetimesForm(Table, frozen=True, kw_only=True):
    """`lifetimes` of a NAT."""

    udp_s: float | None = None
    udp_stream_s: float | None = None
    stream_after_s: float | None = None
    tcp_established_s: float | None = None
    tcp_transitory_s: float | None = None
    tcp_closing_s: float | None = None
    icmp_s: float | None = None
    absolute_s: float | None = None
    refresh: Refresh | None = None
    per_flow: bool | None = None


class ForwardForm(Table, frozen=True, kw_only=True):
    """One of `forwards`: `external_port` belongs to `port` of `host`."""

    transport: Transport
    external_port: int
    host: str
    port: int
    outbound: bool = True


class NatForm(Table, frozen=True, kw_only=True):
    """`nat` as a table: a preset and what is different."""

    kind: str = "port-restricted"
    mapping: Mapping | None = None
    filtering: Filtering | None = None
    ports: PortPolicy | None = None
    port_range: tuple[int, int] | None = None
    stride: int | None = None
    parity: bool | None = None
    contiguity: bool | None = None
    low_ports_stay_low: bool | None = None
    pooling: Pooling | None = None
    hairpin: Hairpin | None = None
    hairpin_filtered: bool | None = None
    protocols: tuple[Protocol, ...] | None = None
    capacity: int | None = None
    when_full: WhenFull | None = None
    udp_capacity: int | None = None
    icmp_errors: bool | None = None
    unsolicited: Unsolicited | None = None
    answer_refused: bool | None = None
    drop_fragments: bool | None = None
    stun_alg: bool | None = None
    tcp_pickup: bool | None = None
    shuts_out_s: float | None = None
    lifetimes: LifetimesForm | None = None
    dmz: str = ""
    not_from: tuple[str, ...] = ()
    forwards: tuple[ForwardForm, ...] = ()


class AllowForm(Table, frozen=True, kw_only=True):
    """`allow` of a site: ports as texts, None for all of them."""

    udp: tuple[str, ...] | None = None
    tcp: tuple[str, ...] | None = None
    icmp: bool = True
    not_to: tuple[str, ...] = ()


class UpnpForm(Table, frozen=True, kw_only=True):
    """`upnp` of a mapping service; `services` None is the usual one of that version."""

    version: int = 1
    services: tuple[WanService, ...] | None = None
    first_down: bool = False
    leases: Leases = Leases.ANY
    searches: Searches = Searches.BOTH
    search_port: int = 1900
    useless_first: bool = False
    location_host: str = ""
    urls: Urls = Urls.RELATIVE
    same_port: bool = False
    name: str | None = None
    maker: str | None = None
    model: str | None = None
    server: str | None = None
    next_host: bool = False


class MappingServiceForm(Table, frozen=True, kw_only=True):
    """`mapping_service` of a site."""

    protocols: tuple[Service, ...] = tuple(Service)
    manner: Manner = Manner.OPEN
    external: str = ""
    capacity: int = 256
    min_lease_s: int = 1
    max_lease_s: int = DAY_S
    taken: tuple[int, ...] = ()
    late_ms: float = 0.0
    up_s: float = 0.0
    for_others: bool = False
    other_versions: bool = True
    announces: bool = True
    pinholes: bool = False
    upnp: UpnpForm = UpnpForm()


class SiteForm(Table, frozen=True, kw_only=True):
    """`[sites.NAME]`."""

    at: str = "internet"
    nat: str | NatForm = "port-restricted"
    kernel_nat: KernelNat | None = None
    lan: str = "192.168.1.0/24"
    external: tuple[str, ...] = ()
    count: int = 1
    ipv6: SiteIpv6 = SiteIpv6.NONE
    ipv6_silence_s: float | None = None
    allow: AllowForm | None = None
    allow_ipv6: AllowForm | None = None
    portal: Portal | None = None
    http_proxy: str = ""
    proxy_password: bool = False
    opens_tls: bool = False
    resolver: bool = False
    tunnel: str = ""
    hardware: str = ""
    carries: tuple[str, ...] = ()
    mapping_service: MappingServiceForm | None = None
    link: LinkForm = LinkForm()
    back: LinkForm = LinkForm()


class HostForm(Table, frozen=True, kw_only=True):
    """`[hosts.NAME]`."""

    at: str = "internet"
    also: tuple[str, ...] = ()
    ipv4: bool | str = True
    ipv6: bool | str = True
    measured: bool = True
    clock_wrong_by_s: float = 0.0
    rules: HostRules | None = None
    strict_source: bool = False
    container: str = ""
    stuck_to: str = ""
    firmware: str = ""
    taken: tuple[int, ...] = ()
    suite: str = ""
    search: tuple[str, ...] = ()
    link: LinkForm = LinkForm()
    back: LinkForm = LinkForm()


class RelayForm(Table, frozen=True, kw_only=True):
    """`[relays.NAME]`."""

    at: str = "internet"
    on: str = ""
    latency_ms: float | None = None
    back_latency_ms: float | None = None
    udp: Port = Port.OPEN
    tcp: Port = Port.OPEN
    certificate: Certificate = Certificate.RIGHT
    port80: Port80 = Port80.CHALLENGE
    clock_wrong_by_s: float = 0.0
    https_ipv6: bool = True
    upgrades: bool = True
    pinned: bool = False
    stun: StunManner = StunManner.RIGHT
    stun_also: tuple[int, ...] = ()
    helper: bool = True
    ipv6: bool = True
    node: dict[str, Any] = {}
    link: LinkForm = LinkForm()
    back: LinkForm = LinkForm()


class ServerForm(Table, frozen=True, kw_only=True):
    """`[servers.NAME]`."""

    kind: ServerKind


class FaultForm(Table, frozen=True, kw_only=True):
    """One of `[[faults]]`."""

    kind: FaultKind
    at_s: float
    lasts_s: float = 0.0
    measuring: bool = False
    on: str = ""
    renumbered: bool = True
    manner: DnsManner = DnsManner.HANG
    slower_by_ms: float = 60.0


class BedsForm(Table, frozen=True, kw_only=True):
    """`[beds]`: why a bed cannot express it, empty when it can."""

    sim: str = ""
    kernel: str = ""


class NetcheckForm(Table, frozen=True, kw_only=True):
    """`[netcheck]`."""

    https: bool = False
    profile: str = "default"
    hairpin: bool = True
    udp_rate: bool = False
    source_port: int = 0
    earlier: int = 0
    known_wrong: dict[str, str] = {}


class HostTruthForm(Table, frozen=True, kw_only=True):
    """`[truth.HOST]`."""

    udp: Tri | None = None
    ipv4: FamilyState | None = None
    ipv6: FamilyState | None = None
    nat_family: int = 4
    mapping: Mapping | None = None
    filtering: Filtering | None = None
    mapping_varies: Tri | None = None
    port_preservation: Tri | None = None
    port_allocation: PortAllocation | None = None
    hairpinning: Tri | None = None
    hairpin_source: str | None = None
    port_parity: Tri | None = None
    port_contiguity: Tri | None = None
    port_step: int | None = None
    pooling: AddressPooling | None = None
    port_collision: PortCollision | None = None
    stun_alg: Tri | None = None
    port_burns: Tri | None = None
    mapping_lifetime_at_least_s: float | None = None
    absolute_lifetime_s: float | None = None
    absolute_lifetime_at_least_s: float | None = None
    refresh_outbound: Tri | None = None
    refresh_inbound: Tri | None = None
    several_addresses: Tri | None = None
    layers: int | None = None
    cgnat: Tri | None = None
    double_nat: Tri | None = None
    path_mtu: int | None = None
    black_hole: Tri | None = None
    fragments: Tri | None = None
    wireguard: Tri | None = None
    ecn: Tri | None = None
    dscp: Tri | None = None
    stun_passes: Tri | None = None
    wireguard_passes: Tri | None = None
    nat64: Tri | None = None
    udp_open: tuple[int, ...] | None = None
    udp_closed: tuple[int, ...] | None = None
    udp_limited: Tri | None = None
    udp_limited_back: Tri | None = None
    udp_limited_only: Tri | None = None
    udp_limit_counts: str | None = None
    mapping_lifetime_s: float | None = None
    captive_portal: Tri | None = None
    shared_address_space: Tri | None = None
    dns: NameServerState | None = None
    dns_invented: Tri | None = None
    dns_forged: Tri | None = None
    dns_ipv6_withheld: Tri | None = None
    dns_search_trap: Tri | None = None
    proxy: Tri | None = None
    relay_by_proxy: Tri | None = None
    clock: Tri | None = None
    tls_intercepted: Tri | None = None
    hijacked: Tri | None = None
    drops_unasked: Tri | None = None
    shared_space_eaten: Tri | None = None
    several_uplinks: Tri | None = None
    upnp: MappingTruth | None = None
    nat_pmp: MappingTruth | None = None
    pcp: MappingTruth | None = None
    pcp_v6: MappingTruth | None = None
    public: tuple[str, ...] | None = None
    home: str | None = None
    relays: dict[str, RelayFault] | None = None
    findings: tuple[str, ...] = ()
    no_findings: tuple[str, ...] = ()
    unknowable: dict[str, str] = {}


class PairTruthForm(Table, frozen=True, kw_only=True):
    """`[truth.pairs."A B"]`."""

    direct: PairDirect
    by: str = ""
    findings: tuple[str, ...] = ()


class Head(Table, frozen=True, kw_only=True):
    """What stands in front of all tables."""

    title: str
    about: str = ""
    seed: int = 1
    map: MapStyle = MapStyle.ADDRESSES
    dns: DnsManner = DnsManner.ANSWER
    dns_lies: tuple[str, ...] = ()
    dns_wildcards: tuple[str, ...] = ()
    beds: BedsForm = BedsForm()
    netcheck: NetcheckForm = NetcheckForm()
    faults: tuple[FaultForm, ...] = ()
