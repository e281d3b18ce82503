"""The report's part about names: which name servers this host has, whether they answer, and whether rightly."""

from __future__ import annotations

import enum

import msgspec

from natscope.model.tri import Tri


class NameServerState(enum.StrEnum):
    """How a name server behaves. `FAILS`: it answers, and says that it cannot; `REFUSES`: it does not serve us."""

    ANSWERS = "answers"
    SILENT = "silent"
    FAILS = "fails"
    REFUSES = "refuses"
    UNREACHABLE = "unreachable"
    """An ICMP error came back, or there is no route to it."""
    UNKNOWN = "unknown"


class NameServerReport(msgspec.Struct, frozen=True, kw_only=True):
    """One server. `latency_ms` is the median of its answers. `behind_stub`: a stub on this host asks it, not we."""

    address: str
    state: NameServerState = NameServerState.UNKNOWN
    reason: str = ""
    latency_ms: float | None = None
    behind_stub: bool = False
    evidence: tuple[str, ...] = ()


class DnsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Names. `state` is that of the best server: `answers` where any does. `reasons` says per field why it is unknown.

    `system`: do look-ups by the system's own resolver work, as programs do them (hosts file and all).
    `invented`: does a name that cannot exist get an address (`invented_addresses`). `forged`: do relays' names get an
    address that cannot be theirs. `differ`: do servers, or a server and the map, name different addresses.
    `ipv6_withheld`: are IPv6 addresses that are known to be there left out of answers. `search_trap`: does a search
    domain answer any name at all. `magic_dns`: does the mesh VPN's own server answer.
    """

    state: NameServerState = NameServerState.UNKNOWN
    reason: str = ""
    servers: tuple[NameServerReport, ...] = ()
    search: tuple[str, ...] = ()
    ndots: int = 1
    invented: Tri = Tri.UNKNOWN
    invented_addresses: tuple[str, ...] = ()
    forged: Tri = Tri.UNKNOWN
    forged_addresses: tuple[str, ...] = ()
    differ: Tri = Tri.UNKNOWN
    ipv6_withheld: Tri = Tri.UNKNOWN
    search_trap: Tri = Tri.UNKNOWN
    search_traps: tuple[str, ...] = ()
    magic_dns: Tri = Tri.UNKNOWN
    system: Tri = Tri.UNKNOWN
    reasons: dict[str, str] = {}
    evidence: dict[str, tuple[str, ...]] = {}
