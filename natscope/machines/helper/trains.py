"""The helper's trains: it counts the packets of a paced row, sends one back for each, and tells which arrived.

A train is booked with the token that proves the address, and granted in a size that this server can stand: the client
must not take the server's limit for the network's. A packet counts only with the ticket of its train, from where it was
booked, once, and not longer than booked; what comes back is exactly as long. So nobody gets a byte more than he has
sent, and nobody who did not ask gets any. One train at a time for an address (IPv6: /64), few in all, each over soon.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from natscope.errors import RemoteError
from natscope.machines.helper.tokens import Tokens
from natscope.machines.source_limiter import SourceLimiter, source_key
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import MessageClass
from natscope.wire.stun.train_messages import (
    MAX_PACKETS,
    TICKET_BYTES,
    BookTrain,
    CountTrain,
    TrainGrant,
    TrainMessage,
    TrainPacket,
    TrainStep,
    TrainTally,
    decode_train,
)

MAX_RATE = 500
"""Packets a second of one train."""
MAX_LENGTH = 1200
"""Bytes of one packet's STUN message."""
MAX_OPEN = 4
"""Trains at the same time: about 20 Mbit/s in each direction at the very most."""
TRAINS_PER_S, TRAIN_BURST = 0.2, 12
"""Of one address: two runs of a client, then one train in five seconds."""
ALL_PER_S, ALL_BURST = 1.0, 24
LINGER_S = 5.0
"""So long after a train's time late packets are counted, and the tally is told."""
BUSY_S = 5
"""When to ask again after a refusal for being busy."""
_PURPOSE = b"train"
_CLASS_AND_STEP = 20 + 4
"""Where the step stands in a message whose first attribute is HELPER."""


@dataclass(slots=True)
class _Train:
    booked: BookTrain
    granted: TrainGrant
    ends_at: float
    arrived: set[int] = field(default_factory=set)
    first_at: float = 0.0
    last_at: float = 0.0


class Trains:
    """The trains of one server. `rate` is the highest it grants, 0: none at all."""

    def __init__(self, tokens: Tokens, rate: int = MAX_RATE) -> None:
        self.rate = rate
        self._tokens = tokens
        self._open: dict[Endpoint, _Train] = {}
        self._per_source = SourceLimiter(TRAINS_PER_S, TRAIN_BURST)
        self._all = SourceLimiter(ALL_PER_S, ALL_BURST)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._open)

    def read(self, value: bytes, message_class: MessageClass) -> TrainMessage | None:
        """A step of a client's in the class where it belongs; None for everything else. `value` is HELPER's."""
        try:
            message = decode_train(value)
        except RemoteError:
            return None
        if isinstance(message, TrainPacket):
            return message if message_class is MessageClass.INDICATION else None
        asks = isinstance(message, (BookTrain, CountTrain))
        return message if asks and message_class is MessageClass.REQUEST else None

    def book(self, message: BookTrain, source: Endpoint, now: float) -> TrainGrant:
        """The answer to a booking whose token was found good. The same booking again gets the same answer."""
        self._forget(now)
        train = self._open.get(source)
        if train is not None and (train.booked.number, train.booked.packets) == (message.number, message.packets):
            return train.granted
        if not self.rate or not message.packets or not message.rate:
            return TrainGrant(message.number, 0, self.rate)
        key = source_key(source.ip.packed)
        others = [end for end in self._open if end != source]
        busy = len(others) >= MAX_OPEN or any(source_key(end.ip.packed) == key for end in others)
        if busy or message.length > MAX_LENGTH or not self._per_source.allow(key, now) or not self._all.allow(0, now):
            return TrainGrant(message.number, 0, self.rate, BUSY_S)
        ticket = self._tokens.make(_PURPOSE + bytes([message.number]), source, now)[-TICKET_BYTES:]
        rate, packets = min(message.rate, self.rate), min(message.packets, MAX_PACKETS)
        granted = TrainGrant(message.number, packets, rate, 0, ticket)
        self._open[source] = _Train(message, granted, now + packets / rate + LINGER_S)
        return granted

    def arrived(self, message: TrainPacket, data: bytes, source: Endpoint, now: float) -> bytes | None:
        """The echo of a packet, `data` its whole message; None for what is of no train, or came before."""
        train = self._of(message.number, message.ticket, source, now)
        if train is None or message.sequence >= train.granted.packets or message.sequence in train.arrived:
            return None
        is_alone = data[_CLASS_AND_STEP : _CLASS_AND_STEP + 1] == bytes([TrainStep.PACKET])
        if len(data) > train.booked.length or not is_alone:
            return None
        train.first_at = train.first_at if train.arrived else now
        train.last_at = now
        train.arrived.add(message.sequence)
        return data[:_CLASS_AND_STEP] + bytes([TrainStep.ECHO]) + data[_CLASS_AND_STEP + 1 :]

    def tally(self, message: CountTrain, source: Endpoint, now: float) -> TrainTally | None:
        """What arrived; None for no train of ours."""
        train = self._of(message.number, message.ticket, source, now)
        if train is None:
            return None
        span_us = min(0xFFFFFFFF, round((train.last_at - train.first_at) * 1e6))
        return TrainTally(message.number, span_us, frozenset(train.arrived))

    def _of(self, number: int, ticket: bytes, source: Endpoint, now: float) -> _Train | None:
        train = self._open.get(source)
        if train is None or now > train.ends_at or number != train.granted.number:
            return None
        return train if hmac.compare_digest(ticket, train.granted.ticket) else None

    def _forget(self, now: float) -> None:
        for source in [end for end, train in self._open.items() if now > train.ends_at]:
            del self._open[source]
