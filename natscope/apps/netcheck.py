"""Composition root of the netcheck: real host, map, probes, report.

Synchronous: it owns the event loop. Everything that the first packet does not need is imported after it, while the
run waits for answers.
"""

from __future__ import annotations

import asyncio
import io
import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from natscope.apps.stopping import stop_on_signals, unless_stopped
from natscope.errors import UserError
from natscope.host.api import Host
from natscope.host.real.host import build_real_host
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.history import FILE_NAME, encode_history, load_history
from natscope.netcheck.options import MAX_TIMEOUT_S, MapChoice, NetcheckOptions
from natscope.netcheck.progress import Progress
from natscope.plugins.loader import PROBES, find

if TYPE_CHECKING:
    from natscope.host.http_api import Http, HttpRequest, HttpResponse
    from natscope.host.tap import Tap
    from natscope.model.report import Report
    from natscope.netcheck.map_source import DaemonAnswer
    from natscope.netcheck.record import RunRecord
    from natscope.netcheck.targets import Target

MIN_TIMEOUT_S = 0.2


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
    pcap: str = "",
    keep_report: bool = False,
    loaded_map: LoadedMap | None = None,
) -> NetcheckRun:
    """Measure. Ctrl-C and SIGTERM stop the probes and give what is known (`record.interrupted`).

    `loaded_map` is taken in place of `choice`. `pcap` is a file for the UDP and ICMP packets of the probes.
    `keep_report` leaves the report in `state_dir` for other commands. `warm_up` is called once while the run waits for
    answers: import there what drawing the report needs. Ctrl-C while the map is still being fetched raises
    `KeyboardInterrupt`: there is nothing to show.
    Raises `UserError` (options, map) and `CannotMeasure` (no map).
    """
    check_options(options)
    host = replace(build_real_host(), environ=dict(environ))
    stdin = _read_ahead(choice, stdin)
    idle = (_import_report, warm_up) if warm_up is not None else (_import_report,)
    choice = _bounded(choice, options)
    with asyncio.Runner() as runner:
        tap = _tap(host) if pcap else None
        if tap is not None:
            host = tap.wrap(host)
        record = runner.run(_measure(host, options, loaded_map or choice, state_dir, progress, stdin, idle))
        if tap is not None:
            record = runner.run(_keep_capture(tap, pcap, record))
    result = replay(record)
    result = replace(result, record=_keep_history(result, state_dir))
    return replace(result, record=_keep_report(result, state_dir)) if keep_report else result


def _tap(host: Host) -> Tap:
    from natscope.host.tap import Tap

    return Tap(host)


async def _keep_capture(tap: Tap, path: str, record: RunRecord) -> RunRecord:
    """Write the capture, readable by its owner alone; where that fails or it is not whole, the run says so."""
    import msgspec

    from natscope.netcheck.record import write_private
    from natscope.version import VERSION

    words = f"{tap.dropped} packets too many are not in {path}" if tap.dropped else ""
    try:
        write_private(path, await tap.capture(f"natscope {VERSION}"))
    except OSError as error:
        words = f"cannot write the packets to {path}: {(error.strerror or 'unknown reason').lower()}"
    return msgspec.structs.replace(record, warnings=(*record.warnings, words)) if words else record


def replay(record: RunRecord) -> NetcheckRun:
    """Assemble and diagnose a stored record; no network."""
    from natscope.diagnosis.engine import diagnose
    from natscope.netcheck.assemble import assemble

    return NetcheckRun(record, diagnose(assemble(record)))


def list_targets(
    options: NetcheckOptions, choice: MapChoice, *, environ: Mapping[str, str], stdin: BinaryIO | None = None
) -> tuple[Target, ...]:
    """Each host that a run with these options would contact; only the map is loaded, nothing else is sent."""
    from natscope.netcheck.targets import targets_of

    check_options(options)
    host = replace(build_real_host(), environ=dict(environ))
    stdin = _read_ahead(choice, stdin)
    with asyncio.Runner() as runner:
        loaded_map = runner.run(_load_map(host, _bounded(choice, options), stdin))
    return targets_of(loaded_map, options, find(PROBES), host.capabilities, lambda error: None)


def check_options(options: NetcheckOptions) -> None:
    """Raises `UserError` for values no run can have."""
    if not options.families or any(family not in (4, 6) for family in options.families):
        raise UserError("at least one of IPv4 and IPv6 must be measured")
    if not MIN_TIMEOUT_S <= options.timeout_s <= MAX_TIMEOUT_S:
        raise UserError(
            f"the time limit must lie between {MIN_TIMEOUT_S:g} and {MAX_TIMEOUT_S:g} seconds",
            hint="only --full and --lifetime have something to do for longer",
        )
    if not 0 <= options.source_port <= 65535:
        raise UserError(f"{options.source_port} is no port")
    if options.bind_address:
        try:
            ipaddress.ip_address(options.bind_address)
        except ValueError as error:
            raise UserError(f"{options.bind_address[:60]!r} is no IP address to bind to") from error


def _bounded(choice: MapChoice, options: NetcheckOptions) -> MapChoice:
    """The map's own limit, never above the run's: fetching may take that long, and measuring once more."""
    import msgspec

    return msgspec.structs.replace(choice, timeout_s=min(choice.timeout_s, options.timeout_s))


def _import_report() -> None:
    """What `replay` needs: loaded while answers are on their way."""
    import natscope.diagnosis.engine
    import natscope.netcheck.assemble  # noqa: F401


async def _measure(
    host: Host,
    options: NetcheckOptions,
    where: MapChoice | LoadedMap,
    state_dir: str,
    progress: Callable[[Progress], None] | None,
    stdin: BinaryIO | None,
    idle: tuple[Callable[[], None], ...],
) -> RunRecord:
    from natscope.netcheck.run import RunInputs, run_probes

    stop = asyncio.Event()
    with stop_on_signals(stop):
        if isinstance(where, MapChoice):
            loaded_map = await unless_stopped(_load_map(host, where, stdin), stop)
        else:
            loaded_map = where
        return await run_probes(
            RunInputs(
                host=host,
                loaded_map=loaded_map,
                options=options,
                history=load_history(state_dir),
                found=find(PROBES),
                http=lambda: _http(host),
                stop=stop,
                progress=progress,
                idle=idle,
            )
        )


def _http(host: Host) -> Http:
    from natscope.web.client import HttpClient, load_httpx

    load_httpx()  # now, so that no request waits for it
    return HttpClient(host)


async def _load_map(host: Host, choice: MapChoice, stdin: BinaryIO | None) -> LoadedMap:
    from natscope.netcheck.map_source import load_map

    read = stdin.read if stdin is not None else _no_input
    return await load_map(host, _LazyHttp(host), choice, stdin=read, ask_daemon=_ask_daemon)


async def _ask_daemon(host: Host, http: Http, socket: str) -> DaemonAnswer:
    from natscope.tailscaled.map import ask_tailscaled  # a map that was given asks no daemon

    return await ask_tailscaled(host, http, socket)


def _read_ahead(choice: MapChoice, stdin: BinaryIO | None) -> BinaryIO | None:
    """Standard input, read before the loop takes the signals over: Ctrl-C would not end a read that waits in there."""
    from natscope.netcheck.map_source import STDIN

    if choice.where != STDIN or stdin is None:
        return stdin
    return io.BytesIO(stdin.read(choice.max_bytes + 1))


def _no_input(count: int) -> bytes:
    return b""


class _LazyHttp:
    """An `Http` whose client is imported at the first request: a map from a file needs none."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        """Send through the real client."""
        return await _http(self._host).fetch(request)


def _keep_history(result: NetcheckRun, state_dir: str) -> RunRecord:
    """Write `last.json` for the next run's choice of a home relay; where that fails, the run says so."""
    import msgspec

    from natscope.netcheck.home import next_history
    from natscope.netcheck.record import write_private

    record = result.record
    if not state_dir:
        return record
    history = next_history(record, result.report.relays)
    if history == record.history:
        return record
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        write_private(os.path.join(state_dir, FILE_NAME), encode_history(history))
    except OSError as error:
        words = f"cannot keep the home relay for the next run in {state_dir}: {error.strerror}"
        return msgspec.structs.replace(record, warnings=(*record.warnings, words))
    return record


def _keep_report(result: NetcheckRun, state_dir: str) -> RunRecord:
    """Leave the report for commands that explain peers; where that fails, the run says so."""
    import msgspec

    from natscope.apps.last_report import keep_report

    try:
        keep_report(result.record, result.report, state_dir)
    except OSError as error:
        words = f"cannot keep the report for natscope status in {state_dir}: {error.strerror}"
        return msgspec.structs.replace(result.record, warnings=(*result.record.warnings, words))
    return result.record
