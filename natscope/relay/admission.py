"""Who may use the relay: whom a tailscaled and an admission server know.

The order is upstream's (derp/derpserver/derpserver.go, verifyClient): the mesh key lets in without a question (the
relay sees to that); then each check that is set must say yes, probers included. A yes is kept for ten minutes, so that
a check that is down for a moment, or a client that reconnects often, costs nothing; a no never is, since a node that
was added just now must get in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from natscope.model.endpoint import IPAddress
from natscope.relay.remembered import Remembered
from natscope.relay.seams import Applicant
from natscope.web.metrics import COUNTER, Family

YES_S = 600.0
MAX_REMEMBERED = 16_384
MAX_QUESTIONS, MAX_WAITING, WAIT_S = 64, 1000, 5.0
"""Asked at the same time; who comes beyond waits so long, which leaves a question's five seconds before the relay gives
the greeting up. Nobody tells when a waiting client hangs up, so that both numbers bound what a flood can pile up here.
"""
BUSY = "too many are waiting to be let in"


@dataclass(frozen=True, slots=True)
class Answer:
    """`allowed`, and why not in words (foreign text may be in them). `is_sure` is False when nobody could be asked and
    the operator's setting decided: such an answer is not remembered.
    """

    allowed: bool
    reason: str = ""
    is_sure: bool = True


class Check(Protocol):
    """One who can be asked."""

    async def ask(self, who: Applicant) -> Answer:
        """Never raises for what the other side does or does not do."""
        ...


@dataclass(slots=True)
class AdmissionCounters:
    """Numbers since the start. `unsure` are those who were let in since nobody could be asked.

    `failed` are answers that did not come, `busy` those who were turned away since too many waited. `asked` questions
    took `asked_s` seconds together.
    """

    allowed: int = 0
    refused: int = 0
    remembered: int = 0
    unsure: int = 0
    failed: int = 0
    busy: int = 0
    asked: int = 0
    asked_s: float = 0.0


class AskedAdmission:
    """An `Admission` that asks `checks` in turn, at most `MAX_QUESTIONS` clients at a time, on one event loop."""

    def __init__(
        self, checks: Sequence[Check], now: Callable[[], float], *, remember_s: float = YES_S,
        on_refused: Callable[[Applicant, str], None] | None = None,
    ) -> None:  # fmt: skip
        """`now` is a clock that never goes back; `on_refused` hears of everybody who is turned away, and why.

        `on_known`, when set, hears of each yes that is remembered.
        """
        self.counters = AdmissionCounters()
        self._checks = tuple(checks)
        self._now = now
        self._yes: Remembered[tuple[bytes, IPAddress]] = Remembered(remember_s, MAX_REMEMBERED)
        self._questions = asyncio.Semaphore(MAX_QUESTIONS)
        self._on_refused = on_refused
        self.on_known: Callable[[bytes, IPAddress], None] | None = None
        self._waiting = 0

    async def decide(self, applicant: Applicant) -> bool:
        """Whether this client may use the relay."""
        who = (applicant.key, applicant.address.ip)
        if self._yes.has(who, self._now()):
            self.counters.remembered += 1
            return True
        answers = await self._in_turn(applicant)
        if not all(answer.allowed for answer in answers):
            self.counters.refused += 1
            if self._on_refused is not None:
                self._on_refused(applicant, answers[-1].reason)
            return False
        self.counters.allowed += 1
        if all(answer.is_sure for answer in answers):
            self.know(*who)
            if self.on_known is not None:
                self.on_known(*who)
        else:
            self.counters.unsure += 1
        return True

    def know(self, key: bytes, ip: IPAddress) -> None:
        """Remember a yes, of this process or of another that serves the same relay."""
        self._yes.add((key, ip), self._now())

    async def _in_turn(self, applicant: Applicant) -> list[Answer]:
        if self._waiting >= MAX_WAITING:
            self.counters.busy += 1
            return [Answer(False, BUSY, is_sure=False)]
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_S):
                await self._questions.acquire()
        except TimeoutError:
            self.counters.busy += 1
            return [Answer(False, BUSY, is_sure=False)]
        finally:
            self._waiting -= 1
        try:
            return await self._ask(applicant)
        finally:
            self._questions.release()

    async def _ask(self, applicant: Applicant) -> list[Answer]:
        """One answer after another, until the first no."""
        answers: list[Answer] = []
        for check in self._checks:
            began = self._now()
            answers.append(await check.ask(applicant))
            self.counters.asked += 1
            self.counters.asked_s += self._now() - began
            self.counters.failed += not answers[-1].is_sure
            if not answers[-1].allowed:
                break
        return answers


def admission_metrics(admission: AskedAdmission | None) -> list[Family]:
    """Its numbers; none where everybody is let in."""
    if admission is None:
        return []
    counters = admission.counters
    results = {
        "allowed": counters.allowed - counters.unsure, "failed_open": counters.unsure, "refused": counters.refused,
        "remembered": counters.remembered,
    }  # fmt: skip
    samples = {f'{{result="{result}"}}': float(count) for result, count in results.items()}
    return [
        Family("natscope_admission", COUNTER, "Clients about whom was decided, by result.", samples),
        Family("natscope_admission_errors", COUNTER, "Questions that got no answer.", {"": counters.failed}),
        Family("natscope_admission_busy", COUNTER, "Clients refused unasked: too many waited.", {"": counters.busy}),
        Family("natscope_admission_questions", COUNTER, "Questions that were asked.", {"": counters.asked}),
        Family("natscope_admission_seconds", COUNTER, "What they took together.", {"": round(counters.asked_s, 6)}),
    ]
