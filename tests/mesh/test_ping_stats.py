"""What pings add up to."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.mesh.ping_stats import summarize
from natscope.mesh.source import NO_ANSWER
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_path import PingAnswer
from natscope.model.mesh_ping import PingOutcome, PingShot, PingSummary, PingWay

AT = Endpoint.parse("198.51.100.60:33217")
RELAY = PingAnswer(latency_s=0.0418, relay_id=900, relay_code="fra")
DIRECT = PingAnswer(latency_s=0.0123, endpoint=AT)
PEER_RELAY = PingAnswer(latency_s=0.02, peer_relay="198.51.100.9:1:vni:2")
UNTOLD = PingAnswer(latency_s=0.03)
NONE = PingAnswer(error=NO_ANSWER)


def shots(*answers: PingAnswer) -> list[PingShot]:
    return [
        PingShot(number=n, at_s=n - 1.0, took_s=answer.latency_s or 5.0, answer=answer)
        for n, answer in enumerate(answers, start=1)
    ]


def test_relay_then_direct() -> None:
    found = summarize(shots(RELAY, PingAnswer(latency_s=0.0409, relay_id=900, relay_code="fra"), DIRECT))
    assert (found.sent, found.received, found.loss) == (3, 3, 0.0)
    assert (found.min_ms, found.max_ms, found.median_ms) == pytest.approx((12.3, 41.8, 40.9))
    assert (found.avg_ms, found.stddev_ms) == pytest.approx((31.6667, 13.700), abs=0.01)
    assert [(p.path, p.pongs, round(p.share, 2)) for p in found.paths] == [("relay fra", 2, 0.67), ("direct", 1, 0.33)]
    assert found.outcome is PingOutcome.DIRECT
    assert found.direct_after_s == pytest.approx(2.0123)
    assert found.faster_ms == pytest.approx(41.35 - 12.3)
    assert found.lasted_s == pytest.approx(2.0123)


@pytest.mark.parametrize(
    ("answers", "outcome", "way"),
    [
        ((), PingOutcome.NO_ANSWER, PingWay.NONE),
        ((NONE, NONE), PingOutcome.NO_ANSWER, PingWay.NONE),
        ((DIRECT, NONE), PingOutcome.DIRECT, PingWay.DIRECT),
        ((DIRECT, RELAY), PingOutcome.RELAYED, PingWay.RELAY),
        ((PEER_RELAY,), PingOutcome.RELAYED, PingWay.PEER_RELAY),
        ((NONE, UNTOLD), PingOutcome.ANSWERED, PingWay.UNTOLD),
    ],
)
def test_the_last_pong_decides(answers: tuple[PingAnswer, ...], outcome: PingOutcome, way: PingWay) -> None:
    found = summarize(shots(*answers))
    assert (found.outcome, found.last_way) == (outcome, way)


def test_nothing_is_nothing() -> None:
    assert summarize([]) == PingSummary()
    found = summarize(shots(NONE, NONE, RELAY, NONE))
    assert (found.sent, found.received, found.loss) == (4, 1, 0.75)
    assert found.stddev_ms == 0.0
    assert found.faster_ms is None
    assert found.direct_after_s is None


@given(st.lists(st.sampled_from([RELAY, DIRECT, PEER_RELAY, UNTOLD, NONE, PingAnswer(relay_code="x")]), max_size=30))
def test_any_mixture(answers: list[PingAnswer]) -> None:
    found = summarize(shots(*answers))
    assert found.received == sum(path.pongs for path in found.paths)
    assert math.isclose(sum(path.share for path in found.paths), 1.0 if found.received else 0.0)
    if found.avg_ms is not None:
        assert found.min_ms is not None
        assert found.max_ms is not None
        assert found.min_ms <= found.avg_ms + 1e-9
        assert found.avg_ms <= found.max_ms + 1e-9
