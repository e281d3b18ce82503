"""NS-REL-11: what the look at each relay found."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from tests.diagnosis.judging import claim, found, scene

ID = "NS-REL-11"


def test_the_node_is_named() -> None:
    finding = found(scene("relays-one-by-one"))[ID]
    assert finding.title == (
        "par (4a): something on the way cuts connections that name this relay; other names to the same host pass."
    )
    assert finding.certainty is Certainty.LIKELY
    assert finding.evidence


def test_other_failures_are_not_this() -> None:
    report = scene("relays-one-by-one")
    assert report.web is not None
    nodes = tuple(msgspec.structs.replace(n, error="refused" if n.error else "") for n in report.web.nodes)
    assert claim(msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, nodes=nodes)), ID) is None


def test_without_a_look_nothing_is_claimed() -> None:
    assert claim(scene("healthy", web=None), ID) is None
