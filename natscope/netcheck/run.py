"""One run: sockets, plan, probes side by side, limits, and the record at the end.

The relay probe starts before the other probes are even imported, so that the first packet leaves early. Probes that do
not hold the run (captive portal) are cut when everything else is done and the time that a run of answering relays may
take is over: 1.5 × the slowest round trip + 400 ms, of which `RESERVE_S` is left for start and report. Where this
computer itself was late to ask, the answer gets as much longer: a busy computer says nothing about the network.

Slow probes go on when the usual limit is over, until their own; a probe that may disturb others starts when all of them
have ended. Ctrl-C ends them all the same, and what they wrote down by then is in the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from natscope.errors import PluginError
from natscope.host.api import Host
from natscope.model.endpoint import Family
from natscope.model.observation import ProbeOutcome
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.context import ProbeView, SharedRun
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.plan import make_plan
from natscope.netcheck.progress import Progress
from natscope.netcheck.selection import LoadedProbe, choose_modules, left_out, load_all, load_probe, reason_to_skip
from natscope.plugins.loader import Found, PluginModule
from natscope.plugins.probe import Scope

if TYPE_CHECKING:
    from natscope.host.http_api import Http
    from natscope.netcheck.record import RunRecord

FIRST = "relay_stun"
"""Started before anything else is imported."""
RESERVE_S = 0.16
BOUND_S, BOUND_FACTOR = 0.4, 1.5
CLOSING_S = 0.25
"""Kept back from the time limit for recording and drawing."""
NEAR_LIMIT_S = 0.15
"""Probes give up a little before the limit, to write down what they saw: that is the limit's doing too."""
FIRST_STEPS_S = 0.05
"""Probes that were only just started may at least ask, and say until when an answer may come."""
QUIET_S, SETTLE_S = 0.03, 0.001
CUT_PATIENCE_S = 0.2
"""A cancelled probe may take this long to write down that it was cut."""


class RunInputs(msgspec.Struct, frozen=True):
    """What a run needs from outside. `http` is called at the first HTTP request, `stop` is set by Ctrl-C.

    `idle` is called once, piece by piece, while the run waits for answers: imports that the report will need.
    """

    host: Host
    loaded_map: LoadedMap
    options: NetcheckOptions
    history: History
    found: Found
    http: Callable[[], Http]
    stop: asyncio.Event
    progress: Callable[[Progress], None] | None = None
    idle: Sequence[Callable[[], None]] = ()


class _Running(msgspec.Struct):
    """A started probe."""

    loaded: LoadedProbe
    task: asyncio.Task[ProbeOutcome]


class _State(msgspec.Struct):
    outcomes: list[ProbeOutcome] = []
    warnings: list[str] = []
    running: dict[str, _Running] = {}
    ended: dict[str, asyncio.Event] = {}
    before_last: tuple[str, ...] = ()
    """The probes that do not come last."""
    interrupted: bool = False
    limit_reached: bool = False


async def run_probes(inputs: RunInputs) -> RunRecord:
    """Measure and record. Raises `UserError` for probe names nobody has; network trouble is in the record."""
    modules = choose_modules(inputs.found, inputs.options)
    started = inputs.host.clock.now()
    started_at = inputs.host.clock.utc().isoformat().replace("+00:00", "Z")
    shared = await _open(inputs, started)
    state = _State()
    state.outcomes += left_out(inputs.found, inputs.options)
    state.warnings += [error.message for error in inputs.found.warnings]
    try:
        await _start_all(modules, shared, inputs, state)
        await _wait(shared, inputs, state)
    finally:
        await _cut_all(state, shared)
        await shared.addresses.close()
        await shared.mux.close()
    return await _close(inputs, shared, state, started_at)


async def _open(inputs: RunInputs, started: float) -> SharedRun:
    families: tuple[Family, ...] = tuple(f for f in (4, 6) if f in inputs.options.families)
    shared = SharedRun(inputs.host, inputs.loaded_map, inputs.options, families, inputs.http, inputs.progress, started)
    kept_s = min(CLOSING_S, inputs.options.timeout_s / 8)
    shared.deadline, shared.limit = shared.deadline - kept_s, shared.limit - kept_s
    links = await shared.links()
    for family in families:
        await shared.mux.open(family)
    shared.plan = make_plan(inputs.loaded_map.relay_map, links, inputs.options, inputs.history)
    return shared


async def _start_all(modules: tuple[PluginModule, ...], shared: SharedRun, inputs: RunInputs, state: _State) -> None:
    first = [module for module in modules if module.name == FIRST]
    rest = [module for module in modules if module.name != FIRST]
    names = [module.name for module in modules]
    state.ended = {name: asyncio.Event() for name in names}
    warn = _warner(state)
    for module in first:
        _start(load_all([module], warn), shared, inputs, state)
        await asyncio.sleep(0)  # the first burst leaves here
        await asyncio.sleep(0)
    await _start_rest(rest, shared, inputs, state, warn)


async def _start_rest(
    modules: list[PluginModule],
    shared: SharedRun,
    inputs: RunInputs,
    state: _State,
    warn: Callable[[PluginError], None],
) -> None:
    """Import and start the others, then do the idle work, giving way to due sends in between."""
    loaded: list[LoadedProbe] = []
    for module in modules:
        await _until_quiet(shared)
        try:
            loaded.append(load_probe(module))
        except PluginError as error:
            warn(error)
            state.ended[module.name].set()
    _start(loaded, shared, inputs, state)
    for piece in inputs.idle:
        await _until_quiet(shared)
        if inputs.stop.is_set():
            return
        piece()


async def _until_quiet(shared: SharedRun) -> None:
    """Give way until no send is due for a while: importing stops the loop, and bursts must stay apart."""
    now_s = shared.host.clock.now() - shared.recorder.started
    quiet_s = now_s
    for send in shared.plan.sends:
        if quiet_s <= send.at_s < quiet_s + QUIET_S:
            quiet_s = send.at_s + SETTLE_S
    await shared.host.clock.sleep(quiet_s - now_s)


def _warner(state: _State) -> Callable[[PluginError], None]:
    def warn(error: PluginError) -> None:
        state.warnings.append(error.message)

    return warn


def _start(loaded: list[LoadedProbe], shared: SharedRun, inputs: RunInputs, state: _State) -> None:
    scope = Scope(shared.loaded_map, shared.options, shared.families, shared.plan)
    state.before_last += tuple(item.probe.name for item in loaded if not item.probe.last)
    loop = asyncio.get_running_loop()
    for item in loaded:
        probe = item.probe
        skipped = reason_to_skip(probe, scope, inputs.options, inputs.host.capabilities)
        if skipped is not None:
            state.outcomes.append(skipped)
            state.ended[probe.name].set()
            continue
        state.running[probe.name] = _Running(item, loop.create_task(_run_one(item, shared, state)))


async def _run_one(item: LoadedProbe, shared: SharedRun, state: _State) -> ProbeOutcome:
    """Wait for what must come first, run, and say how it ended; a broken probe fails alone."""
    probe, clock = item.probe, shared.host.clock
    began = clock.now()
    outcome, reason = "ran", ""
    try:
        for name in (*state.before_last, *probe.after) if probe.last else probe.after:
            if name in state.ended:
                await state.ended[name].wait()
        began = clock.now()
        await item.run(ProbeView(shared, probe.name, outlasts=probe.outlasts))
    except asyncio.CancelledError:
        outcome, reason = "cut", "interrupted" if state.interrupted else "the time was up"
    except Exception as error:  # a plug-in's bug must not take the run with it
        outcome, reason = "failed", f"{type(error).__name__}: {error}"[:200]
        state.warnings.append(f"the probe {probe.name} failed: {reason}")
    finally:
        state.ended[probe.name].set()
    elapsed_ms = round((clock.now() - began) * 1000, 3)
    return ProbeOutcome(name=probe.name, title=probe.title, state=outcome, reason=reason, elapsed_ms=elapsed_ms)


async def _wait(shared: SharedRun, inputs: RunInputs, state: _State) -> None:
    """Until all that holds the run is done, then a little for the rest, then for slow probes; never beyond a limit."""
    stop = asyncio.get_running_loop().create_task(inputs.stop.wait())
    usual = [r for r in state.running.values() if not r.loaded.probe.outlasts]
    long = [r.task for r in state.running.values() if r.loaded.probe.outlasts]
    held = [r.task for r in usual if r.loaded.probe.holds]
    everything = [r.task for r in usual]
    unfinished = False
    try:
        await _wait_for(held or everything, shared.deadline, stop, shared)
        if not long:
            await _wait_for_rest(everything, stop, shared)
        else:
            await _wait_for(everything, shared.deadline, stop, shared)
        near_limit = shared.host.clock.now() >= shared.deadline - NEAR_LIMIT_S
        unfinished = near_limit or any(not task.done() for task in held or everything)
        if long and not stop.done():
            await _cut(usual)
            await _wait_for(long, shared.limit, stop, shared)
    finally:
        stop.cancel()
    state.interrupted = inputs.stop.is_set()
    unfinished = unfinished or any(not task.done() for task in long)
    state.limit_reached = not state.interrupted and unfinished


async def _cut(running: Sequence[_Running]) -> None:
    """End what is still running; it may write down that it was cut, and take back what it made."""
    unfinished = [r for r in running if not r.task.done()]
    for item in unfinished:
        item.task.cancel()
    if unfinished:
        patience_s = max(CUT_PATIENCE_S, *(r.loaded.probe.tidies_s for r in unfinished))
        await asyncio.wait([r.task for r in unfinished], timeout=patience_s)


def _bound(shared: SharedRun) -> float:
    slowest = max(shared.mux.best_s.values(), default=0.0)
    return shared.recorder.started + BOUND_FACTOR * slowest + BOUND_S - RESERVE_S


async def _wait_for_rest(
    tasks: Sequence[asyncio.Task[ProbeOutcome]], stop: asyncio.Task[bool], shared: SharedRun
) -> None:
    """Until the bound; longer for answers that were asked for late because this computer was busy (`expect_until`)."""
    now = shared.host.clock.now
    shared.expected_until = max(shared.expected_until, now() + FIRST_STEPS_S)
    while not stop.done() and any(not task.done() for task in tasks):
        until = min(shared.deadline, max(_bound(shared), shared.expected_until))
        if until <= now():
            return
        await _wait_for(tasks, until, stop, shared)


async def _wait_for(
    tasks: Sequence[asyncio.Task[ProbeOutcome]], until: float, stop: asyncio.Task[bool], shared: SharedRun
) -> None:
    pending = [task for task in tasks if not task.done()]
    while pending and not stop.done():
        remaining = until - shared.host.clock.now()
        if remaining <= 0:
            return
        await asyncio.wait((*pending, stop), timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        pending = [task for task in pending if not task.done()]


async def _cut_all(state: _State, shared: SharedRun) -> None:
    await _cut(tuple(state.running.values()))
    for name, running in state.running.items():
        task = running.task
        if task.done() and not task.cancelled():
            state.outcomes.append(task.result())
        else:
            probe = running.loaded.probe
            state.outcomes.append(ProbeOutcome(name=name, title=probe.title, state="cut", reason="the time was up"))


async def _close(inputs: RunInputs, shared: SharedRun, state: _State, started_at: str) -> RunRecord:
    from natscope.netcheck.closing import Ending, close_run  # not needed before the first packet

    ending = Ending(
        started_at=started_at,
        interrupted=state.interrupted,
        limit_reached=state.limit_reached,
        outcomes=tuple(state.outcomes),
        warnings=tuple(state.warnings),
    )
    return await close_run(shared, inputs.history, ending)
