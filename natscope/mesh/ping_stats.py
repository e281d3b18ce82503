"""Adds pings up. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from natscope.diagnosis.loss_pattern import loss_pattern
from natscope.model.mesh_ping import PathShare, PingOutcome, PingShot, PingSummary, PingWay


def summarize(shots: Sequence[PingShot]) -> PingSummary:
    """Of pings in the order in which they were sent. The last pong decides the outcome: paths come and go."""
    pongs = [shot for shot in shots if shot.way is not PingWay.NONE]
    times = [shot.rtt_ms for shot in pongs if shot.rtt_ms is not None]
    direct = next((shot for shot in pongs if shot.way is PingWay.DIRECT), None)
    last = pongs[-1].way if pongs else PingWay.NONE
    return PingSummary(
        sent=len(shots),
        received=len(pongs),
        loss=1 - len(pongs) / len(shots) if shots else 0.0,
        min_ms=min(times, default=None),
        avg_ms=statistics.fmean(times) if times else None,
        median_ms=_median(times),
        max_ms=max(times, default=None),
        stddev_ms=statistics.pstdev(times) if times else None,
        paths=_paths(pongs),
        outcome=_outcome(last),
        last_way=last,
        direct_after_s=direct.at_s + direct.took_s if direct is not None else None,
        faster_ms=_faster(pongs),
        lasted_s=max((shot.at_s + shot.took_s for shot in shots), default=0.0),
        loss_pattern=loss_pattern([shot.way is PingWay.NONE for shot in shots]),
    )


def _outcome(last: PingWay) -> PingOutcome:
    if last is PingWay.NONE:
        return PingOutcome.NO_ANSWER
    if last is PingWay.UNTOLD:
        return PingOutcome.ANSWERED
    return PingOutcome.DIRECT if last is PingWay.DIRECT else PingOutcome.RELAYED


def _paths(pongs: Sequence[PingShot]) -> tuple[PathShare, ...]:
    """In the order in which they came first."""
    groups: dict[str, list[PingShot]] = {}
    for shot in pongs:
        groups.setdefault(shot.path, []).append(shot)
    return tuple(
        PathShare(path=path, pongs=len(group), share=len(group) / len(pongs), median_ms=_median(_times(group)))
        for path, group in groups.items()
    )


def _faster(pongs: Sequence[PingShot]) -> float | None:
    relayed = _median(_times([shot for shot in pongs if shot.way is PingWay.RELAY]))
    direct = _median(_times([shot for shot in pongs if shot.way is PingWay.DIRECT]))
    return None if relayed is None or direct is None else relayed - direct


def _times(shots: Sequence[PingShot]) -> list[float]:
    return [shot.rtt_ms for shot in shots if shot.rtt_ms is not None]


def _median(times: Sequence[float]) -> float | None:
    return statistics.median(times) if times else None
