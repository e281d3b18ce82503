"""Composition root of the netcheck: real host, map, probes, report.

Synchronous: it owns the event loop. Everything that the first packet does not need is imported after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from natscope.netcheck.options import MapChoice, NetcheckOptions
from natscope.netcheck.progress import Progress

if TYPE_CHECKING:
    from natscope.model.report import Report
    from natscope.netcheck.record import RunRecord
    from natscope.netcheck.targets import Target


@dataclass(frozen=True, slots=True)
class NetcheckRun:
    """What a run gave: the record for `--record`, and the report, assembled and diagnosed."""

    record: RunRecord
    report: Report


def run_netcheck(
    options: NetcheckOptions,
    choice: MapChoice,
    *,
    state_dir: str,
    progress: Callable[[Progress], None] | None,
    environ: Mapping[str, str],
    stdin: BinaryIO | None = None,
    warm_up: Callable[[], None] | None = None,
) -> NetcheckRun:
    """Measure. Ctrl-C and SIGTERM stop the probes and give what is known (`record.interrupted`).

    `warm_up` is called once while the run waits for answers: import there what drawing the report needs.
    Raises `UserError` (options, map) and `CannotMeasure` (no map).
    """
    raise NotImplementedError


def replay(record: RunRecord) -> NetcheckRun:
    """Assemble and diagnose a stored record; no network."""
    raise NotImplementedError


def list_targets(
    options: NetcheckOptions, choice: MapChoice, *, environ: Mapping[str, str], stdin: BinaryIO | None = None
) -> tuple[Target, ...]:
    """Each host that a run with these options would contact; only the map is loaded, nothing else is sent."""
    raise NotImplementedError
