"""Answers a batch of IPv4 datagrams with numpy: the fast driver with the extra `[fast]`.

The usual requests of a batch are recognised, checked and answered in a handful of array operations; whatever else
stands in the batch, and small batches, go row by row (`batch_answers`). CRC-32 is linear over XOR: of the 32 bytes
that a FINGERPRINT covers only the 12 of the transaction id vary, so it is one constant and twelve table look-ups.
IPv6 batches go row by row.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np

from natscope.host.real.udp_batch import UdpBatch
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


_PLAIN_WORDS = _words(PLAIN_HEAD)[:, np.newaxis]
_FIXED_WORDS = _words(TAILSCALE_HEAD + TAILSCALE_TAIL)[:, np.newaxis]
_FIXED_COLUMNS = np.array([0, 1, 5, 6, 7, 8])
"""Where those words stand in the Tailscale form: around the transaction id (2 to 4), before the CRC (9)."""
_ANSWER_HEAD, _ANSWER_MIDDLE = _words(ANSWER_HEAD[4]), _words(ANSWER_MIDDLE[4] + COOKIE[:2])
_COOKIE = _words(COOKIE)[0]
_PORT = _words(b"\0\0\xff\xff")[0]
"""The half of a socket address's first word that holds the port."""
_TABLE_STARTS = np.arange(0, 12 * 256, 256, dtype=np.intp)[:, np.newaxis]
_AF_INET = (2).to_bytes(2, sys.byteorder)


@functools.cache
def fingerprint_tables() -> Words:
    """`tables[256 * i + b]`: what byte `b` at place `i` of the transaction id adds; place 0 has the constant in it."""
    start, tail = TAILSCALE_HEAD, TAILSCALE_TAIL[:12]
    nothing = crc32(start + bytes(12) + tail)
    tables = np.zeros(12 * 256, dtype=np.uint32)
    for place in range(12):
        for value in range(256):
            identity = bytes(place) + bytes([value]) + bytes(11 - place)
            tables[256 * place + value] = crc32(start + identity + tail) ^ nothing
    tables[:256] ^= np.uint32(nothing ^ FINGERPRINT_XOR)
    return tables


class NumpyAnswers(BatchAnswers):
    """Handles the batches of a default server's sockets."""

    def __init__(self, service: StunService, batches: Sequence[UdpBatch], places: Sequence[Place]) -> None:
        super().__init__(service, batches, places)
        self._views = [_View(batch, list(service.own)) if batch.family == 4 else None for batch in batches]
        self._tables = fingerprint_tables()

    def handle(self, number: int, count: int, now: float) -> None:
        """Answer the `count` rows that socket `number` has just received."""
        view = self._views[number]
        if view is None or count < MIN_ROWS:
            super().handle(number, count, now)
            return
        good = self._usual_rows(view, count)
        if good.all():
            self._answer(view, slice(0, count), now)
            return
        self.answer_rows(number, count, np.flatnonzero(~good).tolist(), now)
        usual = np.flatnonzero(good)
        if len(usual):
            self._answer(view, usual, now)

    def _usual_rows(self, view: _View, count: int) -> Mask:
        """Which rows hold a usual request of somebody who may be answered."""
        columns, lengths = view.columns[:, :count], view.lengths[:count]
        is_long = lengths == TAILSCALE_BYTES
        good: Mask = is_long & self._is_tailscale(columns)
        if not is_long.all():
            good |= (lengths == PLAIN_BYTES) & ~(columns[:2] != _PLAIN_WORDS).any(axis=0)
        good &= view.may_answer(count)
        return good

    def _is_tailscale(self, columns: Words) -> Mask:
        identities = np.ascontiguousarray(columns[2:5].T).view(np.uint8)
        crc = np.bitwise_xor.reduce(self._tables.take(identities.T + _TABLE_STARTS), axis=0)
        good: Mask = crc == columns[9].view(">u4")
        good &= ~(columns.take(_FIXED_COLUMNS, axis=0) != _FIXED_WORDS).any(axis=0)
        return good

    def _answer(self, view: _View, usual: Rows | slice, now: float) -> None:
        verdicts = self.service.limiter.allow_each(view.keys[usual].tolist(), now)
        lengths = view.lengths[usual]
        if all(verdicts):
            rows, count = usual, len(verdicts)
        else:
            rows = np.arange(len(view.keys))[usual][np.array(verdicts, dtype=bool)]
            count = len(rows)
        view.stage(rows, count)
        self.service.counters.count_usual(len(verdicts), int(lengths.sum()), count, 4)
        self.service.count_send_failures(view.batch.flush(count))


class _View:
    """A batch's buffers as arrays. `columns[i]` is the i-th word of all payloads; names have a line per row.

    Socket addresses are family, port, address, 8 bytes unused.
    """

    def __init__(self, batch: UdpBatch, own: Sequence[bytes]) -> None:
        self.batch = batch
        self.columns = self._lines(batch.heads).T
        self.lengths = np.asarray(batch.length_words)
        self.names = self._lines(batch.names)
        self.keys = self.names[:, 1].view(">u4")
        """What `source_key` makes of the addresses."""
        self._first_bytes = np.frombuffer(batch.names, dtype=np.uint8).reshape(batch.rows, -1)[:, 4]
        self._ends = np.frombuffer(batch.names, dtype=np.uint64).reshape(batch.rows, -1)[:, 0]
        self._own = [np.frombuffer(_AF_INET + packed, dtype=np.uint64)[0] for packed in own if len(packed) == 6]
        self._answers = self._lines(batch.answers)
        self._targets = self._lines(batch.targets)
        self._answers[:, :2], self._answers[:, 5] = _ANSWER_HEAD, _ANSWER_MIDDLE[0]

    def may_answer(self, count: int) -> Mask:
        """Which sources are clients; the rest goes the long way, where it is counted by its reason."""
        good: Mask = (self.names[:count, 0] & _PORT) != 0
        good &= (self._first_bytes[:count] - np.uint8(1)) < np.uint8(223)
        for end in self._own:
            good &= self._ends[:count] != end
        return good

    def stage(self, rows: Rows | slice, count: int) -> None:
        """Put the answers to `rows`, `count` of them, into the way out."""
        if self.batch.has_destinations:
            self.batch.stage_destinations(np.arange(self.batch.rows)[rows].tolist())
        names = self.names[rows]
        self._targets[:count] = names
        answers = self._answers[:count]
        answers[:, 2:5] = self.columns[2:5, rows].T
        answers[:, 6] = (names[:, 0] & _PORT) ^ _ANSWER_MIDDLE[1]
        answers[:, 7] = names[:, 1] ^ _COOKIE

    def _lines(self, buffer: bytearray) -> Words:
        return np.frombuffer(buffer, dtype=np.uint32).reshape(self.batch.rows, -1)
