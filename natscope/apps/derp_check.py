"""Composition root of the relay check: map, selection, real host, one run or runs that repeat with metrics.

Synchronous: it owns the event loop.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from natscope.apps.did_you_mean import question
from natscope.apps.stopping import stop_on_signals, unless_stopped
from natscope.errors import CannotMeasure, NatscopeError, UserError
from natscope.host.api import Host, HostError, Listener
from natscope.host.real.host import build_real_host
from natscope.model.derp_check import DerpCheck
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import LoadedMap, RelayRegion
from natscope.netcheck.options import MapChoice
from natscope.relay_check.assemble import assemble
from natscope.relay_check.options import CheckOptions, CheckRecord
from natscope.relay_check.run import CheckInputs, run_check
from natscope.relay_check.selection import NoSuch, choose
from natscope.relay_check.watch import CheckProgress
from natscope.relay_client import DIRECT, FROM_ENVIRONMENT

if TYPE_CHECKING:
    from natscope.host.http_api import Http
    from natscope.relay_check.metrics import Totals


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What is to be checked, and how. `regions` are ids or codes, `nodes` names or host names; none for all.

    `spare_vendor`: send no stretch of packets through relays of the vendor's own public map, which are everybody's.
    """

    choice: MapChoice
    options: CheckOptions
    regions: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    spare_vendor: bool = True


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What was observed, and what it means."""

    record: CheckRecord
    check: DerpCheck


@dataclass(frozen=True, slots=True)
class Repetition:
    """Runs begin `every_s` seconds apart, or when the one before is over; `metrics` is where they are served."""

    every_s: float
    metrics: Endpoint | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the process around a check has. `warm_up` is called once, to import what drawing needs."""

    environ: Mapping[str, str]
    stdin: BinaryIO | None = None
    progress: Callable[[CheckProgress], None] | None = None
    warm_up: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One of many runs. `map_problem`: why the map of an earlier run had to serve, empty where it is fresh."""

    check: DerpCheck
    map_problem: str = ""


@dataclass
class _Check:
    """The parts that all runs share; a map from standard input is read once."""

    request: CheckRequest
    host: Host
    http: Http
    given: bytes
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self) -> tuple[LoadedMap, tuple[RelayRegion, ...]]:
        """The map, and what of it is checked. Raises `UserError` and `CannotMeasure`."""
        from natscope.apps.relay_map import load_relay_map

        choice = self.request.choice
        loaded = await load_relay_map(self.host, self.http, choice, stdin=io.BytesIO(self.given).read)
        return loaded, selected(loaded, self.request)

    async def run(
        self, loaded: LoadedMap, regions: tuple[RelayRegion, ...], progress: Callable[[CheckProgress], None] | None
    ) -> CheckRun:
        """Observe and judge."""
        options = self.request.options
        if loaded.vendor and self.request.spare_vendor:
            options = msgspec.structs.replace(options, stream_bytes=0)
        inputs = CheckInputs(
            host=self.host,
            http=self.http,
            loaded_map=loaded,
            regions=regions,
            options=options,
            stop=self.stop,
            progress=progress,
        )
        return judge(await run_check(inputs))


def judge(record: CheckRecord) -> CheckRun:
    """What was observed just now."""
    return CheckRun(record, assemble(record))


def replay(folder: str) -> CheckRun:
    """Judge a recorded check again; no network. Raises `UserError`, also for one that was edited and makes no sense."""
    from natscope.relay_check.record import load

    record = load(folder)
    try:
        check = msgspec.convert(msgspec.to_builtins(assemble(record)), DerpCheck)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"the recording {folder} does not hang together", hint="was it edited?") from error
    return CheckRun(record, check)


def check_once(request: CheckRequest, around: Surroundings) -> CheckRun:
    """One run. Ctrl-C and SIGTERM end it early and give what is known (`interrupted`); while the map is still being
    fetched they raise `KeyboardInterrupt`. Raises `UserError` (options, map) and `CannotMeasure` (no map).
    """
    check = _prepare(request, around)

    async def go() -> CheckRun:
        with stop_on_signals(check.stop):
            loaded, regions = await unless_stopped(check.load(), check.stop)
            if around.warm_up is not None:
                around.warm_up()
            return await check.run(loaded, regions, around.progress)

    return asyncio.run(go())


def check_again_and_again(
    request: CheckRequest,
    repetition: Repetition,
    around: Surroundings,
    *,
    on_ready: Callable[[Endpoint | None], None],
    on_round: Callable[[Round], bool],
) -> None:
    """Runs until SIGTERM or SIGINT. `on_ready` is told where metrics are; `on_round` gets each run that was not cut off
    and says whether it was good.

    The map is loaded again for each run; when that fails later, the last one serves. Raises `UserError` for a request
    that cannot work, `CannotMeasure` when no map can be had at first, and `HostError` when metrics cannot be served.
    """
    from natscope.relay_check.metrics import Totals

    check = _prepare(request, around)

    async def go() -> None:
        with stop_on_signals(check.stop):
            loaded = await unless_stopped(check.load(), check.stop)
            totals = Totals()
            listener = None
            if repetition.metrics is not None:
                listener = await _serve_metrics(check.host, repetition.metrics, totals)
            on_ready(listener.local if listener is not None else None)
            try:
                await _rounds(check, repetition.every_s, loaded, totals, on_round)
            finally:
                if listener is not None:
                    await listener.close()

    asyncio.run(go())


async def _rounds(
    check: _Check,
    every_s: float,
    first: tuple[LoadedMap, tuple[RelayRegion, ...]],
    totals: Totals,
    on_round: Callable[[Round], bool],
) -> None:
    """One after another, so that no run meets the packets of another one."""
    clock = check.host.clock
    current, problem = first, ""
    while True:
        began = clock.now()
        document = (await check.run(*current, None)).check
        if check.stop.is_set():
            return
        good = on_round(Round(document, map_problem=problem))
        totals.add(document, good=good, at=clock.utc())
        if await _is_stopped(check, began + every_s - clock.now()):
            return
        problem = ""
        try:
            current = await unless_stopped(check.load(), check.stop)
        except KeyboardInterrupt:
            return
        except NatscopeError as error:
            problem = error.message


async def _is_stopped(check: _Check, wait_s: float) -> bool:
    """Wait, or less where somebody wants an end."""
    try:
        async with asyncio.timeout(max(wait_s, 0.0)):
            await check.stop.wait()
    except TimeoutError:
        return False
    return True


async def _serve_metrics(host: Host, local: Endpoint, totals: Totals) -> Listener:
    from natscope.relay_check.metrics import check_metrics
    from natscope.web.metrics import metrics_page, prometheus_text
    from natscope.web.server import HttpServer

    async def text() -> str:
        return prometheus_text(check_metrics(totals))

    try:
        return await HttpServer(host, metrics_page(text)).listen(local)
    except HostError as error:
        raise CannotMeasure(
            f"metrics cannot be served on {local}: {error.message}", hint="another place: --metrics-listen 127.0.0.1:0"
        ) from error


def selected(loaded: LoadedMap, request: CheckRequest) -> tuple[RelayRegion, ...]:
    """The regions and nodes that are meant.

    Raises `UserError` for one that the map does not have, `CannotMeasure` where nothing is left to check.
    """
    try:
        regions = choose(loaded.relay_map, request.regions, request.nodes)
    except NoSuch as error:
        left_out = any(problem.severity == "error" for problem in loaded.problems)
        more = "\nmistakes in the map left something out: natscope derp map lint" if left_out else ""
        raise UserError(error.message + question(error.word, error.known), hint=error.hint + more) from None
    if not regions:
        what = "these regions have" if request.regions else "the relay map has"
        raise CannotMeasure(f"nothing to check: {what} no nodes", hint="natscope derp map show says what the map has")
    return regions


def _prepare(request: CheckRequest, around: Surroundings) -> _Check:
    from natscope.netcheck.map_source import STDIN
    from natscope.web.client import HttpClient, load_httpx

    given = b""
    if request.choice.where == STDIN and around.stdin is not None:
        given = around.stdin.read(request.choice.max_bytes + 1)  # before the loop takes the signals over
    environ = dict(around.environ)
    if request.options.proxy not in (DIRECT, FROM_ENVIRONMENT):
        environ["https_proxy"] = request.options.proxy  # web pages of relays go the same way
    host = replace(build_real_host(), environ=environ)
    load_httpx()
    return _Check(request, host, HttpClient(host), given)
