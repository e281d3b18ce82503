"""Which train comes next: slow ones first, faster ones while the way carries them, and again where it does not.

A train that ended because packets came back late is tried once more: a queue that fills does so again, a radio or a
computer that was busy for a moment does not. A train is lossy when its last half lost clearly more than the slow one
did. Then the slow one is tried again (the way was not just down for a while), the fast one too (a limit lets the same
rate pass each time), and one of short packets at a rate that clearly lost, which shows whether packets or bytes are
counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from natscope.machines.helper.train import TrainPlan, TrainResult, tail_loss

RATES = (25, 100, 250, 500)
"""Packets a second; a train lasts a second."""
GENTLE_RATES = RATES[:2]
SHORT_BYTES = 72
"""A short packet's STUN message."""
CLEARLY, MUCH = 0.12, 0.3
MOST_LATE = 2
MOST_TRAINS = len(RATES) + 3 + MOST_LATE
MOST_PACKETS = sum(RATES) + RATES[0] + (2 + MOST_LATE) * RATES[-1]
SLOW, RISE, AGAIN, SHORT = "slow", "rise", "again", "short"


@dataclass(slots=True)
class Ramp:
    """Ask `next` for a plan, run it, give the result to `add`; it is over when `next` is None.

    `length` of a packet's STUN message in bytes; times the rate of the last train it is what the way has to carry.
    """

    length: int
    rates: tuple[int, ...] = RATES
    done: list[tuple[str, TrainResult]] = field(default_factory=list)

    def next(self) -> tuple[str, TrainPlan] | None:
        """Why, and what."""
        if any(result.reason for _, result in self.done) or len(self.done) >= MOST_TRAINS:
            return None
        rate = self._rise()
        if rate is not None:
            return (RISE if self.done else SLOW), self._plan(rate)
        risen = [result for why, result in self.done if why in (SLOW, RISE)]
        lossy = [result.plan.rate for result in risen if self._is_lossy(result)]
        clearly = [result.plan.rate for result in risen if self._is_lossy(result) and losses(result) > MUCH]
        tried = {why for why, _ in self.done}
        if lossy and AGAIN not in tried:
            return AGAIN, self._plan(max(lossy))
        if lossy and sum(why == SLOW for why, _ in self.done) == 1:
            return SLOW, self._plan(self.rates[0])
        if lossy and SHORT not in tried:
            return SHORT, self._plan(min(clearly, default=max(lossy)), SHORT_BYTES)
        return None

    def _rise(self) -> int | None:
        """The next rate of those that rise; a train that was late once more, None when it was so again."""
        done = [result for why, result in self.done if why in (SLOW, RISE)]
        for rate in self.rates:
            tries = [result for result in done if result.plan.rate == rate]
            if all(result.late for result in tries):
                late = sum(result.late for result in done)
                return rate if len(tries) < 2 and late <= MOST_LATE else None
        return None

    def add(self, why: str, result: TrainResult) -> None:
        """One is over."""
        self.done.append((why, result))

    @property
    def needs_control(self) -> bool:
        """Whether something got lost or waited, so that TCP beside it is worth its bytes."""
        return any(result.late or self._is_lossy(result) for why, result in self.done if why != SLOW)

    def _plan(self, rate: int, length: int = 0) -> TrainPlan:
        return TrainPlan(len(self.done) % 256, rate, rate, length or self.length)

    def _is_lossy(self, result: TrainResult) -> bool:
        usual = min((losses(r) for why, r in self.done if why == SLOW), default=0.0)
        return losses(result) > usual + CLEARLY


def losses(result: TrainResult) -> float:
    """The larger of both directions' losses in the last half: of what was sent, and of what arrived."""
    if result.arrived is None:
        return 0.0
    numbers = range(len(result.sent))
    there = sorted(result.arrived)
    return max(tail_loss(numbers, result.arrived), tail_loss(there, result.echoes))
