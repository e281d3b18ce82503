"""From trains of packets to a limit: does somebody drop (or hold back) what comes faster than some rate?

A limiter with a token bucket (RFC 2697) lets a burst pass and from then on one rate, however fast a train is: the last
half of each of two fast trains gets through with the same rate, while a slow train arrives. Losses by chance take a
share, so what arrives grows with what is sent. A full line has one rate too, but its queue shows in round trips; then,
and only then, it takes TCP, which was faster, to call it a limit of UDP's own. Everything else stays unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from natscope.model.tri import Tri

SLOW, SHORT = "slow", "short"
DROPPED, HELD_BACK = "dropped", "held back"
CONSTANT = 1.35
"""Rates of two trains that are less apart are one rate."""
APART = 1.8
"""Trains that offered this much more or less say by themselves that the rate is a constant."""
CLEARLY = 0.05
Z_SCORE = 2.58
"""99 of 100 times the share of losses is below the bound that this gives (Wilson's interval)."""
QUEUE_S, QUEUE_PACKETS = 0.01, 2.0
"""A queue is there when trips grow by more than that, and by what so many packets take at the rate that passes."""
STRETCHED = 1.15
FASTER = 1.6
NO_TRAIN, UNCLEAR = "no train was counted", "fast trains lose more than slow ones, but no constant rate gets through"
LATE = "packets came back late when they were many, and in which direction they waited does not show"
WORSE = "slow trains got lost too, after fast ones: the way may have become worse meanwhile"
SLOW_LINE = "packets wait in a queue from there on: the line carries no more"
QUEUE_ALONE = "packets wait in a queue, and no TCP was measured beside it: the line may be just that slow"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a train: when it began (s after the train did), packets offered and passed, median round trip."""

    began_s: float
    offered: int
    passed: int
    trip_s: float | None


@dataclass(frozen=True, slots=True)
class RateTrain:
    """A train in one direction. `size` of its IP packets in bytes; it took `seconds` to send.

    `late`: it ended because packets came back late. From the first packet to the last it took `span_s` where they left,
    and `passed_span_s` where they arrived.
    """

    purpose: str
    size: int
    parts: tuple[Part, ...]
    seconds: float
    late: bool = False
    span_s: float = 0.0
    passed_span_s: float = 0.0

    @property
    def is_stretched(self) -> bool:
        """A queue filled in this direction: what left together arrived apart."""
        return self.late and self.passed > 1 and self.passed_span_s > STRETCHED * self.span_s

    @property
    def offered(self) -> int:
        """Packets that could pass."""
        return sum(part.offered for part in self.parts)

    @property
    def passed(self) -> int:
        """Those that did."""
        return sum(part.passed for part in self.parts)

    @property
    def tail(self) -> tuple[Part, ...]:
        """The last half."""
        return self.parts[len(self.parts) // 2 :]

    def _rate(self, packets: int) -> float:
        seconds = self.seconds - self.tail[0].began_s if self.parts else 0.0
        return packets / seconds if seconds > 0 else 0.0

    @property
    def offered_rate(self) -> float:
        """Packets a second in the last half."""
        return self._rate(sum(part.offered for part in self.tail))

    @property
    def passed_rate(self) -> float:
        """The same of what passed; where a queue filled, by the server's clock."""
        if self.is_stretched:
            return (self.passed - 1) / self.passed_span_s
        return self._rate(sum(part.passed for part in self.tail))

    @property
    def tail_loss(self) -> float:
        """The share of the last half that did not pass, 0 where nothing was offered."""
        offered = sum(part.offered for part in self.tail)
        return 1 - sum(part.passed for part in self.tail) / offered if offered else 0.0

    @property
    def trip_s(self) -> float | None:
        """The median round trip of the last half's parts."""
        trips = sorted(part.trip_s for part in self.tail if part.trip_s is not None)
        return trips[len(trips) // 2] if trips else None


@dataclass(frozen=True, slots=True)
class TcpUpload:
    """The control: `size` in bytes, `seconds` from the first of them to the last answer, a round trip in it."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RateVerdict:
    """One direction. Rates in packets of `size` bytes a second; `carried` is that of the fastest train without a limit.

    `counted` is `packets` or `bytes` where a train of short packets showed it, `manner` `dropped` or `held back`.
    """

    limited: Tri
    rate: float | None = None
    size: int = 0
    burst: int | None = None
    counted: str = ""
    manner: str = ""
    carried: float | None = None
    udp_only: Tri = Tri.UNKNOWN
    reason: str = ""


def classify_rate(trains: Sequence[RateTrain], tcp: TcpUpload | None = None) -> RateVerdict:
    """One direction's verdict. `tcp` is given for the direction that was measured so."""
    everything = [train for train in trains if train.purpose != SHORT and train.offered]
    stretched = [train for train in everything if train.is_stretched]
    full = [train for train in everything if not train.late]
    slow = [train for train in full if train.purpose == SLOW]
    if not slow:
        return RateVerdict(Tri.UNKNOWN, reason=NO_TRAIN)
    bound = _bound(slow[:1], full)
    lossy = [train for train in full if train.tail_loss > bound and train.purpose != SLOW]
    fine = [train for train in full if train not in lossy and _is_as_slower_ones(train, full)]
    carried = max((train.offered_rate for train in fine), default=None)
    size = full[0].size
    for filling in (stretched, [train for train in lossy if _has_queue(train, slow[0])]):
        if len(filling) > 1 and _is_one([train.passed_rate for train in filling]):
            return _of_a_queue(filling, tcp, carried, size)
    if not lossy:
        return _of_no_loss(everything, fine, carried, size)
    again = slow[1:]
    rate = _constant(lossy, slow + fine)
    if rate is None:
        return RateVerdict(Tri.UNKNOWN, size=size, carried=carried, reason=UNCLEAR)
    if any(_wilson([t], lower=True) > bound and not _is_near(t.passed_rate, rate) for t in again):
        return RateVerdict(Tri.UNKNOWN, size=size, carried=carried, reason=WORSE)
    under = [train.offered_rate for train in fine if train.offered_rate <= rate]
    first = min(lossy, key=lambda train: train.offered_rate)
    burst = max(0, round(first.passed - rate * first.seconds))
    short = next((t for t in trains if t.purpose == SHORT and t.offered), None)
    return RateVerdict(
        Tri.YES, rate=rate, size=size, burst=burst, manner=DROPPED, carried=max(under, default=None),
        counted=_counted(short, rate, size, bound), udp_only=_faster(tcp, rate * size, burst * size),
    )  # fmt: skip


def _bound(slow: Sequence[RateTrain], full: Sequence[RateTrain]) -> float:
    """The losses of a train that may be chance: what the slow one shows, sharper by all that look like it."""
    bound = _wilson(slow) + CLEARLY
    alike = [train for train in full if train.tail_loss <= bound - CLEARLY]
    return min(bound, _wilson([*slow, *(t for t in alike if t not in slow)]) + CLEARLY)


def _is_as_slower_ones(train: RateTrain, full: Sequence[RateTrain]) -> bool:
    """It lost no larger share than all that were slower."""
    others = [other for other in full if other.offered_rate < train.offered_rate] or [train]
    usual = 1 - sum(other.passed for other in others) / sum(other.offered for other in others)
    return train.tail_loss <= usual + CLEARLY


def _wilson(trains: Sequence[RateTrain], *, lower: bool = False) -> float:
    """The upper or lower end of Wilson's interval for the share of losses."""
    count = sum(train.offered for train in trains)
    share = 1 - sum(train.passed for train in trains) / count
    z2 = Z_SCORE * Z_SCORE
    spread = Z_SCORE * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return (share + z2 / (2 * count) + (-spread if lower else spread)) / (1 + z2 / count)


def _has_queue(train: RateTrain, slow: RateTrain) -> bool:
    """Whether what passed came later than what the slow train had: by more than chance, by some packets' time."""
    trips = [part.trip_s for part in slow.parts if part.trip_s is not None]
    if train.trip_s is None or slow.trip_s is None or not train.passed_rate:
        return False
    spread_s = max(trips) - min(trips)
    return train.trip_s - slow.trip_s > max(QUEUE_S, 2 * spread_s, QUEUE_PACKETS / train.passed_rate)


def _constant(lossy: Sequence[RateTrain], fine: Sequence[RateTrain]) -> float | None:
    """The rate that passes in two trains and more; None where it is none, or where chance explains it as well."""
    rates = sorted(train.passed_rate for train in lossy)
    if len(rates) < 2 or not _is_one(rates):
        return None
    offered = [train.offered_rate for train in lossy]
    is_steady = all(_is_steady(train) for train in lossy)
    apart = max(offered) >= APART * min(offered)
    slower = any(train.offered_rate < min(offered) for train in fine)
    return rates[len(rates) // 2] if is_steady and (apart or slower) else None


def _is_steady(train: RateTrain) -> bool:
    """No half of the tail without anything while the other is whole: that would be a short outage."""
    half = len(train.tail) // 2 or 1
    passed = [sum(p.passed for p in part) / max(1, sum(p.offered for p in part))
              for part in (train.tail[:half], train.tail[half:]) if part]  # fmt: skip
    return max(passed) - min(passed) < 0.5


def _is_one(rates: Sequence[float]) -> bool:
    return 0 < max(rates) <= CONSTANT * min(rates)


def _is_near(one: float, other: float) -> bool:
    return other / CONSTANT <= one <= other * CONSTANT


def _of_no_loss(
    everything: Sequence[RateTrain], fine: Sequence[RateTrain], carried: float | None, size: int
) -> RateVerdict:
    """No limit, as long as the fastest train is one of those that passed, or was so when it was tried again."""
    fastest = max(everything, key=lambda train: train.offered_rate)
    if fastest in fine or (fastest.late and carried and carried * CONSTANT >= fastest.offered_rate):
        return RateVerdict(Tri.NO, size=size, carried=carried)
    return RateVerdict(Tri.UNKNOWN, size=size, carried=carried, reason=LATE if fastest.late else UNCLEAR)


def _of_a_queue(filling: Sequence[RateTrain], tcp: TcpUpload | None, carried: float | None, size: int) -> RateVerdict:
    """A slow line, unless TCP is faster on it."""
    rate = min(train.passed_rate for train in filling)
    if tcp is None:
        return RateVerdict(Tri.UNKNOWN, size=size, carried=carried, reason=QUEUE_ALONE)
    if _faster(tcp, rate * size, 0) is Tri.YES:
        return RateVerdict(Tri.YES, rate=rate, size=size, manner=HELD_BACK, carried=carried, udp_only=Tri.YES)
    return RateVerdict(Tri.NO, rate=rate, size=size, carried=carried, reason=SLOW_LINE)


def _faster(tcp: TcpUpload | None, bytes_per_s: float, burst_bytes: float) -> Tri:
    """Whether TCP carried clearly more than the limit and its burst explain; not faster may have other reasons."""
    if tcp is None:
        return Tri.UNKNOWN
    return Tri.YES if tcp.size > FASTER * bytes_per_s * tcp.seconds + burst_bytes else Tri.UNKNOWN


def _counted(short: RateTrain | None, rate: float, size: int, bound: float) -> str:
    """Short packets at a rate that long ones do not have: all pass where bytes are counted."""
    if short is None or short.offered_rate * short.size > rate * size or short.offered_rate < CONSTANT * rate:
        return ""
    if short.tail_loss <= bound:
        return "bytes"
    return "packets" if _is_near(short.passed_rate, rate) else ""
