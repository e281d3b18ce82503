"""NS-REL-06: errors are a warning with their places, mere advice is worth knowing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from natscope.wire.relay_map_json import decode_relay_map_json
from tests.diagnosis.judging import found, scene

ID = "NS-REL-06"


def only(severity: str, times: int = 1) -> Report:
    report = scene("map-problems")
    problems = tuple(p for p in report.relay_map.problems if p.severity == severity) * times
    return msgspec.structs.replace(report, relay_map=msgspec.structs.replace(report.relay_map, problems=problems))


def mapped(**fields: Any) -> Report:
    """With the problems of a map whose second node has these fields, as its reader finds them."""
    nodes = [{"Name": name, "RegionID": 1, "HostName": f"{name}.example.net"} for name in ("1a", "1b")]
    nodes[1] |= fields
    tree = {"Regions": {"1": {"RegionID": 1, "RegionCode": "r1", "RegionName": "R", "Nodes": nodes}}}
    problems = decode_relay_map_json(json.dumps(tree).encode())[1]
    report = scene("map-problems")
    return msgspec.structs.replace(report, relay_map=msgspec.structs.replace(report.relay_map, problems=problems))


def test_errors_name_their_places() -> None:
    finding = found(scene("map-problems"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARN)
    assert finding.title == "The relay map has 1 error; those parts were left out."
    assert finding.detail.startswith("$.regions.901.nodes[0].hostname (line 14): https://relay.example.net/ is a URL")
    assert "Write: relay.example.net." in finding.detail


def test_advice_is_worth_knowing() -> None:
    finding = found(only("warning"))[ID]
    assert finding.severity is Severity.INFO
    assert finding.title == "The relay map can be used, but is unwise in 1 place."


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"IPv4": "256.1.2.3"}, "clients take it as IPv4 switched off"),
        ({"CertName": f"sha256-raw:{'AB' * 32}"}, "it never matches a certificate"),
    ],
)
def test_what_clients_lose_is_a_warning(fields: dict[str, str], words: str) -> None:
    finding = found(mapped(**fields))[ID]
    assert finding.severity is Severity.WARN
    assert finding.title == "The relay map can be used, but takes something away from clients in 1 place."
    assert words in finding.detail


def test_what_clients_lose_is_told_before_advice() -> None:
    lost, advice = mapped(IPv4="256.1.2.3"), only("warning", times=3)
    problems = advice.relay_map.problems + lost.relay_map.problems
    both = msgspec.structs.replace(lost, relay_map=msgspec.structs.replace(lost.relay_map, problems=problems))
    assert found(both)[ID].detail.startswith("$.Regions.1.Nodes[1].IPv4")
    assert found(mapped(IPv4="none")).get(ID) is None


def test_many_errors_are_counted_not_listed() -> None:
    assert found(only("error", times=40))[ID].detail.endswith("And 38 others.")
