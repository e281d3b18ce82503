"""What a relay counts; the names of the metrics follow upstream's."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Drop(enum.StrEnum):
    """Why a packet was not delivered."""

    UNKNOWN_DEST = "unknown_dest"
    UNKNOWN_DEST_ON_FWD = "unknown_dest_on_fwd"
    GONE_DISCONNECTED = "gone_disconnected"
    QUEUE_HEAD = "queue_head"
    """The oldest of a full queue made room."""


class End(enum.StrEnum):
    """Why a connection ended, as far as the relay decides or sees it."""

    CLIENT = "closed by the client"
    PROTOCOL = "protocol error"
    GREETING = "greeting not understood"
    GREETING_LATE = "no greeting in time"
    REFUSED = "not allowed"
    SLOW = "does not read"
    SILENT = "nothing was heard from it"
    MESH_ONLY = "frame for mesh peers only"
    CLOSED_BY_PEER = "closed by a mesh peer"
    RESTARTING = "the relay goes away"
    BUFFER = "too much before it was let in"


@dataclass(slots=True)
class Counters:
    """Numbers since the start. Drops are counted per reason, data and disco apart."""

    accepts: int = 0
    bytes_received: int = 0
    packets_received: int = 0
    disco_received: int = 0
    """Those among them that look like disco messages."""
    packets_sent: int = 0
    bytes_sent: int = 0
    """Of packets to clients, without their frames."""
    forwarded_out: int = 0
    forwarded_in: int = 0
    pings: int = 0
    pongs: int = 0
    unknown_frames: int = 0
    home_moves_in: int = 0
    home_moves_out: int = 0
    gone_disconnected_frames: int = 0
    gone_not_here_frames: int = 0
    twin_switches: int = 0
    """How often a connection became the active one of its key by what it sent: two computers with one key alternate."""
    write_timeouts: int = 0
    queued: int = 0
    """How often a connection took again what it had not taken; `queued_s` is how long that was, all together."""
    queued_s: float = 0.0
    drops: dict[tuple[Drop, bool], int] = field(default_factory=dict)
    dropped_bytes: dict[tuple[Drop, bool], int] = field(default_factory=dict)
    ends: dict[End, int] = field(default_factory=dict)

    def drop(self, reason: Drop, is_disco: bool, size: int, count: int = 1) -> None:
        """Count packets that were not delivered, `size` bytes together."""
        key = (reason, is_disco)
        self.drops[key] = self.drops.get(key, 0) + count
        self.dropped_bytes[key] = self.dropped_bytes.get(key, 0) + size

    def end(self, reason: End) -> None:
        """Count a connection that ended."""
        self.ends[reason] = self.ends.get(reason, 0) + 1
