"""Where a relay client connects, in which order and when: the nodes of a region, and the race of the families.

Source: upstream derp/derphttp/derphttp_client.go (dialRegion, dialNode). Nodes are tried in the map's order. For each
node both families start at once, or IPv4 `IPV6_START_S` later where IPv6 is expected to work. A literal of the map
overrides DNS, a text that is no address of that family (`none`) disables it. Beyond upstream: several addresses of one
name start one after the other, and where nothing else runs nobody waits for a start.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from natscope.model.endpoint import Family, IPAddress
from natscope.model.relay_map import DEFAULT_DERP_PORT, RelayNode, RelayRegion

NODE_S = 1.5
"""For name look-up and TCP of one node."""
CONNECT_S = 10.0
"""For everything: names, TCP, proxy, TLS, HTTP, greeting."""
IPV6_START_S = 0.2
NEXT_ADDRESS_S = 0.25
"""How long an address is alone before the next one of its family starts beside it."""
PLAIN_PORT = 3340
"""Of a relay without TLS, unless the map names one."""


@dataclass(frozen=True, slots=True)
class Way:
    """One family of one host: its address, or None to ask DNS for it."""

    family: Family
    literal: IPAddress | None = None


def relays_of(region: RelayRegion) -> tuple[RelayNode, ...]:
    """The nodes to try, in order: those that are more than STUN servers."""
    return tuple(node for node in region.nodes if not node.stun_only)


def port_of(node: RelayNode, *, plain: bool) -> int:
    """The TCP port of a node."""
    return node.derp_port or (PLAIN_PORT if plain else DEFAULT_DERP_PORT)


def host_header(host: str, port: int, *, plain: bool) -> str:
    """As Go writes it: the port only where it is not the scheme's own."""
    name = f"[{host}]" if ":" in host else host
    return name if port == (80 if plain else 443) else f"{name}:{port}"


def ideal_node(region: RelayRegion, node: RelayNode) -> str:
    """The name of the region's first node where `node` is another one, else nothing."""
    return "" if region.nodes[0] == node else region.nodes[0].name


def ways_to(node: RelayNode, families: Iterable[Family] = (4, 6)) -> tuple[Way, ...]:
    """The families over which a node may be asked; none when all are disabled."""
    found: list[Way] = []
    for family in families:
        if not node.may_have(family):
            continue
        literal = node.literal(family)
        found += [Way(family, literal)] if literal is not None else ways_to_name(node.host_name, (family,))
    return tuple(found)


def ways_to_name(host: str, families: Iterable[Family] = (4, 6)) -> tuple[Way, ...]:
    """The same for a bare name or address."""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return tuple(Way(family) for family in families)
    return tuple(Way(family, literal) for family in families if family == literal.version)


def share_s(left_s: float, nodes_left: int) -> float:
    """How long one node may take behind a proxy, where upstream has no limit: an equal share of what is left."""
    return max(NODE_S, left_s / max(1, nodes_left))


class Race:
    """Which addresses to connect to, and when. The owner looks names up, connects, and tells what came of it.

    `due` gives addresses whose attempt begins now; `wake_at` when to ask again. It is `is_lost` once nothing runs and
    nothing is left to try.
    """

    def __init__(self, ways: Sequence[Way], now: float, *, prefer_ipv6: bool = False) -> None:
        """`lookups` are the families whose addresses DNS must give."""
        self.lookups: tuple[Family, ...] = tuple(way.family for way in ways if way.literal is None)
        delayed = prefer_ipv6 and any(way.family == 6 for way in ways)
        self._asking = set(self.lookups)
        self._waiting: dict[Family, list[IPAddress]] = {}
        self._start_at: dict[Family, float] = {}
        self._running: dict[Family, int] = {}
        for way in ways:
            self._waiting[way.family] = [way.literal] if way.literal is not None else []
            self._start_at[way.family] = now + (IPV6_START_S if delayed and way.family == 4 else 0.0)
            self._running[way.family] = 0

    @property
    def is_lost(self) -> bool:
        """Whether there is no hope left."""
        return not self._asking and not any(self._waiting.values()) and not self._is_running

    @property
    def is_asking(self) -> bool:
        """Whether names are still being looked up while nothing is being connected."""
        return bool(self._asking) and not self._is_running

    @property
    def _is_running(self) -> bool:
        return any(self._running.values())

    def found(self, family: Family, addresses: Iterable[IPAddress]) -> None:
        """What DNS said; nothing where it failed."""
        self._asking.discard(family)
        self._waiting[family] += addresses

    def failed(self, address: IPAddress, now: float) -> None:
        """An attempt came to nothing: the next address of its family need not wait."""
        family: Family = 4 if address.version == 4 else 6
        self._running[family] -= 1
        if not self._running[family]:
            self._start_at[family] = min(self._start_at[family], now)

    def due(self, now: float) -> list[IPAddress]:
        """Addresses to connect to now."""
        started = self._start(now)
        if not started and not self._asking and not self._is_running:
            first = self.wake_at()
            if first is not None:
                started = self._start(first, now)
        return started

    def _start(self, until: float, now: float | None = None) -> list[IPAddress]:
        """Those whose time has come by `until`, as of `now`."""
        started: list[IPAddress] = []
        for family, waiting in self._waiting.items():
            if waiting and self._start_at[family] <= until:
                started.append(waiting.pop(0))
                self._running[family] += 1
                self._start_at[family] = (until if now is None else now) + NEXT_ADDRESS_S
        return started

    def wake_at(self) -> float | None:
        """When the next attempt is due though nothing happens before."""
        return min((self._start_at[family] for family, waiting in self._waiting.items() if waiting), default=None)
