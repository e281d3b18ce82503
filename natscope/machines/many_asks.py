"""One socket asks several STUN servers at once, each again until it answers; without I/O.

Every send has a transaction id of its own; an answer counts only from the place that was asked, because a different
source means that something on the way rewrites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from natscope.errors import RemoteError
from natscope.machines.api import Input, Received, Send
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr, RawAttribute
from natscope.wire.stun.message import TAILSCALE_SOFTWARE, Message, MessageClass, decode, encode

GAPS_S = (0.0, 0.2, 0.45, 0.75, 1.1)
"""When a server that is still silent is asked, counted from the first time."""
LAST_WAIT_S = 0.5
STRAGGLER_FACTOR, STRAGGLER_S = 1.5, 0.1
BURST, BURST_GAP_S = 16, 0.005


@dataclass(slots=True)
class Asked:
    """One server. `answer` is its first one; times are those of the exchange that was answered."""

    target: Endpoint
    sends: int = 0
    sent_at: float = 0.0
    answered_at: float | None = None
    answer: Message | None = None
    error: bool = False
    other_source: Endpoint | None = None
    bytes_sent: int = 0
    bytes_received: int = 0
    _ids: dict[bytes, float] = field(default_factory=dict)

    @property
    def mapped(self) -> Endpoint | None:
        """Our endpoint as it saw us."""
        return None if self.answer is None or self.error else self.answer.mapped_address


class ManyAsks:
    """Use as a `Machine`, until `is_over`. `ids` are random: 12 bytes for each of `ids_needed(targets)`.

    `patience` False: once most have answered, the others are waited for only a little longer.
    """

    def __init__(
        self, targets: Sequence[Endpoint], ids: bytes, attributes: Sequence[RawAttribute] = (), *, patience: bool = True
    ) -> None:
        self.asked = [Asked(target) for target in dict.fromkeys(targets)]
        self._ids = [ids[at : at + 12] for at in range(0, len(ids) - 11, 12)]
        self._attributes = [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), *attributes]
        self._patience = patience
        self._began_at: float | None = None
        self._by_id: dict[bytes, Asked] = {}
        self._over_at = float("inf")
        self._next_at = float("-inf")
        self._is_over = not self.asked

    @staticmethod
    def ids_needed(targets: int) -> int:
        """How many transaction ids so many servers may take."""
        return targets * len(GAPS_S)

    @property
    def is_over(self) -> bool:
        """All have answered, or were asked often enough."""
        return self._is_over

    def deadline(self) -> float | None:
        """When to look again."""
        return None if self._is_over else min(self._next_at, self._over_at)

    def handle(self, item: Input, now: float) -> list[Send]:
        """A datagram or a tick."""
        if self._is_over:
            return []
        if self._began_at is None:
            self._began_at = now
            self._over_at = now + GAPS_S[-1] + LAST_WAIT_S
        if isinstance(item, Received):
            self._receive(item, now)
        open_ = [asked for asked in self.asked if asked.answered_at is None]
        if not open_ or now >= self._over_at:
            self._is_over = True
            return []
        return self._ask(open_, now) if now >= self._next_at else []

    def _ask(self, open_: Sequence[Asked], now: float) -> list[Send]:
        """What is due, never more than a burst at once."""
        assert self._began_at is not None
        age_s = now - self._began_at
        due = [a for a in open_ if a.sends < len(GAPS_S) and GAPS_S[a.sends] <= age_s + 1e-6][:BURST]
        sent = [self._send(asked, now) for asked in due if self._ids]
        waits = [GAPS_S[a.sends] for a in open_ if a.sends < len(GAPS_S)]
        upcoming = self._began_at + min(waits) if waits else self._over_at
        self._next_at = max(upcoming, now + BURST_GAP_S)
        return sent

    def _send(self, asked: Asked, now: float) -> Send:
        identity = self._ids.pop()
        self._by_id[identity] = asked
        asked._ids[identity] = now
        data = encode(MessageClass.REQUEST, identity, self._attributes, fingerprint=True)
        asked.sends += 1
        asked.bytes_sent += len(data)
        asked.sent_at = asked.sent_at or now
        return Send(data, asked.target)

    def _receive(self, item: Received, now: float) -> None:
        asked = self._by_id.get(item.data[8:20])
        if asked is None or asked.answered_at is not None:
            return
        try:
            message = decode(item.data)
        except RemoteError:
            return
        if message.message_class not in (MessageClass.SUCCESS, MessageClass.ERROR):
            return
        if item.source != asked.target:
            asked.other_source = asked.other_source or item.source
            return
        asked.answer, asked.answered_at = message, now
        asked.error = message.message_class is MessageClass.ERROR
        asked.bytes_received = len(item.data)
        asked.sent_at = asked._ids[message.transaction_id]
        self._hurry(now)

    def _hurry(self, now: float) -> None:
        """Without patience: when three quarters have answered, the rest gets half as long again."""
        assert self._began_at is not None
        answered = sum(asked.answered_at is not None for asked in self.asked)
        if not self._patience and 4 * answered >= 3 * len(self.asked):
            self._over_at = min(self._over_at, now + (STRAGGLER_FACTOR - 1) * (now - self._began_at) + STRAGGLER_S)
