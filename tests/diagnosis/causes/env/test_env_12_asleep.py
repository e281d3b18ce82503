"""A telephone that says nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.diagnosis.causes.env import env_12_asleep as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.relayed import explain_relayed
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import aged, node, peer, this

SILENT = Trial(silent=3)


@pytest.mark.parametrize(
    ("told", "trial", "holds"),
    [
        ({"os": "android"}, SILENT, "yes"), ({"os": "iOS"}, SILENT, "yes"), ({"os": "linux"}, SILENT, "no"),
        ({"os": "macOS"}, SILENT, "no"), ({"os": ""}, SILENT, "unknown"), ({"os": "android"}, Trial(), "unknown"),
        ({"os": "android", "is_online": None}, SILENT, "unknown"),
        ({"os": "android", "is_online": False}, SILENT, "no"),
    ],
)  # fmt: skip
def test_system_online_and_silence(told: dict[str, Any], trial: Trial, holds: str) -> None:
    facts = PairFacts(this(), peer(), trial=trial, node=node(**told))
    assert cause.pair_evidence(facts).holds is Tri(holds)


@pytest.mark.parametrize("silent", [1, 3, 40])
def test_never_more_than_possible(silent: int) -> None:
    facts = PairFacts(this(), peer(), trial=Trial(silent=silent), node=node(os="android"))
    assert cause.pair_evidence(facts).certainty is Certainty.POSSIBLE


@pytest.mark.parametrize(
    "trial",
    [
        Trial(silent=2, relayed=1), Trial(silent=2, by_peer_relay=1),
        Trial(silent=2, answered=(Endpoint.parse("192.0.2.1:1"),)),
    ],
)  # fmt: skip
def test_who_answers_is_awake(trial: Trial) -> None:
    facts = PairFacts(this(), peer(), trial=trial, node=node(os="android"))
    assert cause.pair_against(facts).holds is Tri.YES
    assert cause.pair_against(PairFacts(this(), peer(), trial=SILENT)).holds is Tri.NO


def test_it_is_the_reason_that_is_told() -> None:
    found = explain_relayed(PairFacts(this(), peer(), trial=SILENT, node=node(os="iOS")))
    assert (found.short, found.blame, found.certainty) == ("perhaps asleep", Blame.PEER, Certainty.POSSIBLE)
    assert found.sentence == "Perhaps the peer is asleep: iOS stops programs to save power."
    assert found.causes == ("NS-ENV-12",)
    silent = explain_relayed(PairFacts(this(), peer(), trial=SILENT, node=node(os="linux")))
    assert (silent.short, silent.causes) == ("no answer", ())


def test_keys_that_nobody_renews_are_silence_too() -> None:
    facts = PairFacts(this(), peer(), node=aged("android"))
    assert cause.pair_evidence(facts).certainty is Certainty.POSSIBLE
    found = explain_relayed(facts)
    assert (found.short, found.causes) == ("perhaps asleep", ("NS-ENV-12",))
    idle = msgspec.structs.replace(aged("android"), is_active=False)
    assert cause.pair_evidence(PairFacts(this(), peer(), node=idle)).holds is Tri.UNKNOWN
    both = cause.pair_evidence(PairFacts(this(), peer(), trial=SILENT, node=aged("android")))
    assert both.certainty is Certainty.POSSIBLE
    assert "no answer to 3 pings; no handshake for 15 min of sending" in both.detail
