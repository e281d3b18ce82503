"""Composition root of `natscope status` and `natscope path`: host, source, this side's report, one look or many."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from natscope.apps.mesh_overview import Wanted, look
from natscope.apps.mesh_source import MeshInputs, open_inputs
from natscope.errors import CannotMeasure, NatscopeError, NotRunning, RefusedError
from natscope.host.api import Host
from natscope.host.real.host import build_real_host
from natscope.mesh.overview import Overview, ReportUse
from natscope.mesh.source import MeshSource
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.web.client import HttpClient

T = TypeVar("T")
POLL_S = 2.0
PROBE_POLL_S = 10.0
"""Between two looks that ping everybody."""
MIN_PAUSE_S = 0.3
SHARE = 3.0
"""A look at a very large mesh takes a quarter of the time at most."""


@dataclass(frozen=True, slots=True)
class Sight:
    """From where a mesh is looked at: the source, the report of this side and the host's clock.

    `opened` is that clock's time at the beginning: who watches for long looks with an old netcheck. `again`: the
    options that lead another command to the same source, with a blank before each.
    """

    host: Host
    inputs: MeshInputs
    report: ReportUse | None
    opened: float | None = None
    again: str = ""

    def report_now(self) -> ReportUse | None:
        """The report with its present age."""
        use = self.report
        if use is None or use.age_s is None or self.opened is None:
            return use
        return msgspec.structs.replace(use, age_s=use.age_s + self.host.clock.now() - self.opened)

    async def look(self, wanted: Wanted) -> Overview:
        """One look. Raises `CannotMeasure` and `RefusedError`."""
        saved = self.inputs.is_saved
        return await look(
            self.inputs.source,
            wanted,
            report=self.report_now(),
            at=None if saved else self.host.clock.utc,
            sleep=self.host.clock.sleep,
            is_saved=saved,
        )


@dataclass(frozen=True, slots=True)
class SightOptions:
    """Where to look from. `fresh` is a report of this run, `is_bound`: it is of one interface, address or family only;
    `note` is told what is wrong with a kept one. `again` as in `Sight`.
    """

    environ: Mapping[str, str]
    state_dir: str
    socket: str = ""
    files: Sequence[str] = ()
    fresh: Report | None = None
    is_bound: bool = False
    stdin: Callable[[int], bytes] | None = None
    note: Callable[[str], None] | None = None
    again: str = ""


async def open_sight(options: SightOptions) -> Sight:
    """Raises `UserError` for files and sockets that are none, `CannotMeasure` when there is no daemon."""
    host = replace(build_real_host(), environ=dict(options.environ))
    inputs = open_inputs(host, HttpClient(host), socket=options.socket, files=options.files, stdin=options.stdin)
    return Sight(host, inputs, await _report(options, host, inputs), host.clock.now(), options.again)


async def _report(options: SightOptions, host: Host, inputs: MeshInputs) -> ReportUse | None:
    """A saved status is judged by a saved report alone: this computer's says nothing of the other one."""
    if inputs.report is not None:
        return ReportUse(report=inputs.report.report, origin="file", name=inputs.report.name)
    if inputs.is_saved:
        return None
    if options.fresh is not None:
        return fresh_use(options.fresh, is_bound=options.is_bound)
    from natscope.apps.last_report import load_last

    last = await load_last(options.state_dir, host, note=options.note)
    if last is None:
        return None
    return ReportUse(
        report=last.report if last.is_usable else None,
        origin="kept",
        age_s=last.age_s,
        same_network=last.same_network,
        is_outdated=last.is_outdated,
    )


def fresh_use(report: Report, *, is_bound: bool) -> ReportUse:
    """A netcheck of this run. One that was bound may be of another way out than the mesh program's."""
    return ReportUse(report=report, origin="fresh", age_s=0.0, same_network=Tri.UNKNOWN if is_bound else Tri.YES)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watcher is told: an overview, or why there is none now."""

    overview: Overview | None
    error: NatscopeError | None = None


async def watch(sight: Sight, wanted: Wanted) -> AsyncGenerator[Seen, None]:
    """One look after another, without end: when the source tells something, at the latest after a pause, because a
    daemon tells no change of a path. A daemon that is away is told once and waited for; whoever reads compares: a look
    may show the same again.
    """
    pause_s = PROBE_POLL_S if wanted.probe else POLL_S
    news = _News(sight.inputs.source)
    is_there: bool | None = None
    try:
        while True:
            began = sight.host.clock.now()
            try:
                seen: Seen | None = Seen(await sight.look(wanted))
                if not is_there:
                    news.listen()
                is_there = True
            except (CannotMeasure, RefusedError) as error:
                seen = None if is_there is False else Seen(None, error)
                is_there = False
            if seen is not None:
                yield seen
            spent_s = sight.host.clock.now() - began
            await sight.host.clock.sleep(MIN_PAUSE_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause_s, SHARE * spent_s) - MIN_PAUSE_S):
                    await news.wait()
    finally:
        await news.close()


class _News:
    """Listens to the source's notices; without them (refused, too old, a file) there is just the pause."""

    def __init__(self, source: MeshSource) -> None:
        self._source = source
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """From now on, where nobody does. What happened before is told by the first notice: a daemon begins with its
        state.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        notices = self._source.notices()
        if notices is None:
            return
        with contextlib.suppress(NatscopeError):
            async with contextlib.aclosing(notices):
                async for _ in notices:
                    self._event.set()

    async def wait(self) -> None:
        """Until something was told since the last call."""
        await self._event.wait()
        self._event.clear()

    async def close(self) -> None:
        """End listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def run_look(options: SightOptions, wanted: Wanted) -> Overview:
    """Synchronous: owns the event loop."""
    return run_for(options, lambda sight: sight.look(wanted))


def run_for(options: SightOptions, ask: Callable[[Sight], Awaitable[T]]) -> T:
    """What `ask` finds. Not as a result of the loop's task: asyncio spells that out when it gives the signals back,
    which for a mesh of ten thousand peers costs more than everything else.
    """
    found: list[T] = []

    async def once() -> None:
        found.append(await ask(await open_sight(options)))

    asyncio.run(once())
    return found[0]


def run_watch(options: SightOptions, wanted: Wanted, show: Callable[[Seen], None]) -> None:
    """Calls `show` with every look until `KeyboardInterrupt`. Raises as `open_sight`, but waits for a daemon that is
    installed and does not run yet, which `show` is told once.
    """

    async def on() -> None:
        sight = await _opened(options, show)
        async with contextlib.aclosing(watch(sight, wanted)) as looks:
            async for seen in looks:
                show(seen)

    asyncio.run(on())


async def _opened(options: SightOptions, show: Callable[[Seen], None]) -> Sight:
    clock = build_real_host().clock
    is_told = False
    while True:
        try:
            return await open_sight(options)
        except NotRunning as error:
            if not is_told:
                show(Seen(None, error))
            is_told = True
        await clock.sleep(POLL_S)
