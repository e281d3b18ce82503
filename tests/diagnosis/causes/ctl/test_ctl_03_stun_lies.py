"""NS-CTL-03: the relay that does not tell what it saw is named, with what it told."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.why import Standing, why
from natscope.model.finding import Certainty
from natscope.model.report import RelayError
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-CTL-03"


def test_the_relay_and_its_words_are_named() -> None:
    finding = found(scene("lying-relay"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.title == "Warsaw tells an address that is not yours; it was not believed."
    assert "192.0.2.66:666" in finding.detail
    assert len(finding.evidence) == 2


def test_it_does_not_make_the_router_look_bad() -> None:
    report = scene("lying-relay")
    assert not {"NS-NAT-01", "NS-NAT-09"} & set(found(report))
    assert report.verdict.direct == "likely"


def test_several_are_named_together() -> None:
    report = scene("lying-relay")
    error = next(r.error for r in report.relays if r.error is not None)
    relays = tuple(msgspec.structs.replace(r, error=error) for r in report.relays)
    title = found(msgspec.structs.replace(report, relays=relays))[ID].title
    assert title == "Frankfurt, Amsterdam, Paris and Warsaw tell an address that is not yours; it was not believed."


def test_another_error_is_none() -> None:
    report = scene("lying-relay")
    other = RelayError(code="no-answer", message="no answer", evidence=("o1",))
    relays = tuple(msgspec.structs.replace(r, error=other) for r in report.relays)
    assert claim(msgspec.structs.replace(report, relays=relays), ID) is None


def test_it_takes_a_second_opinion_on_each_relay_to_rule_it_out() -> None:
    report = scene("healthy")
    assert why(report, ID).standing is Standing.NOT_SEEN
    first = report.relays[0].region_id
    alone = msgspec.structs.replace(report, relays=report.relays[:1])
    alone = with_observations(alone, lambda o: o if o.kind != "stun.binding" or o.region_id == first else None)
    assert why(alone, ID).standing is Standing.UNKNOWN
    deaf = with_observations(report, lambda o: None if o.kind == "stun.binding" and o.region_id == first else o)
    none = msgspec.structs.replace(report.relays[0].latency_ms, stun_v4=None, stun_v6=None)
    relays = (msgspec.structs.replace(report.relays[0], latency_ms=none), *report.relays[1:])
    assert why(msgspec.structs.replace(deaf, relays=relays), ID).standing is Standing.UNKNOWN
