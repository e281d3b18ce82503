"""What the causes of this group share."""

from __future__ import annotations

from natscope.diagnosis.causes.map import mapping_words as words
from natscope.diagnosis.facts import Facts
from tests.diagnosis.judging import scene


def test_services_stand_in_the_order_of_preference() -> None:
    facts = Facts(scene("mapping-proved"))
    assert [name for name, _ in words.services(facts)] == ["PCP", "NAT-PMP", "UPnP"]
    assert words.is_open(facts)
    assert words.are_known(facts)
    assert set(words.cited(words.with_proof(facts, "proved"))) <= {o.id for o in facts.observations}


def test_names_are_those_that_people_write() -> None:
    facts = Facts(scene("mapping-proved"))
    assert {words.name_of(o) for o in words.seen(facts, "portmap.service")} == {"PCP", "NAT-PMP", "UPnP"}


def test_a_report_that_asked_nobody_knows_nothing() -> None:
    facts = Facts(scene("mapping-varies"))
    assert not words.is_open(facts)
    assert words.with_proof(facts, "refused") == ()
