"""Loss counts at places that answer, and from one in twenty on."""

from __future__ import annotations

import pytest

from natscope.diagnosis.lossy import loses_packets, loss_share, may_be_lost
from natscope.model.observation import Observation, Outcome


def asked(target: str, outcome: Outcome, times: int) -> list[Observation]:
    one = Observation(id="o1", kind="stun.binding", probe="relay_stun", outcome=outcome, target=target)
    return [one] * times


LIVING, DEAD = "192.0.2.1:3478", "192.0.2.2:3478"


@pytest.mark.parametrize(("lost", "expected"), [(0, False), (1, False), (2, True)])
def test_one_in_twenty_is_no_loss_to_speak_of(lost: int, expected: bool) -> None:
    seen = asked(LIVING, Outcome.ANSWERED, 20 - lost) + asked(LIVING, Outcome.NO_ANSWER, lost)
    assert loses_packets(seen) is expected


def test_a_place_that_never_answers_says_nothing_about_the_way() -> None:
    assert not loses_packets(asked(LIVING, Outcome.ANSWERED, 4) + asked(DEAD, Outcome.NO_ANSWER, 7))
    assert not loses_packets([])


def test_few_requests_may_all_get_lost_and_many_do_not() -> None:
    seen = asked(LIVING, Outcome.ANSWERED, 8) + asked(LIVING, Outcome.NO_ANSWER, 2)
    assert loss_share(seen) == pytest.approx(0.2)
    assert may_be_lost(seen, 4)
    assert not may_be_lost(seen, 7)


def test_one_loss_of_few_may_be_one_of_more() -> None:
    assert may_be_lost(asked(LIVING, Outcome.ANSWERED, 11) + asked(LIVING, Outcome.NO_ANSWER, 1), 4)
    assert not may_be_lost(asked(LIVING, Outcome.ANSWERED, 99) + asked(LIVING, Outcome.NO_ANSWER, 1), 4)


def test_without_any_loss_nothing_is_put_down_to_it() -> None:
    assert not may_be_lost(asked(LIVING, Outcome.ANSWERED, 3), 1)
    assert not may_be_lost([], 1)
    assert not may_be_lost(asked(LIVING, Outcome.NO_ANSWER, 3), 3)
