"""Answers a batch of IPv4 datagrams with numpy: the fast driver with the extra `[fast]`.

The usual requests of a batch are recognised, checked and answered in a handful of array operations; whatever else
stands in the batch, and small batches, go row by row (`batch_answers`). CRC-32 is linear over XOR: of the 32 bytes
that a FINGERPRINT covers only the 12 of the transaction id vary, so it is one constant and twelve table look-ups.
IPv6 batches go row by row.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np

from natscope.host.real.udp_batch import BATCH, UdpBatch
from natscope.machines.stun_responder import Place
from natscope.machines.stun_usual import (
    ANSWER_HEAD,
    ANSWER_MIDDLE,
    PLAIN_BYTES,
    PLAIN_HEAD,
    TAILSCALE_BYTES,
    TAILSCALE_HEAD,
    TAILSCALE_TAIL,
)
from natscope.stun_server.batch_answers import BatchAnswers
from natscope.stun_server.service import StunService
from natscope.wire.stun.attributes import COOKIE
from natscope.wire.stun.integrity import FINGERPRINT_XOR

MIN_ROWS = 8
"""Below this the array operations cost more than they save."""
Words: TypeAlias = "np.ndarray[Any, np.dtype[np.uint32]]"
Rows: TypeAlias = "np.ndarray[Any, np.dtype[np.intp]]"
Mask: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"


def _words(data: bytes) -> Words:
    return np.frombuffer(data, dtype=np.uint32)


_PLAIN_HEAD, _TAILSCALE_HEAD, _TAILSCALE_TAIL = _words(PLAIN_HEAD), _words(TAILSCALE_HEAD), _words(TAILSCALE_TAIL)
_ANSWER_HEAD, _ANSWER_MIDDLE = _words(ANSWER_HEAD[4]), _words(ANSWER_MIDDLE[4] + COOKIE[:2])
_COOKIE = _words(COOKIE)[0]
_PORT = _words(b"\0\0\xff\xff")[0]
"""The half of a socket address's first word that holds the port."""
_TABLE_STARTS = np.arange(0, 12 * 256, 256, dtype=np.uint16)
_AF_INET = (2).to_bytes(2, sys.byteorder)


def _fingerprint_tables() -> tuple[Words, np.uint32]:
    """`tables[256 * i + b]` is what byte `b` at place `i` of the transaction id adds; and the constant."""
    start, tail = TAILSCALE_HEAD, TAILSCALE_TAIL[:12]
    nothing = crc32(start + bytes(12) + tail)
    tables = np.zeros(12 * 256, dtype=np.uint32)
    for place in range(12):
        for value in range(256):
            identity = bytes(place) + bytes([value]) + bytes(11 - place)
            tables[256 * place + value] = crc32(start + identity + tail) ^ nothing
    return tables, np.uint32(nothing ^ FINGERPRINT_XOR)


class NumpyAnswers(BatchAnswers):
    """Handles the batches of a default server's sockets."""

    def __init__(self, service: StunService, batches: Sequence[UdpBatch], places: Sequence[Place]) -> None:
        super().__init__(service, batches, places)
        self._views = [_View(batch, list(service.own)) if batch.family == 4 else None for batch in batches]
        self._tables, self._constant = _fingerprint_tables()

    def handle(self, number: int, count: int, now: float) -> None:
        """Answer the `count` rows that socket `number` has just received."""
        view = self._views[number]
        if view is None or count < MIN_ROWS:
            super().handle(number, count, now)
            return
        lengths = view.lengths(count)
        usual = self._usual_rows(view, lengths, count)
        self._answer(view, usual, lengths, now)
        if len(usual) < count:
            others = np.setdiff1d(np.arange(count), usual).tolist()
            datagrams = view.batch.datagrams(count)
            self.answer_rows(view.batch, self.places[number], [datagrams[row] for row in others], others, now)

    def _usual_rows(self, view: _View, lengths: Words, count: int) -> Rows:
        words = view.words[:count]
        tailscale = lengths == TAILSCALE_BYTES
        if tailscale.all():
            good = self._is_tailscale(words)
        else:
            good = (lengths == PLAIN_BYTES) & (words[:, :2] == _PLAIN_HEAD).all(1)
            good |= tailscale & self._is_tailscale(words)
        good &= view.may_answer(count)
        return np.flatnonzero(good)

    def _is_tailscale(self, words: Words) -> Mask:
        shape = (words[:, :2] == _TAILSCALE_HEAD).all(1) & (words[:, 5:9] == _TAILSCALE_TAIL).all(1)
        places = np.ascontiguousarray(words[:, 2:5]).view(np.uint8) + _TABLE_STARTS
        crc = np.bitwise_xor.reduce(self._tables[places], axis=1) ^ self._constant
        right: Mask = shape & (crc == words[:, 9].view(">u4"))
        return right

    def _answer(self, view: _View, usual: Rows, lengths: Words, now: float) -> None:
        verdicts = self.service.limiter.allow_each(view.keys[usual].tolist(), now)
        rows = usual if all(verdicts) else usual[np.array(verdicts, dtype=bool)]
        view.stage(rows)
        self.count_usual(len(usual), int(lengths[usual].sum()), len(rows), 4)
        self.service.counters.send_failures += view.batch.flush(len(rows))


class _View:
    """A batch's buffers as arrays, one line per row. Socket addresses are family, port, address, 8 bytes unused."""

    def __init__(self, batch: UdpBatch, own: Sequence[bytes]) -> None:
        self.batch = batch
        self.words = _lines(batch.payloads)
        self.names = _lines(batch.names)
        self.keys = self.names[:, 1].view(">u4")
        """What `source_key` makes of the addresses."""
        self._first_bytes = np.frombuffer(batch.names, dtype=np.uint8).reshape(BATCH, -1)[:, 4]
        self._ends = np.frombuffer(batch.names, dtype=np.uint64).reshape(BATCH, -1)[:, 0]
        self._own = [np.frombuffer(_AF_INET + packed, dtype=np.uint64)[0] for packed in own if len(packed) == 6]
        self._answers = _lines(batch.answers)
        self._targets = _lines(batch.targets)
        self._answers[:, :2], self._answers[:, 5] = _ANSWER_HEAD, _ANSWER_MIDDLE[0]

    def lengths(self, count: int) -> Words:
        """The true lengths of the first rows."""
        return np.array(self.batch.lengths(count), dtype=np.uint32)

    def may_answer(self, count: int) -> Mask:
        """Which sources are clients; the rest goes the long way, where it is counted by its reason."""
        good: Mask = (self.names[:count, 0] & _PORT) != 0
        good &= (self._first_bytes[:count] - np.uint8(1)) < np.uint8(223)
        for end in self._own:
            good &= self._ends[:count] != end
        return good

    def stage(self, rows: Rows) -> None:
        """Put the answers to `rows` into the way out."""
        if self.batch.has_destinations:
            self.batch.stage_destinations(rows.tolist())
        count = len(rows)
        names = self.names[rows]
        self._targets[:count] = names
        answers = self._answers[:count]
        answers[:, 2:5] = self.words[rows, 2:5]
        answers[:, 6] = (names[:, 0] & _PORT) ^ _ANSWER_MIDDLE[1]
        answers[:, 7] = names[:, 1] ^ _COOKIE


def _lines(buffer: bytearray) -> Words:
    return np.frombuffer(buffer, dtype=np.uint32).reshape(BATCH, -1)
