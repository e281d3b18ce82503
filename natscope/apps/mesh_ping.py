"""Composition root of `natscope ping`: finds the peer, pings it, and asks for what an explanation needs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from natscope.apps.mesh_own import own_details
from natscope.apps.mesh_peer import Target, find_listed
from natscope.apps.mesh_star import star_of
from natscope.apps.mesh_status import Sight, SightOptions, open_sight
from natscope.apps.stopping import stop_on_signals, unless_stopped
from natscope.diagnosis.pair.explain import explain_peer, pair_facts
from natscope.diagnosis.pair.slow import slow_findings
from natscope.diagnosis.pair.star import Star
from natscope.errors import CannotMeasure, NatscopeError, RefusedError
from natscope.mesh.levels import LevelResult, ping_levels
from natscope.mesh.overview import ReportUse
from natscope.mesh.ping_stats import summarize
from natscope.mesh.pinging import PingPlan, ping_peer
from natscope.mesh.source import MeshSource
from natscope.mesh.states import check_running
from natscope.model.finding import Finding
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_ping import PingOutcome, PingShot, PingSummary
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import Explanation
from natscope.model.tri import Tri

T = TypeVar("T")
SOON_S = 1.0


class PingShower(Protocol):
    """Is told everything as it happens."""

    def begin(self, start: PingStart) -> None:
        """Before the first ping."""
        ...

    def shot(self, shot: PingShot) -> None:
        """One ping is over."""
        ...

    def level(self, result: LevelResult) -> None:
        """One level is over."""
        ...


@dataclass(frozen=True, slots=True)
class PingStart:
    """Who is pinged, and what the mesh tells of that peer."""

    source: str
    status: MeshStatus
    target: Target
    details: PeerDetails | None


@dataclass(slots=True)
class PingRun:
    """What came of it. `peer` and `status` are those after the pings where an explanation needs them.

    `utc` is the time at its end. `interrupted`: by Ctrl-C or SIGTERM. `error` is what ended it too early, after at
    least one ping. `report` is this computer's last netcheck. `own` is what the mesh tells others of this node, `star`
    set where the address that was pinged lies behind the peer and is another node's.
    """

    start: PingStart
    plan: PingPlan
    report: ReportUse | None
    status: MeshStatus
    peer: MeshNode
    shots: list[PingShot] = field(default_factory=list)
    levels: list[LevelResult] = field(default_factory=list)
    changes: tuple[PathChange, ...] | None = None
    own: PeerDetails | None = None
    star: Star | None = None
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    error: NatscopeError | None = None
    utc: datetime | None = None

    @property
    def summary(self) -> PingSummary:
        """All pings added up; of levels only those of the first one, the others tell no way."""
        return summarize(self.levels[0].shots if self.levels else self.shots)

    @property
    def wants_reasons(self) -> bool:
        """Whether there is something to be explained."""
        return self.summary.outcome in (PingOutcome.RELAYED, PingOutcome.NO_ANSWER) and not self.start.target.is_this

    def explanation(self, report: ReportUse | None) -> Explanation:
        """Why it is as it is; pure. `report` is this side's netcheck."""
        usable = report.report if report is not None else None
        return explain_peer(
            self.status,
            self.peer,
            details=self.start.details,
            report=usable,
            report_age_s=report.age_s if report is not None and usable is not None else None,
            changes=self.changes,
            pings=self._answers,
            own=self.own,
            is_of_now=report.is_of_now if report is not None else Tri.UNKNOWN,
            star=self.star,
        )

    def findings(self, report: ReportUse | None) -> tuple[Finding, ...]:
        """What is wrong with the way that there is; pure. Nothing of levels, which are few pings of several kinds."""
        if self.levels or self.start.target.is_this:
            return ()
        usable = report.report if report is not None else None
        age_s = report.age_s if report is not None and usable is not None else None
        details = self.start.details
        return slow_findings(pair_facts(self.status, self.peer, details, usable, age_s, self.changes, self._answers))

    @property
    def _answers(self) -> tuple[PingAnswer, ...]:
        return tuple(shot.answer for shot in (self.levels[0].shots if self.levels else self.shots))


async def ping(
    sight: Sight, word: str, plan: PingPlan, shower: PingShower, stop: asyncio.Event, *, levels: bool = False
) -> PingRun:
    """Raises `UserError` for what is no peer, `CannotMeasure` and `RefusedError` when not even one ping was sent,
    `KeyboardInterrupt` when `stop` comes before the first.
    """
    source = sight.inputs.source
    notes: list[str] = []
    start = await unless_stopped(_start(sight, word, notes), stop)
    shower.begin(start)
    run = PingRun(start, plan, sight.report, start.status, start.target.node, notes=notes)
    if start.target.is_this:
        return run
    try:
        await _ping(run, sight, shower, stop, levels=levels)
    except (CannotMeasure, RefusedError) as error:
        if not run.shots and not run.levels:
            raise
        run.error = error
    run.interrupted = stop.is_set()
    if run.error is None:
        with contextlib.suppress(TimeoutError):  # whoever pressed Ctrl-C wants the sums, soon
            async with asyncio.timeout(SOON_S if run.interrupted else None):
                if run.wants_reasons:
                    await _ask_for_reasons(run, source)
                with contextlib.suppress(CannotMeasure):
                    run.star = await star_of(source, run.status, start.target, sleep=None, probe=False)
    run.utc = sight.host.clock.utc()
    return run


async def _start(sight: Sight, word: str, notes: list[str]) -> PingStart:
    source = sight.inputs.source
    status = await source.status()
    check_running(status, source.name)
    target = find_listed(status, word, sight.again)
    details = None if target.is_this else await _told(source.details(target.node_ip), notes, "details of the peer")
    return PingStart(source.name, status, target, details)


async def _ping(run: PingRun, sight: Sight, shower: PingShower, stop: asyncio.Event, *, levels: bool) -> None:
    source, clock, ip = sight.inputs.source, sight.host.clock, run.start.target.ip
    if levels:
        async with contextlib.aclosing(ping_levels(source, ip, run.plan, clock, stop)) as results:
            async for result in results:
                run.levels.append(result)
                shower.level(result)
        return
    async with contextlib.aclosing(ping_peer(source, ip, run.plan, clock, stop)) as shots:
        async for shot in shots:
            run.shots.append(shot)
            shower.shot(shot)


async def _ask_for_reasons(run: PingRun, source: MeshSource) -> None:
    """The status as it is now, and the history of the path."""
    with contextlib.suppress(CannotMeasure, RefusedError):
        run.status = await source.status()
        run.peer = next((peer for peer in run.status.peers if peer.key == run.peer.key), run.peer)
    with contextlib.suppress(CannotMeasure):
        run.changes = await _told(source.path_changes(run.start.target.node_ip), run.notes, "the history of the path")
        run.own = await own_details(source, run.status)


async def _told(question: Awaitable[T], notes: list[str], what: str) -> T | None:
    try:
        return await question
    except RefusedError as error:
        notes.append(f"{what}: {error.message}")
        return None


def run_ping(options: SightOptions, word: str, plan: PingPlan, shower: PingShower, *, levels: bool) -> PingRun:
    """Synchronous: owns the event loop. Ctrl-C ends the pings; before the first one it raises `KeyboardInterrupt`."""

    async def main() -> PingRun:
        stop = asyncio.Event()
        with stop_on_signals(stop):
            sight = await unless_stopped(open_sight(options), stop)
            return await ping(sight, word, plan, shower, stop, levels=levels)

    return asyncio.run(main())
