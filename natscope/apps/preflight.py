"""Composition root of the preflight: a bounded netcheck, and what it means before anything is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from natscope.apps.netcheck import NetcheckRun, replay, run_netcheck
from natscope.diagnosis.preflight.judge import judge
from natscope.netcheck.options import MapChoice, NetcheckOptions
from natscope.netcheck.progress import Progress

if TYPE_CHECKING:
    from natscope.model.preflight import Preflight
    from natscope.netcheck.record import RunRecord


@dataclass(frozen=True, slots=True)
class PreflightRun:
    """What a run gave: the netcheck, and what follows from it."""

    netcheck: NetcheckRun
    preflight: Preflight


def run_preflight(
    options: NetcheckOptions,
    choice: MapChoice,
    *,
    state_dir: str,
    progress: Callable[[Progress], None] | None,
    environ: Mapping[str, str],
    stdin: BinaryIO | None = None,
    keep_report: bool = False,
) -> PreflightRun:
    """Measure as `natscope netcheck` does; `keep_report` leaves its report for other commands.

    Raises `UserError` (options, map) and `CannotMeasure` (no map).
    """
    return judged(
        run_netcheck(
            options, choice, state_dir=state_dir, progress=progress, environ=environ, stdin=stdin,
            keep_report=keep_report,
        )
    )  # fmt: skip


def replayed(record: RunRecord) -> PreflightRun:
    """Judge a recorded netcheck again; no network."""
    return judged(replay(record))


def judged(run: NetcheckRun) -> PreflightRun:
    """What a netcheck means, with the names of the relays that it knew."""
    regions = run.record.loaded_map.relay_map.measured_regions()
    relays = dict.fromkeys(node.host_name for region in regions for node in region.nodes if not node.stun_only)
    return PreflightRun(run, judge(run.report, relays=tuple(relays)))
