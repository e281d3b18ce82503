"""When a survey sends, and when it is over."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from natscope.host.api import Failure
from natscope.model.endpoint import Endpoint, Family
from natscope.plugins.stun_plan import PlannedSend, ProbePlan
from natscope_probes._relay_survey import Survey


@dataclass
class Exchange:
    """A request as the survey sees it."""

    region_id: int
    family: Family = 4
    answered_at: float | None = None
    failure: Failure | None = None
    sent_at: float = 0.0
    mapped: Endpoint | None = None

    @property
    def target(self) -> Endpoint:
        return Endpoint(ipaddress.ip_address("192.0.2.1" if self.family == 4 else "2001:db8::1"), 3478)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.failure is None


def plan(regions: int = 1, families: tuple[Family, ...] = (4,)) -> ProbePlan:
    sends = [
        PlannedSend(at, family, region, f"{region}a", number, only_if_silent=at == 0.6)
        for number, at in enumerate((0.0, 0.1, 0.2, 0.6))
        for region in range(1, regions + 1)
        for family in families
    ]
    return ProbePlan(tuple(sends), 1.5, tuple(range(1, regions + 1)))


class Play:
    """A survey driven by hand."""

    def __init__(self, made: ProbePlan, families: tuple[Family, ...] = (4, 6)) -> None:
        self.survey = Survey(made, families)
        self.answered: dict[int, float] = {}
        self.exchanges: list[Exchange] = []

    def due(self, now: float, failure: Failure | None = None) -> list[Exchange]:
        """Send what is due."""
        fresh = []
        for send in self.survey.due(now, self.answered):
            exchange = Exchange(send.region_id, send.family, failure=failure, sent_at=now)
            self.survey.sent(send, exchange)
            fresh.append(exchange)
        self.exchanges += fresh
        return fresh

    def answer(self, exchange: Exchange, rtt: float) -> None:
        exchange.answered_at = exchange.sent_at + rtt
        self.answered[exchange.region_id] = min(rtt, self.answered.get(exchange.region_id, rtt))

    def wake(self, now: float) -> float | None:
        return self.survey.wake_at(now, self.answered)


def test_over_when_all_samples_came_back() -> None:
    play = Play(plan())
    for now in (0.0, 0.1, 0.2):
        play.answer(play.due(now)[0], 0.03)
        if now < 0.2:
            assert play.wake(now + 0.03) == now + 0.1
    assert play.wake(0.23) is None


def test_lost_samples_are_waited_for_a_little() -> None:
    play = Play(plan())
    play.answer(play.due(0.0)[0], 0.04)
    play.due(0.1)
    play.due(0.2)
    wake = play.wake(0.2)
    assert wake is not None
    assert 0.24 < wake <= 0.2 + 1.25 * 0.04 + 0.03
    assert play.wake(wake) is None


def test_a_silent_region_is_asked_again_and_holds() -> None:
    play = Play(plan(2))
    for now in (0.0, 0.1, 0.2):
        for exchange in play.due(now):
            if exchange.region_id == 1:
                play.answer(exchange, 0.01)
    assert play.wake(0.25) == 0.6
    assert [e.region_id for e in play.due(0.6)] == [2]
    assert play.wake(0.61) == 1.5
    assert play.wake(1.5) is None


def test_the_last_region_to_answer_ends_it() -> None:
    play = Play(plan(2))
    for now in (0.0, 0.1, 0.2):
        for exchange in play.due(now):
            if exchange.region_id == 1:
                play.answer(exchange, 0.01)
    for exchange in play.exchanges:
        if exchange.region_id == 2:
            play.answer(exchange, 0.5)
    assert play.wake(0.7) is None


def test_a_family_that_swallows_everything_holds() -> None:
    play = Play(plan(2, (4, 6)))
    for now in (0.0, 0.1, 0.2):
        for exchange in play.due(now):
            if exchange.family == 4:
                play.answer(exchange, 0.01)
    assert play.wake(0.25) == 1.5


def test_one_silent_family_of_one_region_does_not_hold() -> None:
    play = Play(plan(2, (4, 6)))
    for now in (0.0, 0.1, 0.2):
        for exchange in play.due(now):
            if exchange.family == 4 or exchange.region_id == 1:
                play.answer(exchange, 0.01)
    wake = play.wake(0.21)
    assert wake is None or wake < 0.3


def test_no_route_is_not_tried_again() -> None:
    play = Play(plan())
    assert len(play.due(0.0, Failure.UNREACHABLE_NET)) == 1
    assert play.due(0.1) == []
    assert play.due(0.2) == []
    assert play.due(0.6) == []
    assert play.wake(0.61) is None


def test_icmp_errors_end_the_waiting_but_not_the_rounds() -> None:
    play = Play(plan())
    for now in (0.0, 0.1, 0.2):
        play.due(now)[0].failure = Failure.REFUSED
    assert play.wake(0.21) is None
    assert play.due(0.6) == []


def test_permission_denied_is_tried_again() -> None:
    play = Play(plan())
    play.due(0.0, Failure.PERMISSION)
    assert len(play.due(0.1)) == 1


def test_a_family_without_a_socket_is_left_out() -> None:
    play = Play(plan(1, (4, 6)), families=(6,))
    assert [e.family for e in play.due(0.0)] == [6]


def test_look_ups_hold_until_the_end_of_silence() -> None:
    made = plan()
    play = Play(made)
    for send in play.survey.due(0.0, {}):
        play.survey.looking_up(send, 1)
    assert list(play.survey.due(0.2, {}))
    assert play.wake(0.3) == 0.6
    play.survey.looking_up(made.sends[0], -1)
    assert play.wake(0.3) is None


def test_an_empty_plan_is_over_at_once() -> None:
    assert Play(ProbePlan()).wake(0.0) is None


def test_a_late_round_goes_out_in_bursts() -> None:
    """The computer was busy for a second: what is due leaves 64 at a time, 5 ms apart, whatever comes in meanwhile."""
    play = Play(plan(50))
    assert len(play.due(0.3)) == 64
    assert play.due(0.301) == []
    assert play.wake(0.301) == 0.305
    assert len(play.due(0.305)) == 64
    assert len(play.due(0.31)) == 150 - 128


def test_waking_a_hair_early_is_in_time() -> None:
    play = Play(plan())
    play.due(0.0)
    assert len(play.due(0.0999)) == 1
