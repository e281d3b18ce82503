"""What is true in a scenario by its configuration: per host what a right report says, per pair what connects.

`[truth.HOST]`, in the report's own words. A field that is left out is not claimed, and a report may leave it unknown
only where it was not asked (`scenario_unknown`).

- `udp`, `captive_portal`, `shared_address_space`: `yes`, `no`.
- `ipv4`, `ipv6`: `works`, `absent`, `broken`, `link-local-only`.
- `mapping`, `filtering`, `mapping_varies`, `port_preservation`, `port_allocation`, `hairpinning`, `several_addresses`,
  `layers` (routers that translate on the way), `mapping_lifetime_s`: of the way out over the family `nat_family` [4].
- `rfc3489_name` follows from `mapping` and `filtering` by RFC 3489 §5 and is claimed wherever both are; several public
  addresses have no such name.
- `port_parity`, `port_contiguity`, `port_step`, `pooling`, `port_collision`, `stun_alg`, `hairpin_source` (`external`,
  `internal`), `absolute_lifetime_s`, `refresh_outbound`, `refresh_inbound`, `port_burns`: the same;
  `mapping_lifetime_at_least_s` and `absolute_lifetime_at_least_s`: no end is seen within that time.
- `dns`: `answers`, `silent`, `fails`, `refuses`, `unreachable`: the name servers of the host; `dns_invented`: names
  that do not exist get addresses; `dns_forged`: relays' names get addresses that are not theirs; `dns_ipv6_withheld`;
  `dns_search_trap`: a search domain answers any name.
- `proxy`: the HTTP proxy of the environment lets connections through; `relay_by_proxy`: a relay answers through it;
  `clock`: the host's clock is right; `tls_intercepted`: somebody opens TLS on the way.
- `hijacked`: software on the host carries its packets elsewhere; `drops_unasked`: its own rules drop what a peer sends
  first; `shared_space_eaten`: they drop answers from 100.64.0.0/10; `several_uplinks`: it has more than one.
- `cgnat`, `double_nat` over the same family; `path_mtu` (bytes, or the longest that a default run tries and that fits),
  `black_hole`, `fragments`, `wireguard` (does its packet fit), `ecn`, `dscp` (do marks arrive) over it; `stun_passes`,
  `wireguard_passes`: datagrams of that look come back where others do; `nat64`; `udp_open`, `udp_closed`: ports.
- `udp_limited`, `udp_limited_back`: somebody drops UDP beyond a rate that a run with `udp_rate` reaches, there and
  back; `udp_limited_only`: and not TCP; `udp_limit_counts`: `packets` or `bytes`.
- `upnp`, `nat_pmp`, `pcp`, and `pcp_v6` for the IPv6 firewall: `no` (not there), `proved` (opens a port, and packets
  come in), `unreachable` (opens one where nobody outside can send), `refused`. Where the file says nothing and all ways
  of the host lead to routers without a mapping service, or to none, it is `no`.
- `unknowable` {FIELD = WHY}: nobody at that host could know the field, so any other word than `unknown` is wrong; also
  {GROUP = WHY} for `nat`, `way` and `dns`, where fields that the file claims count first.
- `public`: the public addresses that relays see; `home`: the relay that a sound choice prefers.
- `relays` {NAME = FAULT}: `no-answer`, `stun-closed` (TCP works), `https-closed` (UDP works), `expired`, `self-signed`,
  `wrong-name`, `not-yet-valid`, `untrusted`, `pin-mismatch`, `dns`, `lies`, `permission` (own rules of the host
  refuse to send); relays that are not named are sound.
- `findings`: causes that a diagnosis must name, and all that it may say louder than "info", the one that matters first;
  `no_findings`: causes that it must not name even as "info".

`[truth.pairs."A B"]`: `direct` is `yes`, `no` or `luck`, by simultaneous open without guessing ports; `by`: `lan`,
`public`, `punch`, `ipv6`, `hairpin`, or why not; `findings`: causes of the two that both reports together show.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, fields
from typing import Any

from natscope.model.nat import AddressPooling, Filtering, Mapping, PortAllocation, PortCollision
from natscope.model.report_dns import NameServerState
from natscope.model.tri import Tri

UNKNOWN = "unknown"


class RelayFault(enum.StrEnum):
    """What is wrong with a relay as seen from a host. `STUN_CLOSED`: UDP is silent or refused, TCP works.

    `PERMISSION`: nothing is; the host's own rules refuse to send to it.
    """

    NONE = "none"
    NO_ANSWER = "no-answer"
    STUN_CLOSED = "stun-closed"
    HTTPS_CLOSED = "https-closed"
    EXPIRED = "expired"
    SELF_SIGNED = "self-signed"
    WRONG_NAME = "wrong-name"
    NOT_YET_VALID = "not-yet-valid"
    UNTRUSTED = "untrusted"
    PIN = "pin-mismatch"
    DNS = "dns"
    LIES = "lies"
    PERMISSION = "permission"


class FamilyState(enum.StrEnum):
    """As in a report."""

    WORKS = "works"
    ABSENT = "absent"
    BROKEN = "broken"
    LINK_LOCAL_ONLY = "link-local-only"
    UNKNOWN = "unknown"


class MappingTruth(enum.StrEnum):
    """What becomes of asking the router for a port."""

    NO = "no"
    PROVED = "proved"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


class PairDirect(enum.StrEnum):
    """Whether two hosts connect directly."""

    YES = "yes"
    NO = "no"
    LUCK = "luck"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTruth:
    """One host; None is no claim. `relays` has the faults of those that are not sound."""

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
    unknowable: dict[str, str] = field(default_factory=dict)

    def _old_name(self) -> str:
        """By RFC 3489 §5, empty where mapping or filtering are not claimed, or where it has no name."""
        if self.filtering not in _CONES or self.several_addresses is Tri.YES:
            return ""
        if self.mapping is Mapping.NONE:
            return "open internet" if self.filtering is Filtering.ENDPOINT_INDEPENDENT else "symmetric UDP firewall"
        if self.mapping is Mapping.ENDPOINT_INDEPENDENT:
            return _CONES[self.filtering]
        return "" if self.mapping in (None, Mapping.UNKNOWN) else "symmetric"

    def claims(self) -> dict[str, Any]:
        """The claims about single fields of a report, by name."""
        single = ("nat_family", "relays", "findings", "no_findings", "unknowable")
        found = {name: getattr(self, name) for name in self.__slots__ if name not in single}
        told = {name: value for name, value in found.items() if value is not None}
        name = self._old_name()
        if name or not self.unknowable.keys().isdisjoint(("mapping", "filtering")):
            told["rfc3489_name"] = name or UNKNOWN
        return told | dict.fromkeys(self.unknowable, UNKNOWN)


_CONES = {
    Filtering.ENDPOINT_INDEPENDENT: "full cone",
    Filtering.ADDRESS_DEPENDENT: "restricted cone",
    Filtering.ADDRESS_AND_PORT_DEPENDENT: "port-restricted cone",
}
"""RFC 3489 §5 in the words of RFC 4787, written here again: a table of the program's own would prove nothing."""


UNKNOWABLE = frozenset(f.name for f in fields(HostTruth)) - {
    "nat_family", "public", "relays", "findings", "no_findings", "unknowable",
}  # fmt: skip
"""What may be named in `unknowable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTruth:
    """Two hosts; `by` says on which way, or why not; `findings` are causes of the two that both reports show."""

    first: str
    second: str
    direct: PairDirect
    by: str = ""
    findings: tuple[str, ...] = ()
