"""NS-REL-17: every relay that works is far; what is not known of one keeps it silent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.report import RelayLatency, Report
from tests.diagnosis.judging import claim, found, scene

ID = "NS-REL-17"


def first_relay(report: Report, **fields: Any) -> Report:
    first, *rest = report.relays
    return msgspec.structs.replace(report, relays=(msgspec.structs.replace(first, **fields), *rest))


def test_far_relays_are_a_warning_where_connections_are_relayed() -> None:
    finding = found(scene("far-relays"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert "150 ms away; 5 answered" in finding.detail


def test_and_worth_knowing_where_they_get_direct() -> None:
    assert found(scene("far-relays-cone"))[ID].severity is Severity.INFO


@pytest.mark.parametrize("time", [9.0, 99.9])
def test_one_near_relay_contradicts(time: float) -> None:
    assert claim(first_relay(scene("far-relays"), latency_ms=RelayLatency(stun_v4=time)), ID) is None


def test_a_relay_of_which_nothing_is_known_keeps_it_silent() -> None:
    report = scene("far-relays")
    assert claim(first_relay(report, latency_ms=RelayLatency()), ID) is None
    assert claim(msgspec.structs.replace(report, relays=report.relays[1:]), ID) is None


def test_a_single_answer_is_not_enough() -> None:
    report = scene("far-relays")
    the_map = msgspec.structs.replace(report.relay_map, regions=1)
    assert claim(msgspec.structs.replace(report, relays=report.relays[:1], relay_map=the_map), ID) is None
