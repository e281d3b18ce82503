"""Responder, limiter and counters together: what every driver of the STUN server asks for an answer.

`answer` takes values, `answer_packed` a source as bytes with the usual requests on a short way. A token is taken only
for what would be answered, so garbage in somebody's name does not use up that source's bucket.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from natscope.machines.stun_responder import HOME, Drop, Place, Reply, StunResponder
from natscope.machines.stun_usual import is_usual_request, usual_answer
from natscope.model.endpoint import Endpoint
from natscope.stun_server.counters import Counters, prometheus_text
from natscope.stun_server.limits import SourceLimiter, source_key

_ODD_V6_HEADS = (bytes(12), bytes(10) + b"\xff\xff")


class PackedReply(NamedTuple):
    """An answer to the address a request came from, at `port`, from the socket at `place`."""

    data: bytes
    place: Place
    port: int


class StunService:
    """One server's answers. `request_limit_bytes` is the longest request it reads."""

    def __init__(self, responder: StunResponder, limiter: SourceLimiter) -> None:
        self.responder = responder
        self.limiter = limiter
        self.counters = Counters()
        self.request_limit_bytes = 65_507 if responder.is_alternate else 2_048
        self.own = frozenset(_packed(endpoint) for endpoint in responder.own)

    def answer(self, data: bytes, source: Endpoint, arrival: Place, now: float) -> Reply | None:
        """The answer to a datagram, if it gets one; counts it either way."""
        counters = self.counters
        counters.requests += 1
        counters.request_bytes += len(data)
        if len(data) > self.request_limit_bytes:
            counters.drops[Drop.OVERSIZED] += 1
            return None
        outcome = self.responder.respond(data, source, arrival)
        if isinstance(outcome, Reply) and not self.limiter.allow(source_key(source.ip.packed), now):
            outcome = Drop.RATE_LIMITED
        if isinstance(outcome, Drop):
            counters.drops[outcome] += 1
            return None
        counters.answers[outcome.kind] += 1
        counters.answer_bytes += len(outcome.data)
        return outcome

    def answer_packed(self, data: bytes, port_and_ip: bytes, arrival: Place, now: float) -> PackedReply | None:
        """The same for a source as bytes: 2 of port, then 4 or 16 of address."""
        port = int.from_bytes(port_and_ip[:2], "big")
        if not self.is_usual(data, port_and_ip):
            source = Endpoint(ipaddress.ip_address(port_and_ip[2:]), port)
            reply = self.answer(data, source, arrival, now)
            return None if reply is None else PackedReply(reply.data, reply.place, reply.target.port)
        counters = self.counters
        counters.requests += 1
        counters.request_bytes += len(data)
        if not self.limiter.allow(source_key(port_and_ip[2:]), now):
            counters.drops[Drop.RATE_LIMITED] += 1
            return None
        answer = usual_answer(data, port_and_ip)
        counters.answers["success"] += 1
        counters.answer_bytes += len(answer)
        return PackedReply(answer, HOME, port)

    def is_usual(self, data: bytes, port_and_ip: bytes) -> bool:
        """Whether `usual_answer` may answer this for this server; False sends it the long way."""
        if self.responder.is_alternate or not is_usual_request(data):
            return False
        if port_and_ip[:2] == b"\0\0" or port_and_ip in self.own:
            return False
        if len(port_and_ip) == 6:
            return 0 < port_and_ip[2] < 224
        return port_and_ip[2] != 0xFF and port_and_ip[2:14] not in _ODD_V6_HEADS

    def count_send_failure(self) -> None:
        """Count an answer that the system refused to send."""
        self.counters.send_failures += 1

    def metrics(self) -> str:
        """The Prometheus page."""
        return prometheus_text(self.counters, len(self.limiter), self.limiter.evictions)


def _packed(endpoint: Endpoint) -> bytes:
    return endpoint.port.to_bytes(2, "big") + endpoint.ip.packed
