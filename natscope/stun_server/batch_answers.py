"""Answers a batch of datagrams row by row: the fast driver where numpy is not installed."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from natscope.host.real.udp_batch import UdpBatch
from natscope.machines.stun_responder import Drop, Place
from natscope.machines.stun_usual import ANSWER_BYTES, usual_answer
from natscope.model.endpoint import Endpoint
from natscope.stun_server.limits import source_key
from natscope.stun_server.service import StunService


class BatchAnswers:
    """Handles the batches of a server's sockets; `places` says where each socket stands in the alternate server."""

    def __init__(self, service: StunService, batches: Sequence[UdpBatch], places: Sequence[Place]) -> None:
        self.service = service
        self.batches = batches
        self.places = places
        self._by_place = dict(zip(places, batches, strict=False)) if service.responder.is_alternate else {}

    def handle(self, number: int, count: int, now: float) -> None:
        """Answer the `count` rows that socket `number` has just received."""
        batch = self.batches[number]
        self.answer_rows(batch, self.places[number], batch.datagrams(count), range(count), now)

    def answer_rows(
        self, batch: UdpBatch, place: Place, datagrams: Sequence[bytes], rows: Sequence[int], now: float
    ) -> None:
        """Answer `datagrams`, which stand in `rows`: the usual ones together, the others one by one."""
        sources = batch.sources(rows[-1] + 1)
        usual = []
        is_usual = self.service.is_usual
        for row, data in zip(rows, datagrams, strict=True):
            if is_usual(data, sources[row]):
                usual.append((row, data))
            else:
                self._answer_other(batch, place, row, data, sources[row], now)
        if usual:
            self._answer_usual(batch, usual, sources, now)

    def _answer_usual(
        self, batch: UdpBatch, usual: Sequence[tuple[int, bytes]], sources: Sequence[bytes], now: float
    ) -> None:
        keys = [source_key(sources[row][2:]) for row, _ in usual]
        verdicts = self.service.limiter.allow_each(keys, now)
        allowed = [pair for pair, verdict in zip(usual, verdicts, strict=True) if verdict]
        rows = [row for row, _ in allowed]
        batch.stage(rows, [usual_answer(data, sources[row]) for row, data in allowed])
        self.count_usual(len(usual), sum(len(data) for _, data in usual), len(rows), batch.family)
        self.service.counters.send_failures += batch.flush(len(rows))

    def count_usual(self, requests: int, request_bytes: int, answers: int, family: int) -> None:
        """Count a batch of usual requests at once."""
        counters = self.service.counters
        counters.requests += requests
        counters.request_bytes += request_bytes
        counters.drops[Drop.RATE_LIMITED] += requests - answers
        counters.answers["success"] += answers
        counters.answer_bytes += answers * ANSWER_BYTES[family]

    def _answer_other(self, batch: UdpBatch, place: Place, row: int, data: bytes, source: bytes, now: float) -> None:
        endpoint = Endpoint(ipaddress.ip_address(source[2:]), int.from_bytes(source[:2], "big"))
        reply = self.service.answer(data, endpoint, place, now)
        if reply is None:
            return
        if not batch.send_one(reply.data, row, reply.target.port, self._by_place.get(reply.place)):
            self.service.count_send_failure()
