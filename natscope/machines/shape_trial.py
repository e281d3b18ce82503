"""Which shapes of UDP datagrams come back from one server: each is sent until it does, a plain request beside it.

Without I/O. All of them go out in the same moments, so that an outage takes them all; a shape that was sent often
enough and never came back says something only where the others did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from natscope.errors import RemoteError
from natscope.machines.api import Input, Received, Send
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import MessageClass, RequestForm, decode, encode_binding_request
from natscope.wire.udp_shapes import Shape, answer_to, encode_shape, random_bytes

STUN = "stun"
"""The name of the plain request among the shapes."""
TRIES, APART_S, LAST_S = 6, 0.15, 0.45
ID_BYTES = 12


@dataclass(slots=True)
class ShapeCount:
    """One shape. Times are seconds on the host's clock; `rtt_s` is that of the first answer."""

    tries: int = 0
    answered: int = 0
    first_at: float = 0.0
    rtt_s: float | None = None
    bytes_sent: int = 0
    bytes_received: int = 0


class ShapeTrial:
    """One server. `random` are `random_needed(shapes)` bytes. Use as a `Machine`, until `is_over`."""

    def __init__(self, target: Endpoint, shapes: Sequence[Shape], random: bytes, *, tries: int = TRIES) -> None:
        self.target = target
        self.counts: dict[str, ShapeCount] = {name: ShapeCount() for name in (STUN, *shapes)}
        self._random = random
        self._tries = tries
        self._turn = 0
        self._next_at = float("-inf")
        self._is_over = False
        self._waiting: dict[bytes, tuple[str, float]] = {}
        """Transaction id, or the whole answer, to the shape and when it was asked."""

    @staticmethod
    def random_needed(shapes: Sequence[Shape], tries: int = TRIES) -> int:
        """How many random bytes it takes."""
        return tries * (ID_BYTES + sum(map(random_bytes, shapes)))

    @property
    def is_over(self) -> bool:
        """Everything came back, or was sent often enough."""
        return self._is_over

    def deadline(self) -> float | None:
        """When to look again."""
        return None if self._is_over else self._next_at

    def handle(self, item: Input, now: float) -> list[Send]:
        """A datagram or a tick."""
        if isinstance(item, Received):
            self._receive(item, now)
        if self._is_over or all(count.answered for count in self.counts.values()):
            self._is_over = True
            return []
        if now < self._next_at:
            return []
        if self._turn >= self._tries:
            self._is_over = True
            return []
        self._turn += 1
        self._next_at = now + (LAST_S if self._turn == self._tries else APART_S)
        return [self._send(name, now) for name in self.counts]

    def _send(self, name: str, now: float) -> Send:
        if name == STUN:
            key = self._take(ID_BYTES)
            data = encode_binding_request(key, RequestForm.TAILSCALE)
        else:
            data = encode_shape(Shape(name), self._take(random_bytes(Shape(name))))
            key = answer_to(data)
        self._waiting[key] = name, now
        count = self.counts[name]
        count.first_at = count.first_at or now
        count.tries += 1
        count.bytes_sent += len(data)
        return Send(data, self.target)

    def _take(self, size: int) -> bytes:
        taken, self._random = self._random[:size], self._random[size:]
        return taken

    def _receive(self, item: Received, now: float) -> None:
        if item.source != self.target:
            return
        name, sent_at = self._waiting.pop(item.data, ("", 0.0))
        if not name:
            name, sent_at = self._stun(item.data)
        if name:
            count = self.counts[name]
            count.answered += 1
            count.bytes_received += len(item.data)
            count.rtt_s = now - sent_at if count.rtt_s is None else count.rtt_s

    def _stun(self, data: bytes) -> tuple[str, float]:
        """An answer to one of our requests, right or an error: both came back."""
        try:
            message = decode(data)
        except RemoteError:
            return "", 0.0
        if message.message_class not in (MessageClass.SUCCESS, MessageClass.ERROR):
            return "", 0.0
        return self._waiting.pop(message.transaction_id, ("", 0.0))
