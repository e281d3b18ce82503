"""NS-REL-04: what the look at each relay found."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from tests.diagnosis.judging import claim, found, scene

ID = "NS-REL-04"


def test_the_node_is_named() -> None:
    finding = found(scene("relays-one-by-one"))[ID]
    assert finding.title == "ams (3a): plain HTTP on the port where the map wants TLS."
    assert finding.certainty is Certainty.CERTAIN
    assert finding.evidence


def test_other_failures_are_not_this() -> None:
    report = scene("relays-one-by-one")
    assert report.web is not None
    nodes = tuple(msgspec.structs.replace(n, error="refused" if n.error else "") for n in report.web.nodes)
    assert claim(msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, nodes=nodes)), ID) is None


def test_without_a_look_nothing_is_claimed() -> None:
    assert claim(scene("healthy", web=None), ID) is None


def test_tls_on_port_80_is_worth_knowing() -> None:
    report = scene("relays-one-by-one")
    assert report.web is not None
    nodes = tuple(
        msgspec.structs.replace(n, error="", port80="tls" if n.region_id == 1 else "") for n in report.web.nodes
    )
    finding = found(msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, nodes=nodes)))[ID]
    assert finding.title == "nyc (1a): TLS on port 80, where plain HTTP belongs."
    assert finding.severity == "info"
