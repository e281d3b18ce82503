"""NS-UDP-05: a constant rate that gets through, certain where TCP beside it is faster."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.finding import Certainty
from natscope.model.report import Report
from natscope.model.report_path import RateReport
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-UDP-05"


def with_rate(**changes: Any) -> Report:
    report = scene("udp-policed")
    rate = msgspec.structs.replace(report.path.udp_rate, **changes)
    return msgspec.structs.replace(report, path=msgspec.structs.replace(report.path, udp_rate=rate))


def test_a_limit_with_its_control_is_certain_and_has_numbers() -> None:
    finding = found(scene("udp-policed"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == (
        "On the way to a relay 580 kbit/s get through (72 packets of 1000 bytes a second) after a burst of 15; "
        "the rest is dropped. TCP carried 13 Mbit/s."
    )


def test_without_tcp_it_is_possible_and_no_word_of_tcp() -> None:
    finding = found(with_rate(udp_only=Tri.UNKNOWN))[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert "TCP" not in finding.title + finding.detail


def test_the_way_back_is_told_apart() -> None:
    out = scene("udp-policed").path.udp_rate.out
    finding = found(with_rate(out=RateReport(limited=Tri.NO), back=out))[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert finding.detail.startswith("On the way from a relay 580 kbit/s")


def test_counted_packets_are_told_as_packets() -> None:
    out = msgspec.structs.replace(scene("udp-policed").path.udp_rate.out, counted="packets", burst_packets=None)
    assert "72 packets a second get through (whatever their length);" in found(with_rate(out=out))[ID].detail


def test_no_limit_or_not_knowing_is_no_claim() -> None:
    assert claim(scene("udp-not-policed"), ID) is None
    assert claim(with_rate(out=RateReport(), back=RateReport()), ID) is None
    assert claim(scene("healthy"), ID) is None
