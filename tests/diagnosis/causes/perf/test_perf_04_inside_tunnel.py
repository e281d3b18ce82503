"""A direct way inside another tunnel."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.causes.perf import perf_04_inside_tunnel as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import peer, this
from tests.reports.scenes import load


def facts(end: str, report: Report | None = None) -> PairFacts:
    return PairFacts(this(), peer(), trial=Trial(answered=(Endpoint.parse(end),), is_tried=Tri.YES), report=report)


@pytest.mark.parametrize("end", ["[2002:c633:643c::1]:1", "[2001:0:1::1]:1", "[fd7a:115c:a1e0::9]:1"])
def test_prefixes_of_tunnels_decide(end: str) -> None:
    support = cause.pair_evidence(facts(end))
    assert support.certainty is Certainty.CERTAIN
    assert cause.pair_against(facts(end)).holds is Tri.NO


def test_the_network_of_a_tunnel_here() -> None:
    report = load("healthy")
    tunnel = msgspec.structs.replace(report.interfaces[1], name="tun7", kind="tunnel", addresses=("10.8.0.2",))
    report = msgspec.structs.replace(report, interfaces=(*report.interfaces, tunnel))
    assert cause.pair_evidence(facts("10.8.0.9:1", report)).certainty is Certainty.POSSIBLE
    assert cause.pair_evidence(facts("192.168.1.9:1", report)).holds is Tri.NO


def test_not_known() -> None:
    assert cause.pair_evidence(PairFacts(this(), peer())).holds is Tri.UNKNOWN
    assert cause.pair_evidence(facts("10.8.0.9:1")).holds is Tri.UNKNOWN
