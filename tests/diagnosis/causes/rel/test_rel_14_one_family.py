"""NS-REL-14: one family of a relay, with its other family and other relays as controls."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from natscope.model.finding import Certainty
from natscope.model.report import Report
from natscope.model.report_web import NodeCheck, RelayStep
from tests.diagnosis.judging import claim, found, scene

ID = "NS-REL-14"


def changed(change: Callable[[NodeCheck], NodeCheck | None]) -> Report:
    report = scene("relays-one-by-one")
    assert report.web is not None
    nodes = tuple(node for node in map(change, report.web.nodes) if node is not None)
    return msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, nodes=nodes))


def test_a_refusal_beside_the_other_family_decides() -> None:
    finding = found(scene("relays-one-by-one"))[ID]
    assert finding.title == "fra (2a): no answer over IPv6, though the map lists it."
    assert (finding.certainty, finding.detail) == (Certainty.CERTAIN, "The connection was refused.")


def test_silence_is_likely() -> None:
    def silent(node: NodeCheck) -> NodeCheck:
        return msgspec.structs.replace(node, error="timeout") if node.error == "refused" else node

    assert found(changed(silent))[ID].certainty is Certainty.LIKELY


def test_a_family_in_which_nobody_answers_is_the_networks() -> None:
    def only_four(node: NodeCheck) -> NodeCheck | None:
        return None if node.family == 6 and node.reached is RelayStep.ANSWERED else node

    assert claim(changed(only_four), ID) is None


def test_a_relay_that_is_down_altogether_is_none() -> None:
    def down(node: NodeCheck) -> NodeCheck | None:
        return None if node.region_id == 2 and node.family == 4 else node

    assert claim(changed(down), ID) is None
