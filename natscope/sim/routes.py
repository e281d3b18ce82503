"""A routing table by longest prefix, on packed addresses, with a cache in front."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from natscope.model.endpoint import IPAddress

IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Way = TypeVar("Way")
MAX_CACHED = 65_536
_BITS = {4: 32, 6: 128}


@dataclass(frozen=True, slots=True)
class Route(Generic[Way]):
    """One entry; `gateway` is for people, packets follow `way`."""

    network: IPNetwork
    way: Way
    gateway: IPAddress | None = None
    metric: int = 0


class Routes(Generic[Way]):
    """Both families. The longest prefix wins, among equals the lowest metric, then the older.

    `found_4` and `found_6` keep what was looked up and stay the same objects: a packet path asks them before `lookup`.
    """

    __slots__ = ("_routes", "_tables", "found_4", "found_6")

    def __init__(self) -> None:
        self._routes: list[Route[Way]] = []
        self._tables: dict[int, list[tuple[int, dict[int, Way]]]] = {4: [], 6: []}
        self.found_4: dict[int, Way | None] = {}
        self.found_6: dict[int, Way | None] = {}

    def add(self, network: IPNetwork, way: Way, gateway: IPAddress | None = None, metric: int = 0) -> None:
        """One more route."""
        route = Route(network, way, gateway, metric)
        self._routes.append(route)
        if not self._join(route):
            self._rebuild(network.version)

    def remove(self, way: Way, network: IPNetwork | None = None) -> None:
        """All routes that go this way, or only the one to `network`."""
        self._routes = [r for r in self._routes if r.way is not way or network not in (None, r.network)]
        for family in (4, 6):
            self._rebuild(family)

    def entries(self) -> tuple[Route[Way], ...]:
        """All routes, in the order in which they were added."""
        return tuple(self._routes)

    def lookup(self, destination: int, family: int) -> Way | None:
        """Where a packed address goes."""
        cached = self.found_4 if family == 4 else self.found_6
        try:
            return cached[destination]
        except KeyError:
            pass
        if len(cached) >= MAX_CACHED:
            cached.clear()
        cached[destination] = found = self._search(destination, family)
        return found

    def _search(self, destination: int, family: int) -> Way | None:
        for mask, table in self._tables[family]:
            way = table.get(destination & mask)
            if way is not None:
                return way
        return None

    def _forget(self) -> None:
        self.found_4.clear()
        self.found_6.clear()

    def _join(self, route: Route[Way]) -> bool:
        """Put a route into an existing table; False where a new table or a contest makes that wrong."""
        mask, net = int(route.network.netmask), int(route.network.network_address)
        for known, table in self._tables[route.network.version]:
            if known == mask and net not in table:
                table[net] = route.way
                self._forget()
                return True
        return False

    def _rebuild(self, family: int) -> None:
        by_mask: dict[int, dict[int, Way]] = {}
        ordered = [r for r in self._routes if r.network.version == family]
        ordered.sort(key=lambda r: (-r.network.prefixlen, r.metric))
        for route in ordered:
            by_mask.setdefault(int(route.network.netmask), {}).setdefault(int(route.network.network_address), route.way)
        self._tables[family] = list(by_mask.items())
        self._forget()
