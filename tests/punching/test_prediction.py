"""Prediction against fact: for every pair of networks, what the reports foretell is what two plain punchers reach.

Reports are those of the product's own netcheck in the simulator; facts come from a puncher that knows nothing of it.
"""

from __future__ import annotations

import pytest

from natscope.model.pair import Outcome, Prediction, Via
from tests.punching import cells
from tests.punching.behaviours import behaviours
from tests.punching.two_sites import text_of

NETWORKS = behaviours(every=False)
"""The whole product is measured for docs/accuracy.md (`benchmarks/accuracy.py`)."""
NAMES = list(NETWORKS)
LAB = (
    "cloud-machine", "cloud-gateway", "network-shadowed", "own-rules", "taken-for-attack", "relays-inside",
    "port-taken", "stun-filtered",
)  # fmt: skip
"""Scenarios in which something beside the router decides, or is to be kept out of the decision."""
BESIDE = ("public", "ei/ad/random", "ei/aapd/random", "aapd/aapd/random", "hard, opened port")
NOTHING_SEEN = ("relays-inside", "port-taken", "stun-filtered")
"""Of these no report knows the way out."""
UNKNOWABLE = {("firewall by address", "unpaired pool"), ("ei/ad/random", "unpaired pool")}
"""Which of its addresses the pool picks for a peer is chance: nobody can foretell it."""


def text(name: str) -> str:
    return NETWORKS[name] if name in NETWORKS else text_of(name)


def foretold(first: str, second: str) -> Prediction:
    return cells.foretold(text(first), text(second))


def is_direct(first: str, second: str) -> bool:
    return cells.is_direct(text(first), text(second))


@pytest.mark.parametrize("at", range(len(NAMES)), ids=NAMES)
def test_prediction_is_fact(at: int) -> None:
    """One network with itself and all that stand behind it in the list: every cell once."""
    wrong, unknown = [], set()
    for other in NAMES[at:]:
        told = foretold(NAMES[at], other)
        if told.path == "unknown":
            unknown.add((NAMES[at], other))
        elif (told.path == "direct") != is_direct(NAMES[at], other):
            wrong.append((other, told.path, told.reason))
    assert wrong == []
    assert unknown == {cell for cell in UNKNOWABLE if cell[0] == NAMES[at]}


@pytest.mark.parametrize("name", LAB)
def test_prediction_is_fact_for_scenarios_of_the_lab(name: str) -> None:
    """With networks of each kind and with each other, from both sides."""
    for other in (*BESIDE, *LAB):
        for first, second in ((name, other), (other, name)):
            told = foretold(first, second)
            if told.path == "unknown":
                assert {first, second} & set(NOTHING_SEEN), (first, second, told.reason)
            else:
                assert (told.path == "direct") is is_direct(first, second), (first, second, told.reason)


@pytest.mark.parametrize(
    ("first", "second", "via"),
    [
        ("usual+ipv6", "hard+ipv6", Via.V6),
        ("hard+open ipv6", "ipv6 only", Via.V6),
        ("hard, opened port", "aapd/aapd/random", Via.PORT_MAPPING),
        ("ei/aapd/random", "ei/aapd/random", Via.V4),
        ("public", "udp blocked", Via.UNKNOWN),
    ],
)
def test_the_way(first: str, second: str, via: Via) -> None:
    assert foretold(first, second).via is foretold(second, first).via is via


def test_guessing_is_no_direct_path_but_has_a_chance() -> None:
    told = foretold("ei/aapd/random", "aapd/aapd/random")
    assert told.path == "relay"
    assert told.probability == pytest.approx(0.982, abs=0.001)
    guess = next(row for row in told.candidates if row.via is Via.PORT_GUESSING)
    assert guess.result is Outcome.GUESS


def test_the_punchers_can_fail() -> None:
    """The teeth: a prediction for another network than the one that stands there is found out."""
    assert not is_direct("aapd/aapd/random", "ei/aapd/random")
    assert is_direct("ei/ad/random", "aapd/aapd/random")
