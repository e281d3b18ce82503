"""One train of paced packets to a helper: book it, send it in time, hear what comes back, ask what arrived.

It counts and never judges. A train ends early where packets come back ever later: a queue on the way fills, and more
packets would only make everybody else wait. docs/helper.md has the messages.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from natscope.errors import RemoteError
from natscope.machines.api import Input, Received, Send
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import Ask, HelperMessage, Offer, decode_helper, encode_helper
from natscope.wire.stun.message import TAILSCALE_SOFTWARE, Message, MessageClass, decode, encode
from natscope.wire.stun.train_messages import (
    TICKET_BYTES,
    BookTrain,
    CountTrain,
    TrainEcho,
    TrainGrant,
    TrainMessage,
    TrainPacket,
    TrainTally,
    decode_train,
    encode_train,
    is_train,
)

IDS = 30
"""Transaction ids of 12 bytes that a train takes at most; its packets share one."""
GAPS_S = (0.0, 0.25, 0.5, 0.8, 1.2, 1.7, 2.3)
"""When a request that wants an answer is sent, counted from the first time: a policer may have nothing left for it."""
PATIENCE_S = 0.5
DRAIN_S, DRAIN_FACTOR = 0.2, 1.5
QUEUE_S = 0.3
"""So much later than the first ones a packet comes back when a queue fills; then the train ends."""
BURST = 8
"""However late we are (a busy computer), no more packets leave at once."""
OVERHEAD_BYTES = 20 + 4 + 4 + TICKET_BYTES
"""A packet's STUN message without its filler."""
NOT_OFFERED = "the server counts no trains"
_Answer = TypeVar("_Answer", TrainGrant, TrainTally)


class _Phase(enum.Enum):
    ASKING = 1
    BOOKING = 2
    SENDING = 3
    DRAINING = 4
    COUNTING = 5
    OVER = 6


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """`rate` in packets a second, `length` of a STUN message in bytes (a multiple of 4)."""

    number: int
    rate: int
    packets: int
    length: int


@dataclass(slots=True)
class TrainResult:
    """What was counted. `sent` are times in seconds, by sequence number; `echoes` when what came back, by number.

    `arrived` is the server's word, None without it. `late`: it ended early, a queue fills. `retry_s`: the server is
    busy. `reason` says why there is nothing.
    """

    server: Endpoint
    plan: TrainPlan
    granted: TrainGrant | None = None
    sent: list[float] = field(default_factory=list)
    arrived: frozenset[int] | None = None
    span_us: int = 0
    echoes: dict[int, float] = field(default_factory=dict)
    rtt_s: float = 0.0
    late: bool = False
    retry_s: int = 0
    reason: str = ""
    packets_sent: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


class Train:
    """Use as a `Machine`: `handle` at every datagram of the socket and at every deadline, until `is_over`.

    `ids` are random bytes, 12 for each of `IDS` requests. `until` is the end of all time.
    """

    def __init__(self, server: Endpoint, plan: TrainPlan, ids: bytes, until: float) -> None:
        self.result = TrainResult(server, plan)
        self._ids = [ids[at : at + 12] for at in range(0, len(ids) - 11, 12)]
        self._packet_id = self._ids.pop()
        self._until = until
        self._phase = _Phase.ASKING
        self._open: dict[bytes, float] = {}
        self._next_at = float("-inf")
        self._asks, self._began_at, self._over_at = 0, 0.0, 0.0
        self._token = b""

    @property
    def is_over(self) -> bool:
        """Nothing more will be sent, nothing more is waited for."""
        return self._phase is _Phase.OVER

    def deadline(self) -> float | None:
        """When to look again."""
        return None if self.is_over else min(self._next_at, self._until)

    def handle(self, item: Input, now: float) -> list[Send]:
        """A datagram or a tick."""
        if self.is_over:
            return []
        if isinstance(item, Received):
            self._receive(item, now)
        if now >= self._until:
            self._give_up("the time was up")
        return self._step(now)

    # -- what comes in ---------------------------------------------------------------------------------------------

    def _receive(self, item: Received, now: float) -> None:
        if item.source != self.result.server:
            return
        try:
            message = decode(item.data)
        except RemoteError:
            return
        value = message.first(Attr.HELPER) or b""
        if message.message_class is MessageClass.INDICATION:
            self._on_echo(value, len(item.data), now)
        elif message.message_class in (MessageClass.SUCCESS, MessageClass.ERROR):
            sent_at = self._open.pop(message.transaction_id, None)
            if sent_at is not None:
                self.result.bytes_received += len(item.data)
                self._on_answer(message, value, sent_at, now)

    def _on_echo(self, value: bytes, length: int, now: float) -> None:
        echo, granted, result = _train(value), self.result.granted, self.result
        if not isinstance(echo, TrainEcho) or granted is None:
            return
        if not hmac.compare_digest(echo.ticket, granted.ticket):
            return
        if echo.sequence >= len(result.sent) or echo.sequence in result.echoes:
            return
        result.bytes_received += length
        result.echoes[echo.sequence] = now
        late_s = now - result.sent[echo.sequence]
        if self._phase is _Phase.SENDING and late_s > result.rtt_s + QUEUE_S:
            result.late = True
            self._drain(now)

    def _on_answer(self, message: Message, value: bytes, sent_at: float, now: float) -> None:
        if self._phase is _Phase.ASKING:
            offer = _helper(value)
            if not isinstance(offer, Offer):
                self._give_up("the server is no helper")
                return
            self._token = offer.token
            self.result.rtt_s = now - sent_at
            self._enter(_Phase.BOOKING, now)
        elif self._phase is _Phase.BOOKING:
            self._on_grant(_told(value, TrainGrant, self.result.plan.number), now)
        elif self._phase is _Phase.COUNTING:
            tally = _told(value, TrainTally, self.result.plan.number)
            if tally is None:
                self._give_up("the server forgot the train")
                return
            self.result.arrived = frozenset(n for n in tally.arrived if n < len(self.result.sent))
            self.result.span_us = tally.span_us
            self._phase = _Phase.OVER

    def _on_grant(self, grant: TrainGrant | None, now: float) -> None:
        if grant is None or (not grant.packets and not grant.retry_s):
            self._give_up(NOT_OFFERED)
        elif not grant.packets:
            self.result.retry_s = grant.retry_s
            self._give_up("the server counts trains of others now")
        else:
            self.result.granted = grant
            self._enter(_Phase.SENDING, now)

    # -- what goes out ---------------------------------------------------------------------------------------------

    def _step(self, now: float) -> list[Send]:
        if now < self._next_at or self.is_over:
            return []
        plan, granted = self.result.plan, self.result.granted
        if self._phase is _Phase.ASKING:
            return self._ask(encode_helper(Ask()), now)
        if self._phase is _Phase.BOOKING:
            wanted = BookTrain(plan.number, self._token, plan.packets, plan.rate, plan.length)
            return self._ask(encode_train(wanted), now)
        assert granted is not None
        if self._phase is _Phase.SENDING:
            return self._send_due(granted, now)
        if self._phase is _Phase.DRAINING:
            if now < self._over_at and len(self.result.echoes) < len(self.result.sent):
                self._next_at = self._over_at
                return []
            self._enter(_Phase.COUNTING, now)
        return self._ask(encode_train(CountTrain(plan.number, granted.ticket)), now)

    def _send_due(self, granted: TrainGrant, now: float) -> list[Send]:
        """What should have left by now; where this computer was late, the train is late as a whole."""
        result = self.result
        gap_s = 1.0 / min(granted.rate, result.plan.rate)
        packets = min(granted.packets, result.plan.packets)
        if not result.sent:
            self._began_at = now
        count = min(packets, int((now - self._began_at) / gap_s + 1e-6) + 1) - len(result.sent)
        if count > BURST:
            self._began_at += (count - BURST) * gap_s
            count = BURST
        commands = []
        for _ in range(count):
            packet = TrainPacket(
                result.plan.number, len(result.sent), granted.ticket, max(0, result.plan.length - OVERHEAD_BYTES)
            )
            attribute = (int(Attr.HELPER), encode_train(packet))
            commands.append(self._send(encode(MessageClass.INDICATION, self._packet_id, [attribute])))
            result.sent.append(now)
        if len(result.sent) >= packets:
            self._drain(now)
        else:
            self._next_at = self._began_at + len(result.sent) * gap_s
        return commands

    def _drain(self, now: float) -> None:
        """Wait for what is still on its way, longer where a queue is."""
        latest_s = max((self.result.echoes[n] - self.result.sent[n] for n in self.result.echoes), default=0.0)
        self._enter(_Phase.DRAINING, now)
        self._over_at = now + DRAIN_S + DRAIN_FACTOR * max(self.result.rtt_s, latest_s)

    def _ask(self, value: bytes, now: float) -> list[Send]:
        """Send a request that wants an answer, again and again; give up when it got none often enough."""
        if self._asks == len(GAPS_S) or not self._ids:
            asking = self._phase is _Phase.ASKING
            self._give_up("the server did not answer" if asking else "the server stopped answering")
            return []
        if self._asks == 0:
            self._began_at = now
        self._asks += 1
        last = self._asks == len(GAPS_S)
        self._next_at = now + PATIENCE_S if last else max(self._began_at + GAPS_S[self._asks], now + 0.01)
        identity = self._ids.pop()
        self._open[identity] = now
        attributes = [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), (int(Attr.HELPER), value)]
        return [self._send(encode(MessageClass.REQUEST, identity, attributes, fingerprint=True))]

    def _send(self, data: bytes) -> Send:
        self.result.packets_sent += 1
        self.result.bytes_sent += len(data)
        return Send(data, self.result.server)

    def _enter(self, phase: _Phase, at: float) -> None:
        self._phase, self._next_at, self._asks = phase, at, 0
        self._open.clear()

    def _give_up(self, reason: str) -> None:
        if self._phase is not _Phase.OVER:
            self.result.reason = self.result.reason or reason
            self._phase = _Phase.OVER


def _train(value: bytes) -> TrainMessage | None:
    try:
        return decode_train(value) if is_train(value) else None
    except RemoteError:
        return None


def _told(value: bytes, kind: type[_Answer], number: int) -> _Answer | None:
    message = _train(value)
    return message if isinstance(message, kind) and message.number == number else None


def _helper(value: bytes) -> HelperMessage | None:
    try:
        return decode_helper(value)
    except RemoteError:
        return None


def tail_loss(sent: Sequence[int], arrived: frozenset[int] | set[int] | dict[int, float]) -> float:
    """The share of the last half of these numbers that is missing, 0 without any."""
    tail = sent[len(sent) // 2 :]
    return sum(number not in arrived for number in tail) / len(tail) if tail else 0.0
