"""Responder, helper, limiter and counters together: what every driver of the STUN server asks for answers.

`replies` takes one datagram as values; `answer_rows` takes many with their sources as bytes, the usual requests on a
short way. A token is taken only for what would be answered, so garbage in somebody's name does not use up that
source's bucket.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from itertools import compress
from typing import NamedTuple

from natscope.errors import RemoteError
from natscope.machines.helper.server import HelperServer
from natscope.machines.stun_responder import Drop, Place, Reply, StunResponder
from natscope.machines.stun_usual import is_usual_request, usual_answer
from natscope.model.endpoint import Endpoint, Family
from natscope.stun_server.counters import Counters, prometheus_text
from natscope.stun_server.limits import SourceLimiter, source_key
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.message import decode
from natscope.wire.udp_shapes import is_shape

_HELPER = int(Attr.HELPER).to_bytes(2, "big")
_ODD_V6_HEADS = (bytes(12), bytes(10) + b"\xff\xff")


def _untold(_row: int) -> int | None:
    return None


class Answers(NamedTuple):
    """What to send: `answers` to the senders of `rows` (ascending) from where they were asked, and `others`.

    An answer of `others` goes to the address that its row came from, at the port and from the socket that it names;
    those of `elsewhere` go to other addresses (between two servers that help each other).
    """

    rows: list[int]
    answers: list[bytes]
    others: list[tuple[int, Reply]]
    elsewhere: list[Reply]


class StunService:
    """One server's answers. `request_limit_bytes` is the longest request it reads."""

    def __init__(self, responder: StunResponder, limiter: SourceLimiter, helper: HelperServer | None = None) -> None:
        self.responder = responder
        self.helper = helper
        self.limiter = limiter
        self.counters = Counters()
        self.request_limit_bytes = 65_507 if responder.is_alternate else 2_048
        self._is_alternate = responder.is_alternate
        self.own = frozenset(_packed(endpoint) for endpoint in responder.own)

    @property
    def has_places(self) -> bool:
        """Whether an answer may leave from another socket than the one that was asked."""
        return self._is_alternate or self.helper is not None

    def answer(self, data: bytes, source: Endpoint, arrival: Place, now: float) -> Reply | None:
        """The answer of a server that is no helper."""
        return next(iter(self.replies(data, source, arrival, now)), None)

    def replies(
        self, data: bytes, source: Endpoint, arrival: Place, now: float, tos: int | None = None
    ) -> Sequence[Reply]:
        """What to send for a datagram, to its source or elsewhere; counts it either way.

        `tos`: with which type of service it came, None where the system does not tell.
        """
        counters = self.counters
        counters.requests += 1
        counters.request_bytes += len(data)
        if len(data) > self.request_limit_bytes:
            counters.drops[Drop.OVERSIZED] += 1
            return ()
        helped = self._helped(data, source, arrival, now, tos)
        if helped is not None:
            return helped
        outcome = self.responder.respond(data, source, arrival)
        if isinstance(outcome, Reply) and not self.limiter.allow(source_key(source.ip.packed), now):
            outcome = Drop.RATE_LIMITED
        if isinstance(outcome, Drop):
            counters.drops[outcome] += 1
            return ()
        counters.answers[outcome.kind] += 1
        counters.answer_bytes += len(outcome.data)
        return (outcome,)

    def _helped(
        self, data: bytes, source: Endpoint, arrival: Place, now: float, tos: int | None
    ) -> Sequence[Reply] | None:
        """The helper's business, which has limits of its own; None for everything else."""
        if self.helper is None:
            return None
        outcome: Sequence[Reply] | Drop | None
        try:
            if is_shape(data):
                outcome = self.helper.shaped(data, source, arrival, now)
            elif _HELPER in data:
                outcome = self.helper.handle(decode(data), source, arrival, now, tos)
            else:
                return None
        except RemoteError:
            return None
        if isinstance(outcome, Drop):
            self.counters.drops[outcome] += 1
            return ()
        for reply in outcome or ():
            self.counters.answers[reply.kind] += 1
            self.counters.answer_bytes += len(reply.data)
        return outcome

    def answer_rows(
        self,
        rows: Sequence[int],
        datagrams: Sequence[bytes],
        sources: Sequence[bytes],
        arrival: Place,
        now: float,
        tos_of: Callable[[int], int | None] = _untold,
    ) -> Answers:
        """The answers to many datagrams of one socket and one family.

        A source is 2 bytes of port, then 4 or 16 of address. The three sequences go together. `tos_of` tells a row's
        type of service, where the system does.
        """
        usual, others, elsewhere = [], [], []
        is_usual = self._is_usual
        for row, data, source in zip(rows, datagrams, sources, strict=True):
            if is_usual(data, source):
                usual.append((row, data, source))
                continue
            end = _endpoint(source)
            for reply in self.replies(data, end, arrival, now, tos_of(row)):
                if reply.target.ip == end.ip:
                    others.append((row, reply))
                else:
                    elsewhere.append(reply)
        if not usual:
            return Answers([], [], others, elsewhere)
        verdicts = self.limiter.allow_each([source_key(source[2:]) for _, _, source in usual], now)
        allowed = list(compress(usual, verdicts))
        answers = [usual_answer(data, source) for _, data, source in allowed]
        family: Family = 4 if len(usual[0][2]) == 6 else 6
        self.counters.count_usual(len(usual), sum([len(data) for _, data, _ in usual]), len(answers), family)
        return Answers([row for row, _, _ in allowed], answers, others, elsewhere)

    def _is_usual(self, data: bytes, port_and_ip: bytes) -> bool:
        """Whether `usual_answer` may answer this; False sends it the long way, where drops are counted by reason."""
        if self._is_alternate or not is_usual_request(data) or port_and_ip in self.own or port_and_ip[:2] == b"\0\0":
            return False
        if len(port_and_ip) == 6:
            return 0 < port_and_ip[2] < 224
        return port_and_ip[2] != 0xFF and port_and_ip[2:14] not in _ODD_V6_HEADS

    def count_send_failures(self, count: int = 1) -> None:
        """Count answers that the system refused to send."""
        self.counters.send_failures += count

    def metrics(self) -> str:
        """The Prometheus page."""
        return prometheus_text(self.counters, self.limiter)


def _endpoint(port_and_ip: bytes) -> Endpoint:
    return Endpoint(ipaddress.ip_address(port_and_ip[2:]), int.from_bytes(port_and_ip[:2], "big"))


def _packed(endpoint: Endpoint) -> bytes:
    return endpoint.port.to_bytes(2, "big") + endpoint.ip.packed
