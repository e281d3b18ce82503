"""UDP in batches on Linux: recvmmsg and sendmmsg by ctypes over buffers that are laid out once.

A `UdpBatch` is one socket with room for `rows` datagrams in and answers out. Row `i` has the first `HEAD_BYTES` of its
payload at `i * HEAD_BYTES` of `heads` (so that the usual short ones stand close together) and the rest at
`i * tail_bytes` of a second buffer; its socket address at `i * name_bytes` of `names`. All staged answers of a batch
have the same length (`answer_bytes`); other answers are sent one by one. The buffers are plain `bytearray`s, so that
numpy can look at them without copying.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence

from natscope.host.real.sockaddr import to_sockaddr
from natscope.host.real.udp_options import told_headers
from natscope.host.real.udp_server import LONGEST_WAIT_S, StopPipe, wants_destinations
from natscope.model.endpoint import Endpoint

BATCH = 256
"""Datagrams at a time; array operations cost the same for 20 and for 200."""
NAME_BYTES = {4: 16, 6: 28}
HEAD_BYTES = 64
_ROUNDS = 8
"""Batches from one socket before the others get their turn."""
_CONTROL_BYTES = 64
_SIZE_T = ctypes.sizeof(ctypes.c_size_t)
_CONTROL_HEAD = _SIZE_T + 8
"""Length, level and type of a control message; its data follows."""
_FIRST_BYTES = {4: _CONTROL_HEAD + 16, 6: _CONTROL_HEAD + 24}
"""The control message with the destination, filled up: 12 and 20 bytes of data."""
_MSG_TRUNC = 0x20
_SKIP = (errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM)


class Vector(ctypes.Structure):
    """`struct iovec`: a part of a datagram."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class MessageHeader(ctypes.Structure):
    """`struct msghdr`: a datagram."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_bytes", ctypes.c_uint32),
        ("iov", ctypes.c_void_p),
        ("iov_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_bytes", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class MmsgHeader(ctypes.Structure):
    """`struct mmsghdr`: a datagram and how many bytes of it came or went."""

    _fields_ = (("header", MessageHeader), ("length", ctypes.c_uint32))


HEADER_BYTES = ctypes.sizeof(MmsgHeader)
_LENGTH_AT = MmsgHeader.length.offset


def is_supported() -> bool:
    """Whether this system's C library has both calls."""
    libc = _libc()
    return hasattr(select, "epoll") and hasattr(libc, "recvmmsg") and hasattr(libc, "sendmmsg")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


class _Lane:
    """One direction: payloads in one or two parts, socket addresses, control data, and headers that point at them."""

    def __init__(self, rows: int, name_bytes: int, part_bytes: Sequence[int], has_control: bool) -> None:
        self.parts = [bytearray(rows * size) for size in part_bytes]
        self.names = bytearray(rows * name_bytes)
        self.controls = bytearray(rows * _CONTROL_BYTES)
        count = len(part_bytes)
        self._vectors = (Vector * (rows * count))()
        headers = (MmsgHeader * rows)()
        for row in range(rows):
            for number, (part, size) in enumerate(zip(self.parts, part_bytes, strict=True)):
                self._vectors[row * count + number] = Vector(_address(part) + row * size, size)
            header = headers[row].header
            header.name, header.name_bytes = _address(self.names) + row * name_bytes, name_bytes
            header.iov, header.iov_count = ctypes.addressof(self._vectors[row * count]), count
            if has_control:
                header.control, header.control_bytes = _address(self.controls) + row * _CONTROL_BYTES, _CONTROL_BYTES
        self.pristine = bytes(headers)
        self.headers = bytearray(self.pristine)
        self.at = _address(self.headers)


def _address(buffer: bytearray) -> int:
    return ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))


class UdpBatch:
    """One socket of a UDP server, read and answered in batches. Owns the socket."""

    def __init__(
        self,
        sock: socket.socket,
        local: Endpoint,
        *,
        limit_bytes: int,
        answer_bytes: int,
        rows: int = BATCH,
        has_marks: bool = False,
    ) -> None:
        self.sock = sock
        self.family = local.family
        self.rows = rows
        self.answer_bytes = answer_bytes
        self.name_bytes = NAME_BYTES[local.family]
        self.tail_bytes = max(limit_bytes - HEAD_BYTES, 0) + 8
        self.has_destinations = wants_destinations(local)
        self.has_marks = has_marks
        self._in = _Lane(rows, self.name_bytes, (HEAD_BYTES, self.tail_bytes), self.has_destinations or has_marks)
        self._out = _Lane(rows, self.name_bytes, (answer_bytes,), self.has_destinations)
        self.heads, self._tails, self.names = *self._in.parts, self._in.names
        self.answers, self.targets = self._out.parts[0], self._out.names
        libc = _libc()
        self._receive, self._send = libc.recvmmsg, libc.sendmmsg
        self.length_words: memoryview[int] = memoryview(self._in.headers).cast("I")[
            _LENGTH_AT // 4 :: HEADER_BYTES // 4
        ]
        self._descriptor = sock.fileno()
        self._receive_arguments = (
            ctypes.c_int(self._descriptor),
            ctypes.c_void_p(self._in.at),
            ctypes.c_uint(rows),
            ctypes.c_int(socket.MSG_DONTWAIT | _MSG_TRUNC),
            None,
        )

    def receive(self) -> int:
        """Fill the rows from the socket without waiting; how many there are."""
        if self.has_destinations or self.has_marks:
            self._in.headers[:] = self._in.pristine  # the kernel has overwritten the room for control data
        count: int = self._receive(*self._receive_arguments)
        return max(count, 0)

    def lengths(self, count: int) -> list[int]:
        """The true length of each datagram, also of those that are longer than the limit."""
        return self.length_words[:count].tolist()

    def datagrams(self, count: int) -> list[bytes]:
        """The datagrams; those longer than the limit are cut a few bytes behind it."""
        heads = bytes(self.heads[: count * HEAD_BYTES])
        return [
            heads[at : at + length] if length <= HEAD_BYTES else heads[at : at + HEAD_BYTES] + self._tail(row, length)
            for row, (at, length) in enumerate(zip(range(0, len(heads), HEAD_BYTES), self.lengths(count), strict=True))
        ]

    def _tail(self, row: int, length: int) -> bytes:
        at = row * self.tail_bytes
        return bytes(self._tails[at : at + min(length - HEAD_BYTES, self.tail_bytes)])

    def sources(self, count: int) -> list[bytes]:
        """Port (2 bytes) and address (4 or 16) of each sender, as they stand in socket addresses."""
        names = bytes(self.names[: count * self.name_bytes])
        if self.family == 4:
            return [names[at + 2 : at + 8] for at in range(0, len(names), 16)]
        return [names[at + 2 : at + 4] + names[at + 8 : at + 24] for at in range(0, len(names), 28)]

    def tos(self, row: int) -> int | None:
        """The type of service or traffic class of a row, None where the system did not tell."""
        if not self.has_marks:
            return None
        at = row * HEADER_BYTES + MessageHeader.control_bytes.offset
        left = int.from_bytes(self._in.headers[at : at + _SIZE_T], sys.byteorder)
        control = bytes(self._in.controls[row * _CONTROL_BYTES : row * _CONTROL_BYTES + min(left, _CONTROL_BYTES)])
        while len(control) > _CONTROL_HEAD:
            length = int.from_bytes(control[:_SIZE_T], sys.byteorder)
            level, kind = struct.unpack_from("@ii", control, _SIZE_T)
            if length < _CONTROL_HEAD:
                return None
            _ttl, tos = told_headers([(level, kind, control[_CONTROL_HEAD:length])])
            if tos is not None:
                return tos
            control = control[-(-length // _SIZE_T) * _SIZE_T :]
        return None

    def stage(self, rows: Sequence[int], answers: Sequence[bytes]) -> None:
        """Put `answers`, each `answer_bytes` long, for the senders of `rows` (ascending) into the way out."""
        self.stage_destinations(rows)
        joined = b"".join(answers)
        self.answers[: len(joined)] = joined
        size = self.name_bytes
        if rows and rows[-1] == len(rows) - 1:
            self.targets[: len(rows) * size] = self.names[: len(rows) * size]
            return
        self.targets[: len(rows) * size] = b"".join([self.names[row * size : (row + 1) * size] for row in rows])

    def stage_destinations(self, rows: Sequence[int]) -> None:
        """Answers leave from the address that was asked: the control data goes back as it came.

        Only the interface is taken out: the way back may be another one.
        """
        if not self.has_destinations:
            return
        for place, row in enumerate(rows):
            self._out.controls[place * _CONTROL_BYTES : (place + 1) * _CONTROL_BYTES] = self._control(row)
            came = row * HEADER_BYTES + MessageHeader.control_bytes.offset
            goes = place * HEADER_BYTES + MessageHeader.control_bytes.offset
            size = self._in.headers[came : came + _SIZE_T]
            if self.has_marks:  # they follow the destination, and must not mark the answer
                size = bytearray(_FIRST_BYTES[self.family].to_bytes(_SIZE_T, sys.byteorder))
            self._out.headers[goes : goes + _SIZE_T] = size

    def flush(self, count: int) -> int:
        """Send the first `count` answers that are staged; how many of them could not be sent."""
        sent = failed = 0
        while sent + failed < count:
            done = sent + failed
            at = ctypes.c_void_p(self._out.at + done * HEADER_BYTES)
            accepted = self._send(self._descriptor, at, count - done, socket.MSG_DONTWAIT)
            if accepted > 0:
                sent += accepted
            elif ctypes.get_errno() in _SKIP:
                return count - sent
            else:
                failed += 1
        return failed

    def send_one(self, data: bytes, row: int, port: int, via: UdpBatch | None = None) -> bool:
        """Send an answer of any length to the sender of `row` at `port`, from another socket if `via` is given."""
        controls = [self._destination(row)] if self.has_destinations else []
        with contextlib.suppress(OSError):
            (via or self).sock.sendmsg([data], controls, 0, self._address_of(row, port))
            return True
        return False

    def send_to(self, data: bytes, target: Endpoint) -> bool:
        """Send to somebody who stands in no row."""
        with contextlib.suppress(OSError):
            self.sock.sendto(data, to_sockaddr(target))
            return True
        return False

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()

    def _address_of(self, row: int, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
        name = self.names[row * self.name_bytes : (row + 1) * self.name_bytes]
        if self.family == 4:
            return (socket.inet_ntop(socket.AF_INET, bytes(name[4:8])), port)
        scope = int.from_bytes(name[24:28], sys.byteorder)
        return (socket.inet_ntop(socket.AF_INET6, bytes(name[8:24])), port, 0, scope)

    def _control(self, row: int) -> bytearray:
        """The one control message of a row, any interface."""
        control = self._in.controls[row * _CONTROL_BYTES : (row + 1) * _CONTROL_BYTES]
        interface = _CONTROL_HEAD + (0 if self.family == 4 else 16)
        control[interface : interface + 4] = bytes(4)
        return control

    def _destination(self, row: int) -> tuple[int, int, bytes]:
        """The same as `sendmsg` takes it: level, type, data."""
        control = bytes(self._control(row))
        length = int.from_bytes(control[:_SIZE_T], sys.byteorder)
        level = int.from_bytes(control[_SIZE_T : _SIZE_T + 4], sys.byteorder)
        kind = int.from_bytes(control[_SIZE_T + 4 : _CONTROL_HEAD], sys.byteorder)
        return level, kind, control[_CONTROL_HEAD:length]


BatchHandler = Callable[[int, int, float], None]
"""Socket number, how many rows its batch holds now, time."""


def serve_batches(batches: Sequence[UdpBatch], handle: BatchHandler, stop: StopPipe) -> None:
    """Hand batches to `handle` until `stop`."""
    with select.epoll() as poll:
        poll.register(stop.fileno(), select.EPOLLIN)
        numbers = {batch.sock.fileno(): number for number, batch in enumerate(batches)}
        for descriptor in numbers:
            poll.register(descriptor, select.EPOLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll(LONGEST_WAIT_S)]
            if stop.fileno() in ready:
                return
            for descriptor in ready:
                _drain(batches[numbers[descriptor]], numbers[descriptor], handle)


def _drain(batch: UdpBatch, number: int, handle: BatchHandler) -> None:
    for _ in range(_ROUNDS):
        count = batch.receive()
        if count:
            handle(number, count, time.monotonic())
        if count < batch.rows:
            return
