"""What the causes about shapes of datagrams ask of a report."""

from __future__ import annotations

from natscope.diagnosis.facts import Facts
from natscope.model.report_path import UdpShapeReport

MISSING = "which shapes of UDP pass (udp_shapes, with a relay that is a helper)"


def passes(facts: Facts, shape: str) -> UdpShapeReport | None:
    """What is known of one shape, None where it was not tried."""
    return next((told for told in facts.report.path.udp_shapes if told.shape == shape), None)
