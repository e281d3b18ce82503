"""Packets through a relay, one direction: what is sent, what of it arrives, when, in which order, how it was changed.

Both ends are on one computer, so one clock times the way to the relay and back. A trial has three parts: hellos until
one arrives, single packets of several sizes, and a stream with few packets on the way at a time, so that it measures
the path and does not overrun the relay's queue (upstream keeps 32 packets a client).

A hello has the form of a disco message: relays tell the sender when they do not know whom it is for, and only then
(upstream derp/derpserver, PeerGone with the reason "not here"; docs of disco/disco.go for the form).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from statistics import median

from natscope.errors import LocalError

SIZES = (64, 512, 1400)
"""Bytes of the single packets: about a keep-alive, a small answer, a full packet of a tunnel."""
EACH = 12
"""Packets of each size."""
STREAM_BYTES = 1400
WINDOW = 20
"""Packets of the stream that may be on the way."""
TAG_BYTES = 8
SMALLEST = 24

_DISCO = b"TS\xf0\x9f\x92\xac"
_HELLO_BYTES = 96
_MAGIC = b"nscp"
_HEAD = struct.Struct("!4s8sIB")
_SINGLE, _STREAM = 1, 2


@dataclass(slots=True)
class Size:
    """Packets of one size; `times_s` are those of the ones that arrived."""

    sent: int = 0
    arrived: int = 0
    times_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Totals:
    """The single packets together. Times in seconds, None where none arrived; `in_order` None below two arrivals."""

    sent: int
    arrived: int
    fastest_s: float | None
    median_s: float | None
    slowest_s: float | None
    in_order: bool | None


class Passage:
    """One direction of a trial. `tag` are 8 bytes of its own. Times are seconds of one clock."""

    def __init__(self, tag: bytes) -> None:
        """Nothing is sent yet."""
        if len(tag) != TAG_BYTES:
            raise LocalError(f"a tag has {TAG_BYTES} bytes, not {len(tag)}")
        self.tag = tag
        self.hellos = 0
        self.first_hello_at: float | None = None
        self.hello_arrived_at: float | None = None
        self.sizes: dict[int, Size] = {}
        self.doubled = 0
        self.altered = 0
        self.late_in_line = 0
        """Packets that arrived behind one that was sent after them."""
        self.stream_sent = 0
        self.stream_arrived = 0
        self.stream_began_at: float | None = None
        self.stream_ended_at: float | None = None
        self._numbers = 0
        self._sent: dict[int, tuple[float, int, int]] = {}
        self._arrived: set[int] = set()
        self._highest = -1

    def hello(self, now: float) -> bytes:
        """One more hello to send."""
        self.hellos += 1
        if self.first_hello_at is None:
            self.first_hello_at = now
        return (_DISCO + self.tag).ljust(_HELLO_BYTES, b"\0")

    def single(self, size: int, now: float) -> bytes:
        """The next packet of a size, at least `SMALLEST` bytes."""
        self.sizes.setdefault(size, Size()).sent += 1
        return self._packet(_SINGLE, size, now)

    def stream(self, now: float) -> bytes:
        """The next packet of the stream; only where `may_stream`."""
        self.stream_sent += 1
        if self.stream_began_at is None:
            self.stream_began_at = now
        return self._packet(_STREAM, STREAM_BYTES, now)

    @property
    def may_stream(self) -> bool:
        """Whether fewer packets than the window are on the way."""
        return self.stream_sent - self.stream_arrived < WINDOW

    @property
    def is_complete(self) -> bool:
        """Whether everything that was sent has arrived."""
        return len(self._arrived) == len(self._sent)

    @property
    def has_met(self) -> bool:
        """Whether a hello has arrived."""
        return self.hello_arrived_at is not None

    def arrived(self, packet: bytes, now: float) -> bool:
        """Take a packet that came out at the other end; False where it is none of this trial."""
        if packet[: len(_DISCO)] == _DISCO and packet[len(_DISCO) : len(_DISCO) + TAG_BYTES] == self.tag:
            if self.hello_arrived_at is None:
                self.hello_arrived_at = now
            return True
        if len(packet) < _HEAD.size:
            return False
        magic, tag, number, kind = _HEAD.unpack_from(packet)
        if magic != _MAGIC or tag != self.tag:
            return False
        self._take(packet, number, kind, now)
        return True

    def totals(self) -> Totals:
        """The single packets, all sizes."""
        times = sorted(time for size in self.sizes.values() for time in size.times_s)
        sent = sum(size.sent for size in self.sizes.values())
        in_order = self.late_in_line == 0 if len(self._arrived) > 1 else None
        if not times:
            return Totals(sent, 0, None, None, None, in_order)
        return Totals(sent, len(times), times[0], median(times), times[-1], in_order)

    def bytes_per_s(self) -> float | None:
        """What the stream carried, None where less than two packets of it arrived."""
        if self.stream_arrived < 2 or self.stream_began_at is None or self.stream_ended_at is None:
            return None
        took_s = self.stream_ended_at - self.stream_began_at
        return self.stream_arrived * STREAM_BYTES / took_s if took_s > 0 else None

    def _packet(self, kind: int, size: int, now: float) -> bytes:
        if size < SMALLEST:
            raise LocalError(f"a packet of a trial has at least {SMALLEST} bytes, not {size}")
        number = self._numbers
        self._numbers += 1
        self._sent[number] = (now, size, kind)
        return self._form(kind, number, size)

    def _form(self, kind: int, number: int, size: int) -> bytes:
        """The bytes of a packet; made again at its arrival, to see whether they were changed."""
        head = _HEAD.pack(_MAGIC, self.tag, number, kind)
        return head + hashlib.shake_128(head).digest(size - len(head))

    def _take(self, packet: bytes, number: int, kind: int, now: float) -> None:
        sent = self._sent.get(number)
        if sent is None or sent[2] != kind or packet != self._form(kind, number, sent[1]):
            self.altered += 1
            return
        if number in self._arrived:
            self.doubled += 1
            return
        self._arrived.add(number)
        self.late_in_line += number < self._highest
        self._highest = max(self._highest, number)
        at, size, _ = sent
        if kind == _STREAM:
            self.stream_arrived += 1
            self.stream_ended_at = now
        else:
            self.sizes[size].arrived += 1
            self.sizes[size].times_s.append(now - at)
