"""Driver A of the STUN server: blocking loops over the sockets of this computer.

Three engines, the first that works is taken: `numpy` and `batch` (recvmmsg and sendmmsg, Linux), `portable` (recvfrom
and sendto). All use one `StunService`, so the limiter is on in each.
"""

from __future__ import annotations

import enum
import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from natscope.host.real import udp_batch
from natscope.host.real.sockaddr import SockAddr
from natscope.host.real.udp_server import (
    Elsewhere,
    Outgoing,
    StopPipe,
    bound_endpoint,
    open_server_socket,
    packed_source,
    serve_portably,
)
from natscope.machines.stun_responder import HOME, Place
from natscope.machines.stun_usual import ANSWER_BYTES
from natscope.model.endpoint import Endpoint
from natscope.stun_server.batch_answers import BatchAnswers
from natscope.stun_server.service import StunService

if TYPE_CHECKING:
    import socket  # noqa: TID251 - the type of what host.real opens


_ALTERNATE_ROWS = 16
"""An alternate server reads requests of any size, so each row takes 64 KiB."""


class Engine(enum.StrEnum):
    """How datagrams are read and answered."""

    NUMPY = "numpy"
    BATCH = "batch"
    PORTABLE = "portable"
    ASYNCIO = "asyncio"
    """Driver B, over `Host` (`natscope.stun_server.server`)."""


def available_engine() -> Engine:
    """The fastest one that works here."""
    if not udp_batch.is_supported():
        return Engine.PORTABLE
    return Engine.NUMPY if importlib.util.find_spec("numpy") else Engine.BATCH


class BlockingServer:
    """Sockets of one server, bound by the constructor; raises `HostError` when one can't be bound.

    `locals_` and `places` go together; a default server's sockets are all `HOME`.
    """

    def __init__(
        self, service: StunService, locals_: Sequence[Endpoint], engine: Engine, places: Sequence[Place] = ()
    ) -> None:
        self._service = service
        self._engine = engine
        self._places = tuple(places) or (HOME,) * len(locals_)
        self._stop = StopPipe()
        self._sockets: list[socket.socket] = []
        self._has_marks = service.helper is not None and engine is not Engine.PORTABLE
        """Helpers tell how requests were marked; nobody else pays for that."""
        try:
            for local in locals_:
                small = not service.responder.is_alternate
                self._sockets.append(open_server_socket(local, answers_are_small=small, marks=self._has_marks))
        except BaseException:
            self.close()
            raise
        self.locals = [bound_endpoint(sock) for sock in self._sockets]

    def serve(self) -> None:
        """Answer until `stop`; blocks."""
        if self._engine is Engine.PORTABLE:
            self._serve_portably()
        else:
            self._serve_batches()

    def stop(self) -> None:
        """End `serve`; may be called from a signal handler or another thread."""
        self._stop.set()

    def close(self) -> None:
        """Close the sockets; `serve` must have returned."""
        for sock in self._sockets:
            sock.close()
        self._stop.close()

    def _serve_batches(self) -> None:
        limit = self._service.request_limit_bytes
        rows = _ALTERNATE_ROWS if self._service.responder.is_alternate else udp_batch.BATCH
        batches = [
            udp_batch.UdpBatch(
                sock,
                local,
                limit_bytes=limit,
                answer_bytes=ANSWER_BYTES[local.family],
                rows=rows,
                has_marks=self._has_marks,
            )
            for sock, local in zip(self._sockets, self.locals, strict=True)
        ]
        answers = self._batch_answers()(self._service, batches, self._places)
        udp_batch.serve_batches(batches, answers.handle, self._stop)

    def _batch_answers(self) -> type[BatchAnswers]:
        if self._engine is not Engine.NUMPY or self._service.responder.is_alternate:
            return BatchAnswers
        from natscope.stun_server.numpy_answers import NumpyAnswers

        return NumpyAnswers

    def _serve_portably(self) -> None:
        service, places = self._service, self._places
        via = {place: number for number, place in enumerate(places)} if service.has_places else {}

        def handle(
            number: int, datagrams: list[bytes], sources: list[SockAddr], now: float
        ) -> tuple[list[Outgoing], list[Elsewhere]]:
            packed = [packed_source(source) for source in sources]
            answers = service.answer_rows(range(len(packed)), datagrams, packed, places[number], now)
            found: list[Outgoing] = [
                (number, data, row, None) for row, data in zip(answers.rows, answers.answers, strict=True)
            ]
            found += [
                (via.get(reply.place, number), reply.data, row, reply.target.port) for row, reply in answers.others
            ]
            elsewhere = [(via.get(reply.place, number), reply.data, reply.target) for reply in answers.elsewhere]
            return found, elsewhere

        serve_portably(
            self._sockets,
            handle,
            self._stop,
            limit_bytes=service.request_limit_bytes,
            on_send_failure=service.count_send_failures,
        )
