"""Nodes in sentences."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.causes.rel.node_words import checked, cited, named, told
from natscope.diagnosis.facts import Facts
from natscope.model.report_web import NodeCheck, RelayStep
from tests.diagnosis.judging import scene


def node(name: str, message: str = "it is away", *evidence: str) -> NodeCheck:
    return NodeCheck(
        region_id=1, node=name, family=4, target="", reached=RelayStep.NAME, message=message, evidence=evidence
    )


def test_names_errors_and_evidence() -> None:
    nodes = [node("1b", "it is away", "o10"), node("1a", "", "o9"), node("1b", "gone", "o9")]
    assert cited(nodes) == ("o9", "o10")
    assert told(nodes) == "It is away. And 1 other."


def test_a_node_is_named_with_its_relay() -> None:
    facts = Facts(scene("relays-one-by-one"))
    code = next(relay.region_code for relay in facts.relays if relay.region_id == 1)
    assert named(facts, [node("1b"), node("1a"), node("1b")]) == f"{code} (1b) and {code} (1a)"
    assert named(facts, [node(code), node("")]) == code
    assert named(facts, [msgspec.structs.replace(node("9a"), region_id=9)]) == "9a"
    assert named(facts, [msgspec.structs.replace(node(""), region_id=9)]) == "9"


def test_a_report_without_a_look_has_none() -> None:
    assert checked(Facts(scene("healthy", web=None))) == ()
    assert [n.node for n in checked(Facts(scene("relays-one-by-one")))] == ["1a", "1a", "2a", "2a", "3a", "4a"]
