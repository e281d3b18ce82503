"""The way between this computer and the internet: hops, sizes, UDP ports, marks, NAT64. Part of the report."""

from __future__ import annotations

import msgspec

from natscope.model.tri import Tri


class HopReport(msgspec.Struct, frozen=True, kw_only=True):
    """One router on the way. `number` counts from 1, the gateway; `address` is empty where it keeps silent.

    `place`: `private` (RFC 1918), `shared` (100.64.0.0/10, a carrier's), `public`, `unknown`. `translates`: does it put
    an address of its own in place of ours.
    """

    number: int
    address: str
    place: str
    translates: Tri = Tri.UNKNOWN
    evidence: tuple[str, ...] = ()


class UdpPortReport(msgspec.Struct, frozen=True, kw_only=True):
    """Does UDP to that port of a relay come back; `no` only where the same relay answered on another port."""

    port: int
    open: Tri = Tri.UNKNOWN
    reason: str = ""
    evidence: tuple[str, ...] = ()


class UdpShapeReport(msgspec.Struct, frozen=True, kw_only=True):
    """Do datagrams of a `shape` come back: `stun`, `opaque` (looks random), `wireguard` (a handshake's first packet).

    `no` only where another shape came back from the same server in the same moments.
    """

    shape: str
    passes: Tri = Tri.UNKNOWN
    reason: str = ""
    evidence: tuple[str, ...] = ()


class PathFamilyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The way of one family. Sizes are whole IP packets in bytes.

    `mtu`: the longest packet that came through, `mtu_exact` when the next longer one tried did not; `mtu_told` is what
    a router's ICMP error named. `black_hole`: are longer packets swallowed without a word. `fragments`: do datagrams
    that were cut into pieces arrive. `wireguard`: does WireGuard's tunnel of 1280 bytes fit. `ecn` and `dscp`: do the
    marks arrive as they were sent. `reasons` says per field why it is unknown.
    """

    mtu: int | None = None
    mtu_exact: bool = False
    mtu_told: int | None = None
    black_hole: Tri = Tri.UNKNOWN
    fragments: Tri = Tri.UNKNOWN
    wireguard: Tri = Tri.UNKNOWN
    ecn: Tri = Tri.UNKNOWN
    dscp: Tri = Tri.UNKNOWN
    evidence: tuple[str, ...] = ()
    reasons: dict[str, str] = {}


class RateReport(msgspec.Struct, frozen=True, kw_only=True):
    """One direction: is UDP beyond some rate dropped, or held back while TCP is not (`manner`).

    `packets_per_s` and `bits_per_s` are what passes, in whole IP packets of 1000 bytes; without a limit that of a full
    line, where one showed. `burst_packets` pass before. `counted`: `packets` or `bytes`, empty where it is not known.
    `carried_packets_per_s` and `carried_bits_per_s` are those of the fastest train that arrived like a slow one.
    `reason` says why it is unknown, or what else was seen.
    """

    limited: Tri = Tri.UNKNOWN
    manner: str = ""
    packets_per_s: int | None = None
    bits_per_s: int | None = None
    burst_packets: int | None = None
    counted: str = ""
    carried_packets_per_s: int | None = None
    carried_bits_per_s: int | None = None
    reason: str = "the probe udp_rate did not run"


class UdpRateReport(msgspec.Struct, frozen=True, kw_only=True):
    """Trains of packets to a helper, over one `family`: `out` is our direction, `back` that of its answers.

    `tcp_bits_per_s` is what TCP to the same computer carried, where it was tried; `udp_only`: TCP was clearly faster
    than what passes of UDP.
    """

    family: int | None = None
    server: str = ""
    out: RateReport = RateReport()
    back: RateReport = RateReport()
    tcp_bits_per_s: int | None = None
    udp_only: Tri = Tri.UNKNOWN
    evidence: tuple[str, ...] = ()


class Nat64Report(msgspec.Struct, frozen=True, kw_only=True):
    """Does the resolver lead to IPv4 by IPv6 addresses (DNS64, RFC 7050), and by which `prefixes`."""

    state: Tri = Tri.UNKNOWN
    prefixes: tuple[str, ...] = ()
    reason: str = "the probe nat64 did not run"
    evidence: tuple[str, ...] = ()


class PathReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about the way. `udp_ports` are those that were tried beside the map's own, over IPv4.

    `udp_shapes` are over the first family in which something came back.
    """

    v4: PathFamilyReport = PathFamilyReport()
    v6: PathFamilyReport = PathFamilyReport()
    udp_ports: tuple[UdpPortReport, ...] = ()
    udp_ports_reason: str = ""
    udp_shapes: tuple[UdpShapeReport, ...] = ()
    nat64: Nat64Report = Nat64Report()
    udp_rate: UdpRateReport = UdpRateReport()
