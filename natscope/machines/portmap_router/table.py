"""The ports that a mapping service has opened, whichever protocol asked: one table, leases that lapse.

An external port belongs to one inside endpoint. An inside endpoint that asks again keeps its port, as RFC 6886 §3.3
and RFC 6887 §11.3 want it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.portmap_router.config import ServiceConfig
from natscope.machines.portmap_router.ports import Ports
from natscope.model.endpoint import Endpoint

FIRST_SPARE, LAST_SPARE = 49_152, 65_535
"""Where a port is looked for when neither the wish nor the inside port is free."""


@dataclass(slots=True)
class Entry:
    """An open port. `ends` None: until it is deleted. `nonce` is known to who made it by PCP."""

    forward: Forward
    ends: float | None
    nonce: bytes | None = None
    description: str = ""

    @property
    def internal(self) -> Endpoint:
        """Whose it is."""
        return self.forward.internal

    @property
    def external_port(self) -> int:
        """Its outside port."""
        return self.forward.external_port

    @property
    def transport(self) -> Transport:
        """UDP or TCP."""
        return self.forward.transport

    def left_s(self, now: float) -> int:
        """What is left of the lease, 0 for none that ends."""
        return 0 if self.ends is None else max(1, round(self.ends - now))


class PortTable:
    """Opens and closes through `ports`; `config` limits it."""

    def __init__(self, config: ServiceConfig, ports: Ports) -> None:
        self._config = config
        self._ports = ports
        self._entries: dict[tuple[Transport, int], Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[Entry]:
        """All of them, oldest first."""
        return list(self._entries.values())

    def at(self, transport: Transport, external_port: int) -> Entry | None:
        """What is open there."""
        return self._entries.get((transport, external_port))

    def of(self, transport: Transport, internal: Endpoint) -> Entry | None:
        """The port that an inside endpoint has."""
        return next((e for e in self._entries.values() if (e.transport, e.internal) == (transport, internal)), None)

    @property
    def is_full(self) -> bool:
        """No further port is opened."""
        return len(self._entries) >= self._config.capacity

    def open(
        self, transport: Transport, internal: Endpoint, external_port: int, now: float, lifetime_s: float | None
    ) -> Entry | None:
        """Open exactly that port, or renew it; None where somebody else has it."""
        if external_port in self._config.taken:
            return None
        there = self.at(transport, external_port)
        if there is not None and there.internal != internal:
            return None
        forward = Forward(transport=transport, external_port=external_port, internal=internal)
        if self._ports.open(forward, now, lifetime_s) is None:
            return None
        ends = None if lifetime_s is None else now + lifetime_s
        if there is not None:
            there.ends = ends
            return there
        entry = self._entries[transport, external_port] = Entry(forward, ends)
        return entry

    def open_any(
        self, transport: Transport, internal: Endpoint, wish: int, now: float, lifetime_s: float | None
    ) -> Entry | None:
        """Open the port that the inside endpoint has already, or the wished one, or another; None without any."""
        old = self.of(transport, internal)
        candidates = iter((old.external_port,)) if old is not None else self._candidates(transport, internal, wish)
        opened = (self.open(transport, internal, port, now, lifetime_s) for port in candidates)
        return next((entry for entry in opened if entry is not None), None)

    def close(self, entry: Entry) -> None:
        """Close a port."""
        self._ports.close(entry.forward)
        self._entries.pop((entry.transport, entry.external_port), None)

    def purge(self, now: float) -> None:
        """Close what has lapsed."""
        for entry in self.entries():
            if entry.ends is not None and entry.ends <= now:
                self.close(entry)

    def forget(self) -> None:
        """The NAT has lost everything already."""
        self._entries.clear()

    def next_time(self) -> float | None:
        """When the next lease lapses."""
        return min((e.ends for e in self._entries.values() if e.ends is not None), default=None)

    def _candidates(self, transport: Transport, internal: Endpoint, wish: int) -> Iterator[int]:
        if wish:
            yield wish
        if internal.port != wish:
            yield internal.port
        for port in range(FIRST_SPARE, LAST_SPARE + 1):
            if (transport, port) not in self._entries:
                yield port
