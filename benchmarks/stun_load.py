"""A load generator for STUN servers: one socket, thousands of source addresses of 127/8, a bounded window.

All requests are laid out once (Tailscale form, each with its own transaction id and, by IP_PKTINFO, its own source
address); a round sends them in order, `PER_CALL` by one sendmmsg, and never has more than `WINDOW` unanswered. Only
right answers are counted: a success whose XOR-MAPPED-ADDRESS and transaction id are those of its request. Linux.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
import struct
import time
from dataclasses import dataclass

from natscope.host.real.udp_batch import HEADER_BYTES, MessageHeader, MmsgHeader, Vector
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import RequestForm, decode, encode_binding_request

WINDOW = 256
PER_CALL = 64
ANSWER_BYTES = 256
SILENCE_S = 0.25
"""A window that stays unanswered so long is given up: those requests count as lost."""
NAP_S = 0.0002
"""The socket is looked at by the clock and never waited for: waking a client would be charged to the server."""
_IP_PKTINFO = 8
_CONTROL_BYTES = 32


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did. `checked` answers were decoded and right; all others had the right shape."""

    sent: int
    answered: int
    seconds: float


class Load:
    """Requests from `sources` addresses, `127.first.x.y`, to one server."""

    def __init__(self, target: Endpoint, sources: int, first: int) -> None:
        self._sources = [ipaddress.IPv4Address((127 << 24) + (first << 16) + 256 + n) for n in range(sources)]
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._sock.bind(("0.0.0.0", 0))
        self._port = self._sock.getsockname()[1]
        self._ids = [os.urandom(8) + struct.pack("!I", n) for n in range(sources)]
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._keep: list[object] = []
        self._requests = self._lay_out_requests(target)
        self._answers, self._buffer = self._lay_out_answers()

    def close(self) -> None:
        self._sock.close()

    def run(self, per_source: int) -> Round:
        """`per_source` requests from each source, round-robin."""
        total, sent, answered, open_ = per_source * len(self._sources), 0, 0, 0
        started = time.perf_counter()
        while sent < total or open_:
            while sent < total and open_ + PER_CALL <= WINDOW:
                count = self._send(sent % len(self._sources), total - sent)
                sent, open_ = sent + count, open_ + count
            got = self._receive()
            if got < 0:
                open_ = 0
                continue
            answered, open_ = answered + got, max(0, open_ - got)
        return Round(sent, answered, time.perf_counter() - started)

    def _send(self, at: int, left: int) -> int:
        count = min(PER_CALL, left, len(self._sources) - at)
        accepted: int = self._libc.sendmmsg(
            self._sock.fileno(), ctypes.byref(self._requests, at * HEADER_BYTES), count, 0
        )
        if accepted < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return accepted

    def _receive(self) -> int:
        """Answers that came, -1 for a silence."""
        give_up_at = time.perf_counter() + SILENCE_S
        while (count := self._read()) <= 0:
            if time.perf_counter() > give_up_at:
                return -1
            time.sleep(NAP_S)
        right = 0
        for row in range(count):
            head = bytes(self._buffer[row * ANSWER_BYTES : row * ANSWER_BYTES + 20])
            number = int.from_bytes(head[16:20], "big")
            right += head[:2] == b"\x01\x01" and number < len(self._ids) and head[8:20] == self._ids[number]
        self._check(self._answers[0].length)
        return right

    def _read(self) -> int:
        count: int = self._libc.recvmmsg(self._sock.fileno(), self._answers, PER_CALL, socket.MSG_DONTWAIT, None)
        return count

    def _check(self, length: int) -> None:
        """One answer of each read is decoded and compared in full."""
        message = decode(bytes(self._buffer[:length]))
        number = int.from_bytes(message.transaction_id[8:], "big")
        expected = Endpoint(self._sources[number], self._port)
        if message.mapped_address != expected:
            raise AssertionError(f"{expected} was told it is {message.mapped_address}")

    def _lay_out_requests(self, target: Endpoint) -> ctypes.Array[MmsgHeader]:
        headers = (MmsgHeader * len(self._sources))()
        vectors = (Vector * len(self._sources))()
        name = ctypes.create_string_buffer(
            struct.pack("=H", socket.AF_INET) + struct.pack("!H", target.port) + target.ip.packed + bytes(8), 16
        )
        self._keep += [vectors, name]
        for row, (ip, identity) in enumerate(zip(self._sources, self._ids, strict=True)):
            payload = ctypes.create_string_buffer(encode_binding_request(identity, RequestForm.TAILSCALE), 40)
            info = struct.pack("=i", 0) + ip.packed + bytes(4)
            control = ctypes.create_string_buffer(
                struct.pack("@Nii", 16 + len(info), socket.IPPROTO_IP, _IP_PKTINFO) + info, _CONTROL_BYTES
            )
            self._keep += [payload, control]
            vectors[row] = Vector(ctypes.addressof(payload), 40)
            headers[row].header = MessageHeader(
                ctypes.addressof(name),
                16,
                ctypes.addressof(vectors[row]),
                1,
                ctypes.addressof(control),
                _CONTROL_BYTES,
                0,
            )
        return headers

    def _lay_out_answers(self) -> tuple[ctypes.Array[MmsgHeader], memoryview]:
        headers = (MmsgHeader * PER_CALL)()
        vectors = (Vector * PER_CALL)()
        buffer = ctypes.create_string_buffer(PER_CALL * ANSWER_BYTES)
        self._keep += [vectors, buffer]
        for row in range(PER_CALL):
            vectors[row] = Vector(ctypes.addressof(buffer) + row * ANSWER_BYTES, ANSWER_BYTES)
            headers[row].header.iov, headers[row].header.iov_count = ctypes.addressof(vectors[row]), 1
        return headers, memoryview(buffer).cast("B")
