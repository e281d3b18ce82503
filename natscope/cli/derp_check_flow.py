"""What `natscope derp check` does: read the options, check once or again and again, draw, deliver, exit code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from natscope.apps.derp_check import (
    CheckRequest,
    CheckRun,
    Repetition,
    Round,
    Surroundings,
    check_again_and_again,
    check_once,
    replay,
)
from natscope.cli import exit_codes
from natscope.cli.derp_check import DEFAULTS
from natscope.cli.drawing import render_options
from natscope.cli.formats import DERP_CHECK, FormatChoice, choose_format
from natscope.cli.netcheck_flow import map_choice
from natscope.cli.originals import check_apart, check_keeps, check_measured
from natscope.cli.output import check_destination, deliver, prepare_folder
from natscope.cli.progress import ProgressLine
from natscope.cli.session import Session
from natscope.errors import UserError
from natscope.model.derp_check import DerpCheck, StepState
from natscope.model.finding import Severity
from natscope.plugins.clean import clean
from natscope.relay_check.options import MAX_KEYS, CheckOptions
from natscope.relay_check.record import FILE_NAME

if TYPE_CHECKING:
    from natscope.model.endpoint import Endpoint
    from natscope.relay_check.watch import CheckProgress

DEFAULT_METRICS = "127.0.0.1:9479"
OFF = "off"
DEFAULT_VOLUME_KB = "256"
MAX_LIMIT_S = 600.0
MAX_VOLUME_KB = 100_000.0
MIN_EVERY_S, MAX_EVERY_S = 1.0, 86_400.0
_THRESHOLDS: dict[str, tuple[Severity, ...]] = {
    "fail": (Severity.FAIL,),
    "warn": (Severity.FAIL, Severity.WARN),
    "never": (),
}
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_SIGNS = {StepState.OK: ("✓", "[ok]"), StepState.WARN: ("!", "[!!]"), StepState.FAIL: ("✗", "[FAIL]")}

MEASURING = {
    "derp_map": "--derp-map",
    "only_v4": "-4",
    "only_v6": "-6",
    "key_file": "--key-file",
    "ca_file": "--ca-file",
    "proxy": "--proxy",
    "volume": "--volume",
    "port80": "--port80",
    "limit": "--timeout",
    "offline": "--offline",
}
"""Options that say how to check, which a recording was already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options as they were written. `formats` are `--json` and `--format` themselves; without `output` the result
    goes to standard output.
    """

    regions: tuple[str, ...]
    nodes: tuple[str, ...]
    only_v4: bool
    only_v6: bool
    key_files: tuple[str, ...]
    ca_file: str
    proxy: str
    volume: str
    port80: str
    limit: str
    format: str
    formats: tuple[bool, str]
    output: str
    fail_on: str
    every: str
    metrics: str
    record: str
    replay: str


def run(session: Session, wishes: Wishes) -> int:
    """The whole command; the exit code. Raises `UserError` and `CannotMeasure`."""
    _check_words(wishes)
    chosen = choose_format(wishes.format, DERP_CHECK)
    check_destination(wishes.output, session.console)
    check_keeps(wishes.output, (wishes.replay, session.config.text("derp_map"), *wishes.key_files), "result")
    check_apart(wishes.output, wishes.record, FILE_NAME)
    repetition = _repetition(wishes)
    if wishes.replay:
        given = {name: value for name, value in session.parameters.items() if value != DEFAULTS.get(name)}
        found = replay(wishes.replay)
        check_measured(given, wishes.replay, MEASURING)
        return _finish(session, wishes, chosen, found)
    request = CheckRequest(
        map_choice(session),
        check_options(session, wishes),
        wishes.regions,
        wishes.nodes,
        spare_vendor=not wishes.volume,
    )
    if repetition is not None:
        return _again_and_again(session, wishes, chosen, request, repetition)
    prepare_folder(wishes.record, FILE_NAME)
    return _finish(session, wishes, chosen, _measured(session, chosen, request))


def exit_code(check: DerpCheck, fail_on: str) -> int:
    """130 after an interrupt, 1 for findings at or above `fail_on`, 3 when no node could be checked, else 0; with
    `warn` a node that could not be checked counts too.
    """
    if check.interrupted:
        return exit_codes.INTERRUPTED
    if any(finding.severity in _THRESHOLDS[fail_on] for finding in check.findings):
        return exit_codes.FINDINGS
    if not check.verdict.good and not check.verdict.bad:
        return exit_codes.CANNOT_TEST
    return exit_codes.FINDINGS if check.verdict.unknown and fail_on == "warn" else exit_codes.GOOD


def check_options(session: Session, wishes: Wishes) -> CheckOptions:
    """The measuring part. Raises `UserError`."""
    if wishes.only_v4 and wishes.only_v6:
        raise UserError("-4 and -6 exclude each other")
    return CheckOptions(
        families=(4,) if wishes.only_v4 else (6,) if wishes.only_v6 else (4, 6),
        keys=_keys(session, wishes.key_files),
        stream_bytes=round(_number("--volume", wishes.volume or DEFAULT_VOLUME_KB, 0.0, MAX_VOLUME_KB) * 1000),
        limit_s=_number("--timeout", wishes.limit, 0.5, MAX_LIMIT_S),
        ca_file=_authorities(wishes.ca_file),
        proxy=_proxy(wishes.proxy),
        port80=_port("--port80", wishes.port80),
    )


def _measured(session: Session, chosen: FormatChoice, request: CheckRequest) -> CheckRun:
    line = ProgressLine(session.console)
    line.start("reading the relay map; Ctrl-C shows what is known so far")
    try:
        return check_once(request, _around(session, line, chosen))
    finally:
        line.finish()


def _finish(session: Session, wishes: Wishes, chosen: FormatChoice, found: CheckRun) -> int:
    """Draw, deliver, record and say how it ends."""
    console, check = session.console, found.check
    code = exit_code(check, wishes.fail_on)
    _warn(session, check, chosen)
    deliver(_drawn(session, wishes, chosen, check, code), wishes.output, console)
    if code == exit_codes.CANNOT_TEST and console.verbosity >= 0 and (wishes.output or wishes.format != "text"):
        console.note(f"error: {check.verdict.sentence}")
    if wishes.record:
        from natscope.relay_check.record import save

        path = save(found.record, wishes.record)
        if console.verbosity >= 0:
            console.note(f"recorded in {path}")
    return code


def _again_and_again(
    session: Session, wishes: Wishes, chosen: FormatChoice, request: CheckRequest, repetition: Repetition
) -> int:
    console = session.console
    chosen.renderer()
    lines_of_json = wishes.format == "json" and not wishes.output

    def on_ready(metrics: Endpoint | None) -> None:
        if console.verbosity >= 0:
            where = f"; metrics on http://{metrics}/metrics" if metrics is not None else ""
            console.note(f"checking every {repetition.every_s:g} s until SIGTERM or Ctrl-C{where}")

    def on_round(one: Round) -> bool:
        check = one.check
        code = exit_code(check, wishes.fail_on)
        if one.map_problem:
            console.warn(f"the map of an earlier check serves: {one.map_problem}")
        if wishes.output:
            try:
                deliver(_drawn(session, wishes, chosen, check, code), wishes.output, console)
            except UserError as error:  # a full disk today is no reason to stop watching relays
                console.warn(error.message)
        if lines_of_json:
            console.data(_one_line(_drawn(session, wishes, chosen, check, code)))
        elif console.verbosity > 0 and not wishes.output:
            console.data(_drawn(session, wishes, chosen, check, code))
        elif console.verbosity >= 0 or code != exit_codes.GOOD:
            console.data(round_line(check, code, ascii_only=console.ascii_only))
        if console.streams.broken:
            raise BrokenPipeError  # whoever read the lines has gone
        return code == exit_codes.GOOD

    around = _around(session, None, chosen)
    check_again_and_again(request, repetition, around, on_ready=on_ready, on_round=on_round)
    return exit_codes.GOOD


def round_line(check: DerpCheck, code: int, *, ascii_only: bool) -> str:
    """`2026-11-24T12:00:30Z ✓ Relays: 2 of 2 work · 1.4 s · exit 0`."""
    sign = _SIGNS.get(check.verdict.state, ("?", "[??]"))[ascii_only]
    dot = " | " if ascii_only else " · "
    sentence = clean(check.verdict.sentence, ascii_only=ascii_only)
    parts = [f"{check.started_at[:19]}Z {sign} {sentence}", f"{check.duration_ms / 1000:.1f} s", f"exit {code}"]
    return dot.join(parts) + "\n"


def _one_line(document: str) -> str:
    """The same JSON without line feeds between its values."""
    import msgspec

    return msgspec.json.format(document, indent=-1) + "\n"


def _around(session: Session, line: ProgressLine | None, chosen: FormatChoice) -> Surroundings:
    def progress(now: CheckProgress) -> None:
        assert line is not None
        line.tell(now.elapsed_s, now.nodes_done, now.nodes_total, clean(now.doing))

    return Surroundings(
        environ=session.environ,
        stdin=session.console.streams.binary_input(),
        progress=progress if line is not None and line.wanted else None,
        warm_up=chosen.warm_up,
    )


def _drawn(session: Session, wishes: Wishes, chosen: FormatChoice, check: DerpCheck, code: int) -> str:
    renderer = chosen.renderer()
    options = render_options(renderer.format, session.console, wishes.output, code=code, fail_on=wishes.fail_on)
    drawn = renderer.render(check, options)
    return drawn if isinstance(drawn, str) else drawn.decode("utf-8", "replace")


def _warn(session: Session, check: DerpCheck, chosen: FormatChoice) -> None:
    """What the drawn page has, for formats that have no place for it."""
    if not chosen.renderer().format.for_terminal:
        for warning in check.relay_map.warnings:
            session.console.warn(warning)


# -- reading the options -----------------------------------------------------------------------------------------------


def _check_words(wishes: Wishes) -> None:
    if wishes.fail_on not in _THRESHOLDS:
        raise UserError(f"--fail-on {wishes.fail_on}: not one of {', '.join(_THRESHOLDS)}")
    as_json, form = wishes.formats
    if as_json and form not in ("", "json"):
        raise UserError(f"--json and --format {form} contradict each other", hint="give one of them")
    others = (("--record", wishes.record), ("--every", wishes.every), ("--region", wishes.regions))
    for option, given in (*others, ("--node", wishes.nodes)):
        if wishes.replay and given:
            raise UserError(f"--replay and {option} contradict each other: a replay checks nothing")
    if wishes.record and wishes.every:
        raise UserError("--record keeps one check, --every makes many", hint="--every 30s --json keeps them all")


def _repetition(wishes: Wishes) -> Repetition | None:
    if not wishes.every:
        if wishes.metrics:
            raise UserError("--metrics-listen needs --every", hint="--every 30s")
        return None
    if wishes.format not in ("text", "json") and not wishes.output:
        raise UserError(f"--every with --format {wishes.format} needs a file that is written again: --output FILE")
    where = wishes.metrics or DEFAULT_METRICS
    return Repetition(duration("--every", wishes.every), None if where == OFF else _endpoint(where))


def duration(option: str, text: str) -> float:
    """`30`, `30s`, `5m`, `5min` or `1h` in seconds. Raises `UserError`."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s?([a-z]*)", text.strip().lower())
    if match is None or match[2] not in _UNITS:
        raise UserError(f"{option} {text}: not a time", hint=f"{option} 30s, {option} 5m")
    seconds = float(match[1]) * _UNITS[match[2]]
    if not MIN_EVERY_S <= seconds <= MAX_EVERY_S:
        raise UserError(f"{option} {text}: must lie between {MIN_EVERY_S:g} s and {MAX_EVERY_S / 3600:g} h")
    return seconds


def _endpoint(text: str) -> Endpoint:
    from natscope.model.endpoint import Endpoint

    try:
        return Endpoint.parse(text)
    except ValueError:
        raise UserError(
            f"--metrics-listen {text}: not ADDRESS:PORT", hint=f"--metrics-listen {DEFAULT_METRICS}, or off"
        ) from None


def _number(option: str, text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise UserError(f"{option} {text}: not a number from {low:g} to {high:g}")
    return number


def _port(option: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise UserError(f"{option} {text}: not a port from 1 to 65535")
    return int(text)


def _keys(session: Session, files: tuple[str, ...]) -> tuple[bytes, ...]:
    from natscope.apps.client_keys import read_client_key

    if len(files) > MAX_KEYS:
        raise UserError(f"--key-file can be given {MAX_KEYS} times at most: two clients meet")
    found = []
    for file in files:
        key, warning = read_client_key(file)
        if warning:
            session.console.warn(warning)
        found.append(key)
    if len(set(found)) < len(found):
        raise UserError("--key-file: both files hold the same key", hint="give it once: one client then meets itself")
    return tuple(found)


def _authorities(file: str) -> str:
    """The file, once it is known to hold certificates. Raises `UserError`."""
    if not file:
        return ""
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except ssl.SSLError:
        raise UserError(f"--ca-file {file}: holds no certificates in PEM form") from None
    except OSError as error:
        raise UserError(f"--ca-file {file}: {(error.strerror or 'cannot be read').lower()}") from None
    return file


def _proxy(text: str) -> str:
    from natscope.errors import NatscopeError
    from natscope.relay_client import DIRECT, FROM_ENVIRONMENT
    from natscope.wire.proxy_environment import parse_proxy

    if text not in (DIRECT, FROM_ENVIRONMENT):
        try:
            parse_proxy(text)
        except (NatscopeError, ValueError) as error:
            raise UserError(f"--proxy: {error}", hint="--proxy http://proxy.example:3128, or direct") from None
    return text
