"""What a computer knows of itself beyond interfaces and default routes: policy routes, packet filter, settings.

Looking never changes anything and sends nothing. Each part that could not be read has its reason in `unread`, by the
name of the field: what is missing is unknown, never no. Addresses and prefixes are texts, as in reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from natscope.model.endpoint import IPAddress
from natscope.model.packet_filter import RuleSet


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface as the system's driver knows it.

    `driver`: `tun`, `tap`, `wireguard`, `ppp`, `veth`, `bridge`, `wifi`, `ethernet`, …, empty where it is not told.
    `state`: `up`, `down`, `dormant`, `lower-layer-down`, `unknown` (RFC 2863). `temporary`: its temporary (privacy)
    IPv6 addresses, RFC 8981. `strict_source` (rp_filter): does it drop packets whose answers would leave elsewhere.
    """

    name: str
    driver: str = ""
    up: bool = True
    state: str = "unknown"
    addresses: tuple[str, ...] = ()
    temporary: tuple[str, ...] = ()
    strict_source: bool | None = None


class PolicyRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that chooses a routing table. `selectors` are for people (`not fwmark 0xca6c`, `iif lo`)."""

    family: int
    priority: int
    table: int
    selectors: str = ""
    action: str = "lookup"


class SystemRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One route of any table. `kind`: `unicast`, `blackhole`, `unreachable`, `prohibit`, …"""

    family: int
    destination: str
    interface: str = ""
    gateway: str = ""
    metric: int = 0
    table: int = 254
    kind: str = "unicast"


class RouteChoice(msgspec.Struct, frozen=True, kw_only=True):
    """The way that this system would take to `target`. `table` is the routing table that said so, 0 when not told.

    `failure` is why there is none.
    """

    target: str
    interface: str = ""
    gateway: str = ""
    source: str = ""
    table: int = 0
    failure: str = ""


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this is a container (`kind`: docker, podman, kubernetes, lxc, nspawn, container), and by which sign."""

    kind: str = ""
    sign: str = ""


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A security suite or firewall app that seems to run here, and by which sign; what it does is not told."""

    name: str
    sign: str


class SystemFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One look. Numbers are counts or bytes; None and what stands in `unread` is unknown.

    `source_drops` counts packets that the check of source addresses (rp_filter) has dropped since the start.
    `wsl`: Windows Subsystem for Linux, 1 or 2, 0 for none. `cloud`: by the firmware's names, nobody is asked.
    `clock_synchronised`: what the kernel's clock discipline says. `metered`: by interface, where somebody has set it;
    a network manager's guess is none. `neighbours`: IPv4 addresses to the first three bytes
    of their hardware addresses, which name the maker and nobody's device. `suites`: of those that `wire.suite_signs`
    knows, as far as this user sees.
    """

    devices: tuple[Device, ...] = ()
    rules: tuple[PolicyRule, ...] = ()
    routes: tuple[SystemRoute, ...] = ()
    source_drops: int | None = None
    receive_buffer_max: int | None = None
    receive_buffer_default: int | None = None
    conntrack_count: int | None = None
    conntrack_max: int | None = None
    container: Container | None = None
    wsl: int | None = None
    cloud: str | None = None
    clock_synchronised: bool | None = None
    metered: dict[str, bool] = {}
    neighbours: dict[str, str] = {}
    suites: tuple[Suite, ...] | None = None
    unread: dict[str, str] = {}

    def device(self, name: str) -> Device | None:
        """The interface of that name."""
        return next((device for device in self.devices if device.name == name), None)


class FirewallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The packet filter's rules, None where they could not be read; `reason` says why, `hint` what would help.

    `partly`: parts that could not be read although others could.
    """

    rules: RuleSet | None = None
    reason: str = ""
    hint: str = ""
    partly: str = ""


class ConnectionTable(msgspec.Struct, frozen=True, kw_only=True):
    """The kernel's table of connections as it prints it (`wire.conntrack`), None where it could not be read.

    `reason` says why, `hint` what would help.
    """

    text: str | None = None
    reason: str = ""
    hint: str = ""


NOT_ASKED = "nobody asked for it"


class System(Protocol):
    """Looks at the computer itself."""

    async def look(self, *, thorough: bool = False) -> SystemFacts:
        """Everything but the packet filter; never raises. `thorough`: also what takes longer.

        That is `suites`, by going through all processes, and `metered`, by asking the network manager's program.
        """
        ...

    async def source_drops(self) -> int | None:
        """`SystemFacts.source_drops` alone, for a comparison; never raises."""
        ...

    async def route_to(self, targets: Sequence[IPAddress], *, mark: int = 0) -> tuple[RouteChoice, ...]:
        """The way to each target for packets with that mark; empty where this system does not tell; never raises."""
        ...

    async def firewall(self, *, timeout_s: float) -> FirewallFacts:
        """The rules of the packet filter; never raises."""
        ...

    async def connections(self) -> ConnectionTable:
        """The connections that this system tracks; never raises."""
        ...


class UntoldSystem:
    """A computer that tells nothing; `reason` stands in place of everything."""

    def __init__(self, reason: str = "this system does not tell it") -> None:
        self.reason = reason

    async def look(self, *, thorough: bool = False) -> SystemFacts:
        """Nothing, for one reason."""
        return SystemFacts(unread=dict.fromkeys(PARTS, self.reason))

    async def source_drops(self) -> int | None:
        """Not told."""
        return None

    async def route_to(self, targets: Sequence[IPAddress], *, mark: int = 0) -> tuple[RouteChoice, ...]:
        """Not told."""
        return ()

    async def firewall(self, *, timeout_s: float) -> FirewallFacts:
        """Not told."""
        return FirewallFacts(reason=self.reason)

    async def connections(self) -> ConnectionTable:
        """Not told."""
        return ConnectionTable(reason=self.reason)


PARTS = tuple(name for name in SystemFacts.__struct_fields__ if name != "unread")
"""The names that may stand in `unread`."""
