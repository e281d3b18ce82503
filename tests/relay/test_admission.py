"""Who may use the relay: each check must say yes, a yes is kept, a no is not, and a flood of questions is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from natscope.model.endpoint import Endpoint
from natscope.relay.admission import BUSY, MAX_QUESTIONS, MAX_WAITING, WAIT_S, YES_S, Answer, AskedAdmission, Check
from natscope.relay.seams import Applicant
from natscope.sim.loop import SimLoop


def who(number: int = 1, address: str = "192.0.2.7:4000") -> Applicant:
    return Applicant(key=number.to_bytes(32, "big"), address=Endpoint.parse(address), is_prober=number == 13)


def in_virtual_time(main: Callable[[], Awaitable[None]]) -> None:
    with asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(main())  # type: ignore[arg-type] # coroutine functions only


class Says:
    """A check that gives the same answer each time, after `takes_s`."""

    def __init__(self, answer: Answer, takes_s: float = 0.0) -> None:
        self.answer, self.takes_s = answer, takes_s
        self.asked: list[Applicant] = []
        self.at_once = self.most_at_once = 0

    async def ask(self, applicant: Applicant) -> Answer:
        self.asked.append(applicant)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.takes_s)
        self.at_once -= 1
        return self.answer


class Desk:
    """An admission with a clock that is set by hand."""

    def __init__(self, *checks: Check) -> None:
        self.now = 0.0
        self.refused: list[str] = []
        self.admission = AskedAdmission(
            checks, lambda: self.now, on_refused=lambda applicant, reason: self.refused.append(reason)
        )

    async def decide(self, applicant: Applicant) -> bool:
        return await self.admission.decide(applicant)


YES, NO = Answer(True), Answer(False, "not known")


async def test_all_checks_must_say_yes_and_the_first_no_ends_it() -> None:
    for first, second, allowed in ((YES, YES, True), (YES, NO, False), (NO, YES, False)):
        one, two = Says(first), Says(second)
        desk = Desk(one, two)
        assert await desk.decide(who()) is allowed
        assert len(two.asked) == first.allowed
        assert desk.refused == ([] if allowed else ["not known"])


async def test_probers_are_asked_about_too() -> None:
    check = Says(NO)
    assert not await Desk(check).decide(who(13))
    assert [applicant.is_prober for applicant in check.asked] == [True]


async def test_a_yes_is_kept_for_ten_minutes_for_that_key_from_that_address() -> None:
    check = Says(YES)
    desk = Desk(check)
    assert await desk.decide(who())
    check.answer = NO
    desk.now = YES_S - 0.1
    assert await desk.decide(who(address="192.0.2.7:5000"))
    assert not await desk.decide(who(address="192.0.2.8:4000"))
    assert not await desk.decide(who(2))
    desk.now = YES_S
    assert not await desk.decide(who())
    counters = desk.admission.counters
    assert (counters.allowed, counters.remembered, counters.refused) == (1, 1, 3)


async def test_a_no_is_never_kept() -> None:
    check = Says(NO)
    desk = Desk(check)
    assert not await desk.decide(who())
    check.answer = YES
    assert await desk.decide(who())


async def test_what_a_setting_decided_is_not_kept() -> None:
    check = Says(Answer(True, "nobody there", is_sure=False))
    desk = Desk(check)
    assert await desk.decide(who())
    assert desk.admission.counters.unsure == 1
    check.answer = NO
    assert not await desk.decide(who())


def test_questions_at_once_are_bounded_and_nobody_is_forgotten() -> None:
    async def flood() -> None:
        check = Says(YES, takes_s=0.01)
        desk = Desk(check)
        answers = await asyncio.gather(*(desk.decide(who(n)) for n in range(500)))
        assert all(answers)
        assert check.most_at_once == MAX_QUESTIONS

    in_virtual_time(flood)


def test_a_flood_while_the_check_hangs_is_turned_away_and_ends() -> None:
    async def flood() -> None:
        check = Says(NO, takes_s=WAIT_S)
        desk = Desk(check)
        number = MAX_QUESTIONS + MAX_WAITING + 500
        answers = await asyncio.gather(*(desk.decide(who(n)) for n in range(number)))
        assert not any(answers)
        assert desk.refused.count(BUSY) >= 500
        assert len(check.asked) <= 2 * MAX_QUESTIONS
        check.answer, check.takes_s = YES, 0.0
        assert await desk.decide(who(1))

    in_virtual_time(flood)
