"""`hairpinning`: a packet that came is yes; silence is no only with six calls, controls, a stable and common port."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_hairpin import CUT, DIFFERS, NO_CONTROL, ONE_PEER, UNLEARNT, UNSTABLE, hairpin_part
from natscope.netcheck.nat_part import NatInputs, NatPart

GOOD: dict[str, Any] = {"calls": 6, "controls": 6, "controls_answered": 6, "stable": True, "shows": ""}


def tried(outcome: Outcome = Outcome.NO_ANSWER, **data: Any) -> Observation:
    return Observation(
        id="h1", kind="nat.hairpin", probe="nat_hairpin", outcome=outcome, family=4, data=GOOD | data
    )  # fmt: skip


def relay(number: int, mapped: str) -> Observation:
    return Observation(
        id=f"r{number}", kind="stun.binding", probe="relay_stun", outcome=Outcome.ANSWERED, family=4, region_id=number,
        target=f"198.51.100.{number}:3478", socket="192.168.1.20:41641", sent_ms=0.0, data={"mapped": mapped},
    )  # fmt: skip


SAME = [relay(n, "203.0.113.7:41641") for n in (1, 2, 3)]
VARYING = [relay(n, f"203.0.113.7:{50000 + n}") for n in (1, 2, 3)]


def other_port(number: int, mapped: str) -> Observation:
    """The same socket at the relay's second port."""
    one = relay(number, mapped)
    return msgspec.structs.replace(one, id=f"m{number}", kind="nat.mapping", target=f"198.51.100.{number}:3479")


SECOND = [other_port(n, "203.0.113.7:50001") for n in (1, 2, 3)]
"""Of a router whose mapping depends on the port alone."""


def part(*observations: Observation) -> NatPart:
    return hairpin_part(NatInputs(family=4, observations=observations))


def test_not_tried_says_nothing() -> None:
    assert part(*SAME) == NatPart()
    assert hairpin_part(NatInputs(family=6, observations=[tried()])) == NatPart()


@pytest.mark.parametrize("source", ["external", "internal", "other"])
def test_a_packet_that_came_round(source: str) -> None:
    found = part(tried(Outcome.ANSWERED, shows=source, controls_answered=0), *VARYING)
    assert (found.values["hairpinning"], found.values["hairpin_source"]) == (Tri.YES, source)


def test_silence_beside_answers() -> None:
    assert part(tried(), *SAME).values["hairpinning"] is Tri.NO
    assert part(tried(controls_answered=3), *SAME).values["hairpinning"] is Tri.NO
    liar = relay(4, "192.0.2.66:666")
    assert part(tried(), *SAME, liar).values["hairpinning"] is Tri.NO
    same_port = [other_port(n, "203.0.113.7:41641") for n in (1, 2)]
    assert part(tried(), *SAME, *same_port, SECOND[2]).values["hairpinning"] is Tri.NO


@pytest.mark.parametrize(
    ("data", "answers", "words"),
    [
        ({"calls": 4}, SAME, CUT),
        ({"stable": False}, SAME, UNSTABLE),
        ({"calls": 0, "learnt": False}, SAME, UNLEARNT),
        ({"controls_answered": 2}, SAME, NO_CONTROL),
        ({"controls_answered": 0, "controls": 0}, SAME, NO_CONTROL),
        ({}, VARYING, DIFFERS),
        ({}, [*SAME, *SECOND], DIFFERS),
        ({}, SAME[:1], ONE_PEER),
        ({}, [], ONE_PEER),
    ],
)
def test_silence_that_shows_nothing(data: dict[str, Any], answers: list[Observation], words: str) -> None:
    found = part(tried(**data), *answers)
    assert (found.values["hairpinning"], found.reasons["hairpinning"]) == (Tri.UNKNOWN, words)
