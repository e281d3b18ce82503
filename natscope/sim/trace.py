"""What a simulation did, packet by packet: (time, source, destination, length, kind), and a digest over all of it.

Two runs of one seed have the same digest in every process. Payloads are left out: TLS draws its own randomness.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass

from natscope.machines.nat.packet import Packet

KEPT_LINES = 20_000
"""The newest lines are kept for people; the digest is over all."""
_FLUSH_CHARACTERS = 1 << 16
SENT, RECEIVED = "sent", "received"
PROTOCOL_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One entry, readable. `kind` is `sent`, `received` or why the packet went nowhere."""

    at: float
    protocol: str
    source: str
    destination: str
    length: int
    kind: str

    def __str__(self) -> str:
        return f"{self.at:.6f} {self.protocol} {self.source} > {self.destination} {self.length} {self.kind}"


class Trace:
    """Takes entries from everywhere in a network; `counts` is by kind."""

    def __init__(self, keep: int = KEPT_LINES) -> None:
        self.counts: dict[str, int] = {}
        self._kept: deque[tuple[float, int, int, int, int, int, int, int, str]] = deque(maxlen=keep)
        self._hash = hashlib.blake2b(digest_size=16)
        self._pending: list[str] = []
        self._pending_size = 0

    def note(self, now: float, packet: Packet, kind: str) -> None:
        """One packet, as it looks at that moment."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        row = (
            now, packet.proto, packet.family, packet.src, packet.sport, packet.dst, packet.dport, packet.length, kind
        )  # fmt: skip
        self._kept.append(row)
        text = repr(row)
        self._pending.append(text)
        self._pending_size += len(text)
        if self._pending_size > _FLUSH_CHARACTERS:
            self._flush()

    def digest(self) -> str:
        """32 hex digits over all entries so far."""
        self._flush()
        return self._hash.hexdigest()

    def lines(self) -> list[TraceLine]:
        """The newest entries, oldest first."""
        return [
            TraceLine(now, PROTOCOL_NAMES.get(proto, str(proto)), *_ends(family, ends), length, kind)
            for now, proto, family, *ends, length, kind in self._kept
        ]

    def _flush(self) -> None:
        self._hash.update("".join(self._pending).encode())
        self._pending.clear()
        self._pending_size = 0


def _ends(family: int, ends: list[int]) -> tuple[str, str]:
    source, sport, destination, dport = ends
    packet = Packet(0, source, sport, destination, dport, family)
    return packet.source_text, packet.destination_text
