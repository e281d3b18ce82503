"""From observations to the fields about ports: reasons, STUN ALGs, collisions; nothing asked is nothing said."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.nat import PortAllocation, PortCollision
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_ports import NO_PLAIN_ADDRESS, NOT_ASKED, NOTHING_TRANSLATED, ports_part
from natscope.netcheck.nat_part import NatInputs, NatPart

LOCAL, PUBLIC = "192.168.1.20", "203.0.113.7"


def port(number: int, mapped: str = "", **data: Any) -> Observation:
    data = {"order": number, "turn": 1, "mapped": mapped or f"{PUBLIC}:{30000 + 17 * number}"} | data
    return Observation(
        id=f"o{number}", kind="nat.port", probe="nat_ports", outcome=Outcome.ANSWERED, family=4,
        target=f"198.51.100.{1 + number % 3}:3478", socket=f"{LOCAL}:{30000 + 17 * number}", sent_ms=50.0, data=data,
    )  # fmt: skip


def shared(mapped: str, **data: Any) -> Observation:
    return Observation(
        id="s1", kind="stun.binding", probe="relay_stun", outcome=Outcome.ANSWERED, family=4, region_id=1,
        target="198.51.100.1:3478", socket=f"{LOCAL}:41641", sent_ms=0.0, data={"mapped": mapped, **data},
    )  # fmt: skip


def part(*observations: Observation, family: Any = 4) -> NatPart:
    return ports_part(NatInputs(family=family, observations=observations))


def test_kept_ports() -> None:
    found = part(*map(port, range(16)))
    assert found.values["port_allocation"] is PortAllocation.PRESERVING
    assert (found.values["port_samples"], found.values["port_prediction"]) == (16, 1.0)
    assert found.values["port_preservation"] is Tri.YES
    assert found.evidence[:2] == ("o0", "o1")


def test_the_other_family_is_not_judged() -> None:
    assert part(*map(port, range(16)), family=6).reasons["port_allocation"] == NOT_ASKED


def test_why_nothing_is_known() -> None:
    assert part(shared(f"{LOCAL}:41641")).reasons["pooling"] == NOTHING_TRANSLATED
    assert part(shared(f"{PUBLIC}:41641")).reasons["pooling"] == NOT_ASKED
    assert part().reasons["stun_alg"] == NO_PLAIN_ADDRESS
    silent = Observation(
        id="o1", kind="nat.port", probe="nat_ports", outcome=Outcome.NO_ANSWER, family=4, target="198.51.100.1:3478",
        socket=f"{LOCAL}:1", data={"order": 0, "turn": 1},
    )  # fmt: skip
    assert part(silent).reasons["port_allocation"] == NOT_ASKED


def test_an_address_that_was_edited_in_the_packet() -> None:
    right = port(0, mapped_address=f"{PUBLIC}:30000")
    edited = port(1, mapped_address=f"{LOCAL}:30017")
    assert part(right).values["stun_alg"] is Tri.NO
    assert part(right, edited).values["stun_alg"] is Tri.YES
    assert part(port(0)).values["stun_alg"] is Tri.UNKNOWN
    assert part(shared(f"{PUBLIC}:1", payload_rewritten=True)).values["stun_alg"] is Tri.YES


@pytest.mark.parametrize("word", ["separate", "shared", "taken-over", "unknown", "something else"])
def test_collisions(word: str) -> None:
    told = Observation(
        id="c1", kind="nat.port", probe="nat_ports", outcome=Outcome.ANSWERED, family=4, summary="as it went",
        data={"collision": word},
    )  # fmt: skip
    found = part(*map(port, range(16)), told)
    known = word if word != "something else" else "unknown"
    assert found.values["port_collision"] is PortCollision(known)
    assert found.values["port_samples"] == 16
    assert found.reasons["port_collision"] == "as it went"


@pytest.mark.parametrize(
    ("first", "second", "again", "word"),
    [
        ("203.0.113.7:5000", "203.0.113.7:5001", None, "separate"),
        ("203.0.113.7:5000", "203.0.113.7:5000", "203.0.113.7:5000", "taken-over"),
        ("203.0.113.7:5000", "203.0.113.7:5000", "203.0.113.7:6000", "shared"),
        ("203.0.113.7:5000", "203.0.113.7:5000", None, "unknown"),
        ("203.0.113.7:5000", "203.0.113.8:5000", None, "unknown"),
        (None, "203.0.113.7:5000", None, "unknown"),
        ("203.0.113.7:5000", None, None, "unknown"),
        ("rubbish", 7, [], "unknown"),
    ],
)
def test_a_collision_is_judged_from_what_was_seen(first: Any, second: Any, again: Any, word: str) -> None:
    told = Observation(
        id="c1", kind="nat.port", probe="nat_ports", outcome=Outcome.ANSWERED, family=4,
        data={"collision": {"first": first, "second": second, "second_at_the_same": again}},
    )  # fmt: skip
    found = part(*map(port, range(16)), told)
    assert found.values["port_collision"] is PortCollision(word)
    assert (found.reasons["port_collision"] != "") is (word == "unknown")
