"""Pings to one node of a mesh, and what they add up to."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from natscope.model.mesh_path import PingAnswer


class PingWay(enum.StrEnum):
    """By which way a pong came. `UNTOLD`: TSMP, ICMP and peerapi do not say."""

    DIRECT = "direct"
    RELAY = "relay"
    PEER_RELAY = "peer-relay"
    UNTOLD = "untold"
    NONE = "none"
    """There was no pong."""


class PingShot(msgspec.Struct, frozen=True, kw_only=True):
    """One ping. `at_s` is when it was sent, since the first one; `took_s` until its pong, or until it was given up;
    `ended_at` the wall clock then.
    """

    number: int
    at_s: float
    took_s: float
    answer: PingAnswer
    ended_at: datetime | None = None

    @property
    def way(self) -> PingWay:
        """The way of its pong."""
        answer = self.answer
        if answer.error:
            return PingWay.NONE
        if answer.endpoint is not None:
            return PingWay.DIRECT
        if answer.peer_relay:
            return PingWay.PEER_RELAY
        return PingWay.RELAY if answer.relay_id or answer.relay_code else PingWay.UNTOLD

    @property
    def path(self) -> str:
        """The way with the relay's code: `relay fra`, `direct`; empty without a pong."""
        if self.way is PingWay.RELAY:
            return f"relay {self.answer.relay_code or self.answer.relay_id}"
        return "" if self.way is PingWay.NONE else self.way.value

    @property
    def rtt_ms(self) -> float | None:
        """As the program measured it; None without a pong."""
        if self.answer.error or self.answer.latency_s is None:
            return None
        return self.answer.latency_s * 1000


class PathShare(msgspec.Struct, frozen=True, kw_only=True):
    """One path among the pongs: `share` 0.0 to 1.0, `median_ms` of its round trips."""

    path: str
    pongs: int
    share: float
    median_ms: float | None


class PingOutcome(enum.StrEnum):
    """What the pings show. `ANSWERED`: pongs came, by a way that their kind does not tell."""

    DIRECT = "direct"
    RELAYED = "relayed"
    ANSWERED = "answered"
    NO_ANSWER = "no-answer"


class LossPattern(msgspec.Struct, frozen=True, kw_only=True):
    """Of each `period` packets in a row the same `lost` ones get lost, `periods` whole times in `packets` packets.

    `misfits` packets did otherwise. `chance`, at most: how often losses that do not know of each other look like that.
    """

    period: int
    lost: int
    periods: int
    packets: int
    misfits: int
    chance: float


class PingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Round trips in milliseconds; None where nothing came back. `stddev_ms` is that of the population.

    `loss` is 0.0 to 1.0. `direct_after_s`: from the first ping to the first direct pong. `faster_ms`: the median of
    relayed pongs less that of direct ones, None unless both came. `last_way` is that of the last pong. `lasted_s`: from
    the first ping to the end of the last one. `loss_pattern`: None where nothing regular is to be seen.
    """

    sent: int = 0
    received: int = 0
    loss: float = 0.0
    min_ms: float | None = None
    avg_ms: float | None = None
    median_ms: float | None = None
    max_ms: float | None = None
    stddev_ms: float | None = None
    paths: tuple[PathShare, ...] = ()
    outcome: PingOutcome = PingOutcome.NO_ANSWER
    last_way: PingWay = PingWay.NONE
    direct_after_s: float | None = None
    faster_ms: float | None = None
    lasted_s: float = 0.0
    loss_pattern: LossPattern | None = None
