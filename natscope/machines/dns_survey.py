"""Asks several name servers several questions, each up to three times, and knows the answers from everything else.

An answer counts when its id, its question and the address it came from fit one of our packets; the first one does.
Whatever else arrives is counted by reason and dropped. A repeat has an id of its own. Source: RFC 5452 §4 and §9 (what
an answer must have in common with its question), RFC 1536 §1 (repeats).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from natscope.errors import RemoteError
from natscope.machines.api import Send
from natscope.model.endpoint import Endpoint
from natscope.wire.dns_message import DnsAnswer, DnsQuestion, decode_answer, encode_query

REPEAT_S = (0.0, 0.35, 0.9)
"""When each question is sent, behind the first time."""
PATIENCE_S = 1.5
"""When a question without an answer is over."""
MAX_DROPPED = 1000
"""Datagrams that are looked at although they answer nothing; later ones are only counted."""
IDS = 1 << 16
SLACK_S = 0.0002
"""A wake-up that comes this early is in time: timers and clocks round differently."""


@dataclass(slots=True)
class Asked:
    """One question to one server, and what came of it. Times are seconds on the host's clock.

    `refused_at`: when an ICMP error came instead, whose words are `error`. `unsent` says why it never left.
    """

    server: Endpoint
    question: DnsQuestion
    purpose: str
    sent_at: list[float] = field(default_factory=list)
    answered_at: float | None = None
    rtt_s: float | None = None
    answer: DnsAnswer | None = None
    bytes_sent: int = 0
    bytes_received: int = 0
    refused_at: float | None = None
    error: str = ""
    unsent: str = ""

    @property
    def is_open(self) -> bool:
        """Nothing has come back so far."""
        return self.answered_at is None and self.refused_at is None and not self.unsent


class DnsSurvey:
    """`draw` gives a random number below its argument; every packet has a fresh id."""

    def __init__(self, questions: Sequence[Asked], draw: Callable[[int], int], now: float) -> None:
        self.questions = tuple(questions)
        self.dropped: dict[str, int] = {}
        self._draw = draw
        self._began = now
        self._by_id: dict[int, tuple[Asked, float]] = {}

    def due(self, now: float) -> list[tuple[Asked, Send]]:
        """What is to be sent now; tell `failed` about those that cannot leave."""
        ready = []
        for asked in self.questions:
            number = len(asked.sent_at)
            if asked.is_open and number < len(REPEAT_S) and now + SLACK_S >= self._began + REPEAT_S[number]:
                ready.append((asked, Send(self._packet(asked, now), asked.server)))
        return ready

    def take(self, data: bytes, source: Endpoint, received_at: float) -> None:
        """A datagram arrived."""
        if sum(self.dropped.values()) >= MAX_DROPPED:
            self._drop("too many")
            return
        try:
            answer = decode_answer(data)
        except RemoteError:
            self._drop("malformed")
            return
        asked, sent_at = self._by_id.get(answer.message_id, (None, 0.0))
        if asked is None:
            self._drop("unknown id")
        elif source != asked.server:
            self._drop("other source")
        elif answer.question != asked.question:
            self._drop("other question")
        elif asked.answered_at is not None:
            self._drop("again")
        else:
            asked.answered_at, asked.rtt_s, asked.answer = received_at, received_at - sent_at, answer
            asked.bytes_received = len(data)

    def refuse(self, server: Endpoint, words: str, received_at: float) -> None:
        """An ICMP error about a packet to that server: everything open there is over."""
        for asked in self.questions:
            if asked.server == server and asked.is_open:
                asked.refused_at, asked.error = received_at, words

    def failed(self, asked: Asked, why: str) -> None:
        """The packet could not leave."""
        if len(asked.sent_at) == 1:
            asked.unsent = why

    def deadline(self, now: float) -> float | None:
        """When to look again; None: it is over."""
        waiting = [a for a in self.questions if a.is_open]
        if not waiting or now + SLACK_S >= self._began + PATIENCE_S:
            return None
        times = [self._began + REPEAT_S[n] for a in waiting if (n := len(a.sent_at)) < len(REPEAT_S)]
        return min([*times, self._began + PATIENCE_S])

    def _packet(self, asked: Asked, now: float) -> bytes:
        number = self._draw(IDS)
        while number in self._by_id:
            number = (number + 1) % IDS
        data = encode_query(number, asked.question)
        self._by_id[number] = asked, now
        asked.sent_at.append(now)
        asked.bytes_sent += len(data)
        return data

    def _drop(self, why: str) -> None:
        self.dropped[why] = self.dropped.get(why, 0) + 1
