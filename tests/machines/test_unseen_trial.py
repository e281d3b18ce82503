"""What both trials share: endpoints behind a NAT64, and ids that run out."""

from __future__ import annotations

from natscope.machines.api import Tick
from natscope.machines.helper.trial import HelperTrial
from natscope.machines.unseen_trial import ASK_GAPS_S, beside
from natscope.model.endpoint import Endpoint

SERVER = Endpoint.parse("192.0.2.1:3478")


def test_what_a_server_names_is_reached_through_the_same_prefix() -> None:
    six = Endpoint.parse("[64:ff9b::c000:201]:3478")
    assert beside(six, Endpoint.parse("192.0.2.2:3479")) == Endpoint.parse("[64:ff9b::c000:202]:3479")
    assert beside(SERVER, Endpoint.parse("192.0.2.2:3479")) == Endpoint.parse("192.0.2.2:3479")


def test_a_server_that_never_answers_is_asked_so_often_and_no_more() -> None:
    trial, now, sent = HelperTrial(SERVER, bytes(range(240))), 0.0, 0
    while not trial.is_over:
        sent += len(trial.handle(Tick(), now))
        now = max(now + 0.001, trial.deadline() or 0.0)
        assert now < 5
    assert sent == len(ASK_GAPS_S)
    assert trial.result.reason == "the server did not answer"


def test_without_ids_it_gives_up() -> None:
    trial = HelperTrial(SERVER, b"")
    assert trial.handle(Tick(), 0.0) == []
    assert trial.is_over
