"""Several processes of one relay in memory: what they tell each other arrives at once, in pieces of any length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from natscope.machines.derp import siblings
from natscope.machines.derp.counters import Counters, Drop, End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RelaySettings
from natscope.machines.derp.siblings import Sibling
from natscope.wire.derp.frames import Frame
from natscope.wire.derp.hello import ClientInfo
from tests.machines.derp.harness import Bench, Peer


@dataclass(eq=False)
class Process(Bench):
    """One of them; its sends to the others are handed to `others`."""

    streams: dict[Sibling, tuple[Process, Sibling]] = field(default_factory=dict)

    def __init__(self, settings: RelaySettings | None = None) -> None:
        super().__init__(settings)
        self.streams = {}

    def carry_out(self, effects: Effects) -> None:
        super().carry_out(effects)
        for outlet, pieces in effects.sends.items():
            if isinstance(outlet, Sibling) and outlet in self.streams:
                process, other = self.streams[outlet]
                process.hear(other, b"".join(pieces))

    def hear(self, sibling: Sibling, data: bytes) -> None:
        """Bytes of another process."""
        half = len(data) // 3
        for piece in (data[:half], data[half:]):
            effects = Effects()
            siblings.take(self.relay, sibling, piece, self.now, effects)
            self.carry_out(effects)

    def ended(self, sibling: Sibling) -> None:
        """The stream broke."""
        self.streams.pop(sibling, None)
        effects = Effects()
        self.relay.end(sibling, End.CLIENT, effects)
        self.carry_out(effects)


class Processes:
    """As a `Bench`; each that joins comes to the next process."""

    def __init__(self, number: int = 3, settings: RelaySettings | None = None) -> None:
        self.processes = [Process(settings) for _ in range(number)]
        self.at: dict[Peer, Process] = {}
        self._next = 0
        for first in range(number):
            for second in range(first):
                self.link(self.processes[first], self.processes[second])

    def link(self, one: Process, other: Process) -> None:
        """A stream between two; both tell of their clients."""
        ends = [(process, Sibling(process.relay.number(), "x")) for process in (one, other)]
        one.streams[ends[0][1]], other.streams[ends[1][1]] = ends[1], ends[0]
        told = []
        for process, sibling in ends:
            effects = Effects()
            siblings.introduce(process.relay, sibling, effects)
            told.append(effects)
        for (process, _), effects in zip(ends, told, strict=True):
            process.carry_out(effects)

    def die(self, process: Process) -> None:
        """A process ends; its clients with it."""
        self.processes.remove(process)
        for other, sibling in list(process.streams.values()):
            other.ended(sibling)
        process.streams.clear()
        self.at = {peer: of for peer, of in self.at.items() if of is not process}

    def join(self, name: str, *, mesh: bool = False, info: ClientInfo | None = None, is_ideal: bool = True) -> Peer:
        process = self.processes[self._next % len(self.processes)]
        self._next += 1
        peer = process.join(name, mesh=mesh, info=info, is_ideal=is_ideal)
        self.at[peer] = process
        return peer

    def send(self, peer: Peer, data: bytes | Frame) -> Effects:
        return self.at[peer].send(peer, data)

    def packet(self, source: Peer, target: Peer, packet: bytes) -> Effects:
        return self.at[source].packet(source, target, packet)

    def leave(self, peer: Peer) -> None:
        self.at[peer].leave(peer)

    def block(self, peer: Peer) -> None:
        self.at[peer].block(peer)

    def drain(self, peer: Peer) -> None:
        self.at[peer].drain(peer)

    def duplicates(self) -> tuple[int, int]:
        [found] = {process.relay.registry.duplicates() for process in self.processes}
        return found

    def switches(self) -> int:
        return self.total(lambda counters: counters.twin_switches)

    @property
    def relays(self) -> list[Relay]:
        return [process.relay for process in self.processes]

    def total(self, of: Callable[[Counters], int]) -> int:
        """A counter of all of them."""
        return sum(of(relay.counters) for relay in self.relays)

    def drops(self) -> dict[tuple[Drop, bool], tuple[int, int]]:
        found: dict[tuple[Drop, bool], tuple[int, int]] = {}
        for relay in self.relays:
            for key, count in relay.counters.drops.items():
                before = found.get(key, (0, 0))
                found[key] = (before[0] + count, before[1] + relay.counters.dropped_bytes[key])
        return found
