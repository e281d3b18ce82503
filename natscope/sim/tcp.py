"""One TCP connection: a byte pipe in each direction whose SYN, segments, acknowledgements and FIN are packets.

Numbers count bytes from 0; SYN takes none, the FIN is the byte behind the last. Lost segments are sent again: the
first unacknowledged one after a timeout that doubles, or after three equal acknowledgements, and the next hole as soon
as an acknowledgement moves within a recovery (the idea of RFC 6582). The flight is bounded by a fixed window.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from natscope.host.api import Failure
from natscope.machines.nat.packet import ACK, FIN, RST, SYN, TCP, IcmpError, Packet
from natscope.sim.icmp import Complaint, complaint_of, failure_of
from natscope.sim.node import Node, Port
from natscope.sim.reassembly import Reassembly
from natscope.sim.segment import Segment
from natscope.sim.stack import End

HEADER_BYTES = {4: 40, 6: 60}
MAX_FLIGHT_BYTES = 64 * 1024
BUFFER_BYTES = 256 * 1024
"""Unread bytes that one end keeps; the window it offers is what is left of it."""
FIRST_TIMEOUT_S, MIN_TIMEOUT_S, MAX_TIMEOUT_S = 1.0, 0.2, 60.0
MAX_SYN_TRIES, MAX_TRIES = 6, 8
ORPHAN_S = 60.0
"""A closed end waits so long for the peer's FIN."""
_DUPLICATES = 3


class State(enum.Enum):
    """`OPENING` has called, `ACCEPTED` was called; `OPEN` until both are done: the directions end on their own."""

    OPENING = "opening"
    ACCEPTED = "accepted"
    OPEN = "open"
    CLOSED = "closed"


class Connection:
    """`on_change` is called whenever a reader or writer may go on. `failure` says why it ended, if not properly."""

    def __init__(self, node: Node, local: End, remote: End, family: int, state: State, out: Port | None = None) -> None:
        self.node = node
        self._out = out
        self.local, self.remote, self.family = local, remote, family
        self.state = state
        self.failure: Failure | None = None
        self.on_change: Callable[[], None] = _nothing
        self.incoming = Reassembly(BUFFER_BYTES)
        self._outgoing = bytearray()
        self._first, self._next = 0, 0
        self._fin_wanted = self._fin_sent = self._fin_done = False
        self._is_orphan = False
        self._their_window = BUFFER_BYTES
        self._largest = 0
        self._same_acks = 0
        self._recover = 0
        self._tries = 0
        self._timeout_s = FIRST_TIMEOUT_S
        self._deadline: float | None = None
        self._alarm_at: float | None = None
        self._timed: tuple[int, float] | None = None
        node.stack.connections[local, remote] = self

    def open(self) -> None:
        """Send the SYN."""
        self._emit(SYN)
        self._arm()

    @property
    def unsent(self) -> int:
        """Bytes that are not acknowledged yet."""
        return len(self._outgoing)

    @property
    def is_open(self) -> bool:
        """Bytes may flow, at least one way."""
        return self.state is State.OPEN

    @property
    def is_closed(self) -> bool:
        """It is over; what came before can still be read."""
        return self.state is State.CLOSED

    def read(self, limit: int) -> bytes:
        """What has come, at most `limit`; the peer hears when the window opens again."""
        was_shut = self.incoming.window < MAX_FLIGHT_BYTES // 4
        data = self.incoming.read(limit)
        if was_shut and self.incoming.window >= MAX_FLIGHT_BYTES // 4 and self.state is State.OPEN:
            self._emit(ACK)
        return data

    def write(self, data: bytes) -> None:
        """Take it all; the caller waits for `unsent` to shrink."""
        self._outgoing += data
        self._pump()

    def finish(self) -> None:
        """No more bytes from us: FIN behind the last."""
        if not self._fin_wanted and self.state is not State.CLOSED:
            self._fin_wanted = True
            self._pump()

    def close(self) -> None:
        """The program lets go: what it wrote still leaves; unread bytes are answered by a reset, as in Linux."""
        if self.incoming.ready:
            self.abort()
        elif self.state in (State.OPEN, State.ACCEPTED):
            self._is_orphan = True
            self.finish()
            self.node.world.timeline.after(ORPHAN_S, self.fail, None)
        else:
            self.fail(None)

    def abort(self) -> None:
        """Reset, and forget everything."""
        if self.state is not State.CLOSED:
            self._emit(RST | ACK)
            self.fail(None)

    def fail(self, failure: Failure | None) -> None:
        """It is over; `failure` None is a proper end or our own wish."""
        if self.state is State.CLOSED:
            return
        self.state, self.failure, self._deadline = State.CLOSED, failure, None
        if self.node.stack.connections.get((self.local, self.remote)) is self:
            del self.node.stack.connections[self.local, self.remote]
        self.on_change()

    def take(self, packet: Packet, segment: Segment) -> None:
        """A segment has arrived."""
        flags = packet.flags
        if flags & RST:
            self.fail(Failure.REFUSED if self.state is State.OPENING else Failure.RESET)
            return
        if flags & SYN:
            self._take_syn(flags)
            return
        if self.state is State.ACCEPTED:
            self._opened()
        if self.state is State.OPENING:
            return
        if flags & ACK:
            self._take_ack(segment, bare=not segment.data and not flags & FIN)
        if segment.data and self._is_orphan:
            self.abort()  # nobody is left to read it
        elif segment.data or flags & FIN:
            self.incoming.add(segment.number, segment.data, last=bool(flags & FIN))
            self._emit(ACK)
            self.on_change()
        self._close_when_done()

    def take_error(self, error: IcmpError) -> None:
        """Too big: send smaller. Anything else ends only a connection that is not open yet, as in Linux."""
        if complaint_of(error) is Complaint.TOO_BIG:
            if self._largest > self._segment_bytes():  # otherwise the same news again, about the rest of a flight
                self._largest = 0
                self._go_back()
                self._pump()
        elif self.state is State.OPENING:
            self.fail(failure_of(error))

    def _take_syn(self, flags: int) -> None:
        if self.state is State.OPENING:
            self.state = State.ACCEPTED  # without ACK: both sides called each other at once
        if self.state is State.ACCEPTED:
            if flags & ACK:
                self._opened()
                self._emit(ACK)
                self._pump()
            else:
                self._emit(SYN | ACK)
                self._arm()
        else:
            self._emit(ACK)  # the peer has not heard that we are open

    def _opened(self) -> None:
        self.state = State.OPEN
        self._tries, self._timeout_s, self._deadline = 0, FIRST_TIMEOUT_S, None
        self.on_change()

    def _take_ack(self, segment: Segment, *, bare: bool) -> None:
        end = self._first + len(self._outgoing) + (self._fin_sent and not self._fin_done)
        number = min(segment.acknowledged, end)
        opened = segment.window > self._their_window
        if opened and not self._their_window:
            self._go_back()  # what was sent into a shut window is lost
        self._their_window = segment.window
        self._tries = 0
        if number > self._first:
            self._advance(number)
        elif bare and not opened and self._next > self._first:
            self._same_acks += 1
            if self._same_acks == _DUPLICATES and self._first >= self._recover:
                self._recover = self._next
                self._resend()
        self._pump()

    def _advance(self, number: int) -> None:
        """The peer has everything before `number`."""
        self._fin_done = number > self._first + len(self._outgoing)
        del self._outgoing[: number - self._first]
        self._first = number
        self._next = max(self._next, number)
        self._same_acks = 0
        self._measure(number)
        self._deadline = None
        if self._first < self._next:
            if self._first < self._recover:
                self._resend()
            self._arm()
        self.on_change()

    def _measure(self, number: int) -> None:
        """Twice the round trip of a segment that was sent once is the next timeout (RFC 6298's aim)."""
        if self._timed is not None and number >= self._timed[0]:
            trip_s = self.node.world.timeline.now - self._timed[1]
            self._timeout_s = min(MAX_TIMEOUT_S, max(MIN_TIMEOUT_S, 2 * trip_s))
            self._timed = None

    def _pump(self) -> None:
        """Send what the window allows."""
        if self.state is not State.OPEN:
            return
        probe = 0 if self._next > self._first else 1
        edge = self._first + min(MAX_FLIGHT_BYTES, max(self._their_window, probe))
        end = self._first + len(self._outgoing)
        while self._next < min(end, edge):
            self._next += self._send_piece(self._next, min(end, edge))
        if self._fin_wanted and not self._fin_sent and self._next == end:
            self._fin_sent = True
            self._next = end + 1
            self._emit(FIN | ACK, end)
        if self._next > self._first:
            self._arm()

    def _send_piece(self, number: int, edge: int) -> int:
        offset = number - self._first
        data = bytes(self._outgoing[offset : offset + min(self._segment_bytes(), edge - number)])
        self._largest = max(self._largest, len(data))
        if self._timed is None:
            self._timed = (number + len(data), self.node.world.timeline.now)
        self._emit(ACK, number, data)
        return len(data)

    def _resend(self) -> None:
        """The first segment that is not acknowledged, once more."""
        self._timed = None
        end = self._first + len(self._outgoing)
        if self._first < end:
            self._send_piece(self._first, end)
            self._timed = None
        elif self._fin_sent and not self._fin_done:
            self._emit(FIN | ACK, end)

    def _go_back(self) -> None:
        """Everything that is not acknowledged will be sent anew."""
        if not self._fin_done:
            self._next, self._fin_sent, self._timed = self._first, False, None

    def _segment_bytes(self) -> int:
        """What fits the path, as far as we know it."""
        out = self.node.routes.lookup(self.remote[0], self.family)
        mtu = out.pipe.mtu if out is not None and out.pipe is not None else 65_535
        return max(36, min(mtu, self.node.stack.path_mtu.get(self.remote[0], mtu)) - HEADER_BYTES[self.family])

    def _emit(self, flags: int, number: int | None = None, data: bytes = b"") -> None:
        incoming = self.incoming
        segment = Segment(self._next if number is None else number, data, incoming.expected, incoming.window)
        packet = Packet(
            TCP, *self.local, *self.remote, self.family, HEADER_BYTES[self.family] + len(data), segment, flags=flags
        )  # fmt: skip
        complaint = self.node.send(packet, self._out)
        if complaint not in (None, Complaint.FORBIDDEN) and self.state is State.OPENING:  # Linux tries again in silence
            self.fail(Failure.UNREACHABLE_NET)

    def _arm(self) -> None:
        """Be woken when nothing is acknowledged in time. One entry of the timeline serves many deadlines."""
        timeline = self.node.world.timeline
        if self._deadline is None:
            self._deadline = timeline.now + self._timeout_s
        if self._alarm_at is None or self._alarm_at > self._deadline:
            self._alarm_at = self._deadline
            timeline.at(self._deadline, self._alarm, self._deadline)

    def _alarm(self, at: float) -> None:
        if at != self._alarm_at:
            return
        self._alarm_at = None
        if self._deadline is None or self.state is State.CLOSED:
            return
        if self._deadline > at:
            self._arm()
            return
        self._deadline = None
        self._on_timeout()

    def _on_timeout(self) -> None:
        self._tries += 1
        if self._tries > (MAX_TRIES if self.state is State.OPEN else MAX_SYN_TRIES):
            self.fail(Failure.TIMEOUT)
            return
        self._timeout_s = min(MAX_TIMEOUT_S, self._timeout_s * 2)
        if self.state is State.OPENING:
            self._emit(SYN)
        elif self.state is State.ACCEPTED:
            self._emit(SYN | ACK)
        else:
            self._recover = self._next
            self._resend()
        if self.state is not State.CLOSED:
            self._arm()

    def _close_when_done(self) -> None:
        """Both directions have ended: nothing of it stays (no TIME-WAIT)."""
        if self._fin_done and self.incoming.is_complete:
            self.fail(None)


def _nothing() -> None:
    """Nobody listens."""
