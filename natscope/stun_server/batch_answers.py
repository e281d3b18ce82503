"""Answers the batches of recvmmsg row by row: the fast driver where numpy is not installed."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.host.real.udp_batch import UdpBatch
from natscope.machines.stun_responder import Place
from natscope.stun_server.service import StunService


class BatchAnswers:
    """Handles the batches of a server's sockets; `places` says where each socket stands in the alternate server."""

    def __init__(self, service: StunService, batches: Sequence[UdpBatch], places: Sequence[Place]) -> None:
        self.service = service
        self.batches = batches
        self.places = places
        self._by_place = dict(zip(places, batches, strict=False)) if service.has_places else {}

    def handle(self, number: int, count: int, now: float) -> None:
        """Answer the `count` rows that socket `number` has just received."""
        self.answer_rows(number, count, range(count), now)

    def answer_rows(self, number: int, count: int, rows: Sequence[int], now: float) -> None:
        """Answer some of the `count` rows that socket `number` has just received."""
        batch = self.batches[number]
        datagrams, sources = batch.datagrams(count), batch.sources(count)
        if len(rows) < count:
            datagrams, sources = [datagrams[row] for row in rows], [sources[row] for row in rows]
        answers = self.service.answer_rows(rows, datagrams, sources, self.places[number], now, batch.tos)
        for row, reply in answers.others:
            if not batch.send_one(reply.data, row, reply.target.port, self._by_place.get(reply.place)):
                self.service.count_send_failures(1)
        for reply in answers.elsewhere:
            if not self._by_place.get(reply.place, batch).send_to(reply.data, reply.target):
                self.service.count_send_failures(1)
        batch.stage(answers.rows, answers.answers)
        self.service.count_send_failures(batch.flush(len(answers.rows)))
