"""Fragments as bytes: put a datagram together, and cut one for a smaller link.

A NAT needs whole datagrams (RFC 4787 REQ-14). Source: RFC 791 §3.2, RFC 8200 §4.5; overlapping pieces end the
datagram (RFC 5722).
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from natscope.wire import ip
from natscope.wire.ip import IpHeader

MAX_DATAGRAMS = 256
MAX_PIECES = 64
PATIENCE_S = 15.0
"""How many datagrams wait for their rest, of how many pieces, and how long (RFC 791 §3.2 proposes 15 s)."""
Key = tuple[int, int, int, int]


class Reassembly:
    """Collects pieces; the oldest datagram goes when there are too many."""

    def __init__(self) -> None:
        self._waiting: dict[Key, _Datagram] = {}

    def add(self, data: bytes, header: IpHeader, now: float) -> bytes | None:
        """A piece; the whole packet (without any fragment header) once nothing is missing."""
        self._forget(now)
        key = (header.src, header.dst, header.identification, header.proto)
        datagram = self._waiting.get(key)
        if datagram is None:
            if len(self._waiting) >= MAX_DATAGRAMS:
                del self._waiting[next(iter(self._waiting))]
            datagram = self._waiting[key] = _Datagram(now)
        if not datagram.take(header, data[header.payload_at : header.length]):
            del self._waiting[key]
            return None
        body = datagram.whole()
        if body is None or datagram.first is None:
            return None
        del self._waiting[key]
        start = ip.IPV4_BYTES if header.family == 4 else ip.IPV6_BYTES
        whole = replace(
            datagram.first, length=start + len(body), payload_at=start, fragment_offset=0, more_fragments=False,
            fragment_at=0,
        )  # fmt: skip
        return ip.encode(whole) + body if whole.length <= ip.MAX_TOTAL_BYTES else None

    def _forget(self, now: float) -> None:
        while self._waiting:
            key, oldest = next(iter(self._waiting.items()))
            if now - oldest.since < PATIENCE_S:
                return
            del self._waiting[key]


class _Datagram:
    __slots__ = ("end", "first", "pieces", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.end: int | None = None
        self.first: IpHeader | None = None
        self.pieces: dict[int, bytes] = {}

    def take(self, header: IpHeader, body: bytes) -> bool:
        """False when the datagram is spoilt: pieces overlap, contradict, or are too many."""
        start, end = header.fragment_offset, header.fragment_offset + len(body)
        if self.pieces.get(start) == body:
            return True
        overlaps = any(start < at + len(piece) and at < end for at, piece in self.pieces.items())
        if overlaps or not body or len(self.pieces) >= MAX_PIECES or (header.more_fragments and len(body) % 8):
            return False
        if not header.more_fragments:
            self.end = end
        self.pieces[start] = body
        if start == 0:
            self.first = header
        return self.end is None or max(at + len(piece) for at, piece in self.pieces.items()) <= self.end

    def whole(self) -> bytes | None:
        if self.end is None or sum(map(len, self.pieces.values())) < self.end:
            return None
        return b"".join(self.pieces[at] for at in sorted(self.pieces))


class Cutter:
    """Cuts packets; IPv6 pieces get identifications in order, IPv4 ones keep theirs."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def cut(self, data: bytes, header: IpHeader, mtu: int) -> list[bytes]:
        """Pieces of at most `mtu` bytes, the packet itself if it fits. Options and extension headers are left out."""
        if header.length <= mtu:
            return [data]
        start = ip.IPV4_BYTES if header.family == 4 else ip.IPV6_BYTES + ip.FRAGMENT_BYTES
        room = (mtu - start) & ~7
        body = data[header.payload_at : header.length]
        named = replace(header, dont_fragment=False)
        if header.family == 6 and not header.is_fragment:
            named.identification = next(self._numbers) & 0xFFFF_FFFF
        pieces = []
        for at in range(0, len(body), room):
            part = body[at : at + room]
            named.length = start + len(part)
            named.fragment_offset = header.fragment_offset + at
            named.more_fragments = header.more_fragments or at + room < len(body)
            pieces.append(ip.encode(named) + part)
        return pieces
