"""A scenario: a whole network as one value, built by both beds, with the truth about it.

It is read from a TOML file, one scenario each (`scenario_toml.py`); a common case takes a few lines:

    title = "Address-restricted cone"
    about = "One public port for all peers, open to whole addresses that the host has sent to."

    [sites.home]
    nat = "restricted"

    [hosts.alice]
    at = "home"

    [truth.alice]
    udp = "yes"
    ipv4 = "works"
    ...

Everything has a default: three sound relays on the internet, a name server that answers, links without faults, and
addresses (`scenario_addresses.py`), so that both beds use the same ones. Where a name is wanted, `internet` is the
middle of everything. Tables of a file, all optional but `title`:

- `title`, `about`; `seed` of everything random [1]; `map` [addresses]: `addresses` or `names` stand in the relay map;
  `dns` [answer]: `answer`, `hang`, `lie`, `invent`, `no-ipv6`, `fail` or `refuse`; `dns_lies`: where lies lead;
  `dns_wildcards`: domains below which every name is at 192.0.2.66.
- `[beds]`: `sim` and `kernel`; a text says why that bed cannot express the scenario.
- `[netcheck]`: `https` [false], `profile` [default], `hairpin` [true], `udp_rate` [false], `source_port` [any]: how
  hosts are measured; `full` measures lifetimes, for a minute and a half; `earlier` [0]: runs before the one that
  counts, ten minutes apart (simulator only); `known_wrong` {CLAIM = WHY}: where the netcheck is known to be wrong
  today.
- `[sites.NAME]`, a router and the network behind it: `at` [internet] the site above; `nat` the name of a preset of
  `machines.nat.presets`, or `none` for a router that only forwards, or a table: `kind` [port-restricted] and what is
  different, in the words of `machines.nat.config.NatConfig` (`mapping`, `filtering`, `ports`, `port_range`, `stride`,
  `parity`, `contiguity`, `low_ports_stay_low`, `pooling`, `hairpin`, `hairpin_filtered`, `protocols`, `capacity`,
  `when_full`, `udp_capacity`, `icmp_errors`, `unsolicited`, `dmz`, `not_from`, `answer_refused`, `drop_fragments`,
  `stun_alg`, `tcp_pickup`, `shuts_out_s`, `lifetimes` {`udp_s`, …}, `forwards` [{`transport`, `external_port`, `host`,
  `port`}]); `kernel_nat`: `masquerade` or `fully-random`, so that the kernel bed uses the kernel's own NAT (the
  simulator uses its model of that); `lan` [192.168.1.0/24]; `external` public addresses, or `count` [1] of them; `ipv6`
  [none]: `none`, `open`, `firewall`, `broken`, `nat64`, `nat66`, with `ipv6_silence_s` [300] after which its firewall
  forgets a silent flow; `allow` {`udp`, `tcp`: port texts such as "53" or "1024-2000"; `icmp`; `not_to`}: the only new
  flows that may go out; `allow_ipv6`: the same of its IPv6 firewall, which `allow` says nothing about;
  `portal`: `redirect`, `page` or `login-required`, what web requests from inside get on port 80 from anywhere;
  `http_proxy`: the host that serves an HTTP proxy there (port 3128, CONNECT only), which hosts find in their
  environment, with `proxy_password` [false] one that they do not know; `opens_tls` [false]: the router sits in every
  TLS connection to port 443, with certificates of its own authority; `resolver` [false]: the router answers look-ups,
  and hosts behind it ask it instead of the internet's name server; `mapping_service`: the router opens ports for
  hosts that ask (`scenario_mapping.py` has its keys, `{}` is a usual home router with PCP, NAT-PMP and UPnP); `tunnel`:
  the name of a TUN device by which its host reaches it instead of a cable, as a VPN or the proxy program that owns its
  default route; `carries`: IPv4 networks that the tunnel takes before any card does, instead of a default route;
  `hardware`: the first half of its hardware address inside, by which its maker is known; `link`, `back`.
- `link` {`latency_ms`, `ipv6_latency_ms` (of IPv6, where it goes another way), `jitter_ms`, `loss`, `duplication`,
  `reordering`, `held_back_ms`, `rate_mbit` (behind a queue of `queue_kbyte` [256]), `udp_limit_mbit` or
  `udp_limit_packets` (a second: what is more of UDP is dropped, without a queue, after a burst of `udp_limit_burst_ms`
  [200]), `mtu`, `tells_mtu`, `bleaches` [] (marks that it zeroes: "ecn", "dscp"), `filters` [] (UDP that it drops:
  "stun", "wireguard", "multicast"), `dead_ports` [] (UDP to them is lost), `resets` [] (names of servers: TLS to them
  ends in a reset after its first message)}: both directions of the wire upwards; `back` is for the direction down,
  where that is different.
- `[hosts.NAME]`: `at` [internet]; `also`: further sites it is attached to, with worse routes; `ipv4`, `ipv6` [true]:
  false or an address; `measured` [true]: runs a netcheck; `clock_wrong_by_s` [0]; `search`: its search domains;
  `rules`: its own packet filter, `tailscale`, `closed` or `no-udp` (`host_rules.py`); `strict_source` [false]: it
  drops what it would answer elsewhere (rp_filter); `container`: the kind of container that it says it is; `firmware`:
  the maker that its firmware names, as clouds do; `taken`: UDP ports that another program on it holds; `stuck_to`: a
  host on the internet to which a stuck row of its table of connections sends from a wrong port; `suite`: the name of
  a security suite that runs there and refuses UDP but for names; `link`, `back`.
- `[relays.NAME]`: each is a region, in order; `at` [internet]: the site it stands in, as a host does (in the kernel
  bed neighbours are on one wire, which has no latency), or `on` the host whose computer it shares; `latency_ms` [10,
  20, 30, …] one way, `back_latency_ms` where the way back differs; `udp`, `tcp` [open]: `open`, `closed` (refused),
  `silent` (both silent: the relay is off); `certificate` [right]: `right`, `expired`, `self-signed`, `wrong-name`,
  `none` (plain HTTP); `clock_wrong_by_s` [0]: of the times it tells; `https_ipv6` [true]: whether it takes connections
  over IPv6 too; `upgrades` [true]: whether requests to become a relay connection reach it, or a proxy in front eats
  them; `port80` [challenge]: `challenge`, `redirect` (to its own HTTPS), `closed`; `pinned` [false]: the map pins its
  certificate; `stun` [right]: `right`, `lies` (another address) or `bridged` (its container's bridge); `stun_also`:
  further UDP ports on which it answers, such as 53 and 443; `helper` [true]: whether it sends packets from unseen
  places to who asks (docs/helper.md), with the next relay; `ipv6` [true]; `node` {}: fields of its node in the map's
  JSON as they stand there, in place of the right ones; `link`, `back`.
- `[servers.NAME]`: `kind`: `stun` (ours, as RFC 5780 wants), `coturn`, `derp` (our relay) or `derper`, with two
  addresses of each family and the name `NAME.test`; for tools, not for the netcheck. The simulator has none of them,
  and refuses a `derper`.
- `[[faults]]`: `at_s`, `lasts_s`, `kind` and on whom: `partition` (`on` a host, site or relay), `nat-reboot` (`on` a
  site, `renumbered`), `dns` (`manner`), `crash` (`on` a relay), `congestion` (`on` as `partition`, `slower_by_ms` [60]
  each way); `measuring` [false]: counted from the first request on.
- `[truth.HOST]`, `[truth.pairs."A B"]`: `scenario_truth.py`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from natscope.lab.host_rules import HostRules
from natscope.lab.scenario_relays import Certificate, Port, Port80, StunManner
from natscope.lab.scenario_truth import HostTruth, PairTruth
from natscope.machines.nat.config import NatConfig
from natscope.machines.portmap_router.config import ServiceConfig
from natscope.model.endpoint import IPAddress
from natscope.sim.link import LinkSpec

INTERNET = "internet"
DNS_NAME = "name-server"
DNS_4, DNS_6 = IPv4Address("203.0.113.53"), IPv6Address("2001:db8::53")
"""Of the internet's name server, in every scenario."""
DOMAIN = "test"
"""Relays, and hosts on the internet, are `NAME.test`."""


class Bed(enum.StrEnum):
    """Where a scenario can be built."""

    SIM = "sim"
    KERNEL = "kernel"


class KernelNat(enum.StrEnum):
    """NAT of the Linux kernel, as nftables names it; always with an input rule that drops."""

    MASQUERADE = "masquerade"
    FULLY_RANDOM = "fully-random"


class SiteIpv6(enum.StrEnum):
    """IPv6 behind a router. `BROKEN`: addresses and routes, and nothing ever comes back.

    `NAT64`: a firewall that also leads to IPv4 by 64:ff9b::/96 and the site's NAT, with a DNS64 on the router.
    `NAT66`: hosts have unique local addresses, which a port-restricted NAT translates to the router's own.
    """

    NONE = "none"
    OPEN = "open"
    FIREWALL = "firewall"
    BROKEN = "broken"
    NAT64 = "nat64"
    NAT66 = "nat66"


class Portal(enum.StrEnum):
    """What a login page on the router says to any web request on port 80."""

    REDIRECT = "redirect"
    PAGE = "page"
    LOGIN_REQUIRED = "login-required"


class DnsManner(enum.StrEnum):
    """How the internet's name server behaves. `LIE`: every name is at `dns_lies`; `INVENT`: those that do not exist.

    `NO_IPV6`: names have no IPv6 addresses; `FAIL`: SERVFAIL.
    """

    ANSWER = "answer"
    HANG = "hang"
    LIE = "lie"
    INVENT = "invent"
    NO_IPV6 = "no-ipv6"
    FAIL = "fail"
    REFUSE = "refuse"


class MapStyle(enum.StrEnum):
    """Whether the relay map carries addresses, or names only, so that the DNS is needed."""

    ADDRESSES = "addresses"
    NAMES = "names"


class ServerKind(enum.StrEnum):
    """STUN servers with two addresses and two ports (3478, 3479), as RFC 5780 wants them; our relay and Tailscale's."""

    STUN = "stun"
    COTURN = "coturn"
    DERP = "derp"
    DERPER = "derper"


class FaultKind(enum.StrEnum):
    """What may go wrong while a scenario runs."""

    PARTITION = "partition"
    NAT_REBOOT = "nat-reboot"
    DNS = "dns"
    CRASH = "crash"
    CONGESTION = "congestion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A router and the network behind it.

    `nat` has the public addresses in `external`; None for a router that only forwards; without translation hosts have
    addresses of the site above (`lan` is None). `kind` is the preset's name, for people. `wan` is the router's own
    address (a NAT's first external one). `prefix` is its IPv6, `routed_6` what the internet knows of that (another one
    where IPv6 is translated), None without; `nat_6` what stands before it. `mapping_service` opens ports in the NAT.
    `link` leads up, `back` down.
    """

    name: str
    at: str
    kind: str
    nat: NatConfig | None
    kernel_nat: KernelNat | None
    lan: IPv4Network | None
    wan: IPv4Address
    external: tuple[IPv4Address, ...]
    ipv6: SiteIpv6
    prefix: IPv6Network | None
    portal: Portal | None
    http_proxy: str
    proxy_password: bool
    opens_tls: bool
    resolver: bool
    mapping_service: ServiceConfig | None
    link: LinkSpec
    back: LinkSpec
    tunnel: str = ""
    carries: tuple[IPv4Network, ...] = ()
    hardware: str = ""
    routed_6: IPv6Network | None = None
    nat_6: NatConfig | None = None

    @property
    def gateway(self) -> IPv4Address:
        """What hosts behind it have for a default gateway."""
        return self.lan.network_address + 1 if self.lan is not None else self.wan

    @property
    def gateway_6(self) -> IPv6Address | None:
        """The same over IPv6."""
        return self.prefix.network_address + 1 if self.prefix is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A host's interface at a site: addresses, None for a family it has not."""

    at: str
    ipv4: IPv4Address | None
    ipv6: IPv6Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioHost:
    """A computer. The first interface has the best routes; its `link` leads up, `back` down. It asks `name_server`."""

    name: str
    interfaces: tuple[Attachment, ...]
    name_server: IPAddress
    measured: bool
    clock_wrong_by_s: float
    search: tuple[str, ...]
    link: LinkSpec
    back: LinkSpec
    rules: HostRules | None = None
    strict_source: bool = False
    container: str = ""
    stuck_to: str = ""
    firmware: str = ""
    taken: tuple[int, ...] = ()
    suite: str = ""

    @property
    def at(self) -> str:
        """The site of the first interface."""
        return self.interfaces[0].at

    def address(self, family: int) -> IPAddress | None:
        """Of the first interface."""
        return self.interfaces[0].ipv4 if family == 4 else self.interfaces[0].ipv6


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRelay:
    """A relay, the only node of its region. `link` leads from it to where it stands, `back` to it.

    `on` is the host that it shares, with its addresses; empty for one with a computer of its own.
    """

    name: str
    at: str
    on: str
    region_id: int
    ipv4: IPv4Address
    ipv6: IPv6Address | None
    udp: Port
    tcp: Port
    certificate: Certificate
    port80: Port80
    stun: StunManner
    stun_also: tuple[int, ...]
    helper: bool
    node: dict[str, Any]
    clock_wrong_by_s: float
    https_ipv6: bool
    upgrades: bool
    pinned: bool
    link: LinkSpec
    back: LinkSpec

    @property
    def host_name(self) -> str:
        """Its name in the DNS and in its certificate."""
        return f"{self.name}.{DOMAIN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioServer:
    """A server on the internet for tools. `addresses` are two, and `addresses_6` two more."""

    name: str
    kind: ServerKind
    addresses: tuple[IPv4Address, IPv4Address]
    addresses_6: tuple[IPv6Address, IPv6Address]

    @property
    def pairs(self) -> tuple[tuple[IPAddress, IPAddress], ...]:
        """The first and the second address of each family."""
        return self.addresses, self.addresses_6


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFault:
    """`on` is whom it befalls, empty for the DNS; `renumbered` and `manner` belong to their kinds."""

    kind: FaultKind
    at_s: float
    lasts_s: float
    on: str = ""
    renumbered: bool = True
    manner: DnsManner = DnsManner.HANG
    measuring: bool = False
    slower_by_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureHow:
    """Options of the netcheck on every host; `known_wrong` says per claim why today's report is wrong about it."""

    https: bool = False
    profile: str = "default"
    hairpin: bool = True
    udp_rate: bool = False
    source_port: int = 0
    earlier: int = 0
    known_wrong: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All of it; dictionaries are in the file's order, and every site stands behind those it hangs on.

    `cannot` says per bed why it cannot express the scenario; a bed that is not in it can. `source` is the file.
    """

    name: str
    title: str
    about: str
    source: str
    seed: int
    map_style: MapStyle
    dns: DnsManner
    dns_lies: tuple[IPAddress, ...]
    dns_wildcards: tuple[str, ...]
    how: MeasureHow
    sites: dict[str, Site]
    hosts: dict[str, ScenarioHost]
    relays: dict[str, ScenarioRelay]
    servers: dict[str, ScenarioServer]
    faults: tuple[ScenarioFault, ...]
    cannot: dict[Bed, str] = field(default_factory=dict)
    truth: dict[str, HostTruth] = field(default_factory=dict)
    pairs: tuple[PairTruth, ...] = ()

    def can(self, bed: Bed) -> bool:
        """Whether a bed can express it."""
        return bed not in self.cannot

    def measured(self) -> tuple[ScenarioHost, ...]:
        """The hosts that run a netcheck."""
        return tuple(host for host in self.hosts.values() if host.measured)

    def devices(self, host: ScenarioHost) -> tuple[str, ...]:
        """The names of a host's interfaces: those of tunnels as the file says, the others `eth0`, `eth1`, …"""
        found: list[str] = []
        cables = 0
        for at in host.interfaces:
            tunnel = "" if at.at == INTERNET else self.sites[at.at].tunnel
            found.append(tunnel or f"eth{cables}")
            cables += not tunnel
        return tuple(found)

    def family_at(self, site: str) -> tuple[int, ...]:
        """The address families that a site has; the internet has both."""
        if site == INTERNET:
            return (4, 6)
        return (4,) if self.sites[site].prefix is None else (4, 6)
