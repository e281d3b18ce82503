"""What a node that tried has seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from natscope.diagnosis.pair.trial import NO_TRIAL, Trial, read_trial
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_status import MeshNode
from natscope.model.tri import Tri

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
END = Endpoint.parse("198.51.100.60:33217")
RELAYED = PingAnswer(latency_s=0.04, relay_id=2, relay_code="fra")
DIRECT = PingAnswer(latency_s=0.01, endpoint=END)
SILENT = PingAnswer(error="no answer")


def relayed(age_s: float | None) -> MeshNode:
    handshake = None if age_s is None else NOW - timedelta(seconds=age_s)
    return MeshNode(is_active=True, relay="fra", last_write=NOW, last_handshake=handshake)


def test_nothing_tried() -> None:
    assert read_trial(None) == read_trial(MeshNode(is_active=False, relay="fra")) == NO_TRIAL
    assert NO_TRIAL.failed is Tri.UNKNOWN


@pytest.mark.parametrize(
    ("pings", "failed"),
    [
        ((RELAYED,) * 2, "unknown"),
        ((RELAYED,) * 3, "yes"),
        ((RELAYED, RELAYED, RELAYED, DIRECT), "no"),
        ((SILENT,) * 9, "unknown"),
        ((), "unknown"),
    ],
)
def test_pings(pings: tuple[PingAnswer, ...], failed: str) -> None:
    assert read_trial(MeshNode(), pings=pings).failed is Tri(failed)


def test_what_each_ping_took_and_which_got_lost() -> None:
    trial = read_trial(MeshNode(), pings=(SILENT, RELAYED, DIRECT, DIRECT, PingAnswer(latency_s=0.5), SILENT))
    assert trial.lost == (True, False, False, False, False, True)
    assert trial.relayed_ms == pytest.approx((40.0,))
    assert trial.direct_ms == pytest.approx((10.0, 10.0))


@pytest.mark.parametrize(("age_s", "failed"), [(None, "unknown"), (2, "unknown"), (40, "yes"), (3600, "unknown")])
def test_a_session_that_stays_on_a_relay(age_s: float | None, failed: str) -> None:
    assert read_trial(relayed(age_s)).failed is Tri(failed)


def test_where_packets_go_now_has_answered() -> None:
    trial = read_trial(MeshNode(is_active=True, current=END))
    assert trial.answered == (END,)
    assert trial.of(END) is Tri.YES
    assert trial.of(Endpoint.parse("10.0.0.1:1")) is Tri.UNKNOWN
    assert Trial(relayed=5, is_tried=Tri.YES).of(END) is Tri.NO


def test_history() -> None:
    told = "10.0.0.2:41641"
    changes = (
        PathChange(at=NOW, what="handleCallMeMaybe-new-endpoints", after=(told, "nonsense")),
        PathChange(at=NOW, what="handlePongConnLocked-bestAddr-update"),
        PathChange(at=None, what="updateFromNode-DERP", after=("127.3.3.40:900",)),
    )
    trial = read_trial(MeshNode(), changes)
    assert [str(end) for end in trial.told] == [told]
