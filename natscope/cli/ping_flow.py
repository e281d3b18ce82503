"""What `natscope ping` does: read the options, ping, measure this side if asked, explain, exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from natscope.cli import exit_codes
from natscope.cli.session import Session
from natscope.errors import CannotMeasure, UserError
from natscope.mesh.pinging import PingPlan
from natscope.mesh.source import PingKind

if TYPE_CHECKING:
    from natscope.apps.mesh_ping import PingRun
    from natscope.cli.ping_json import PingDocument, PingLines
    from natscope.cli.ping_text import PingScreen
    from natscope.mesh.overview import ReportUse

MAX_COUNT = 1_000_000
MAX_SECONDS = 86_400.0
MIN_INTERVAL_S = 0.1
MAX_SIZE = 9000
"""No interface has longer packets."""
DEFAULT_COUNT = 10
TRIES = 3
"""On each level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingCommand:
    """What the command line asked for, as text."""

    peer: str
    count: str = ""
    interval: str = ""
    wait: str = ""
    deadline: str = ""
    size: str = ""
    until_direct: bool | None = None
    kinds: tuple[str, ...] = ()
    levels: bool = False
    netcheck: bool = False
    report: str = ""
    form: str = "text"
    both_forms: bool = False
    stamps: bool = False


def run(session: Session, command: PingCommand) -> int:
    """The whole command; the exit code. Raises `UserError`, `CannotMeasure` and `RefusedError`."""
    plan = plan_of(command)
    given = _given(command.report) if command.report else None
    from natscope.apps.mesh_ping import run_ping
    from natscope.cli.status_flow import sight_options
    from natscope.mesh.overview import checked_report

    shower = _shower(session, command, plan)
    found = run_ping(sight_options(session, ()), command.peer, plan, shower, levels=command.levels)
    code = exit_code(found, count_given=bool(command.count))
    report = checked_report(given or found.report, found.status)
    if command.netcheck and _wants_netcheck(found):
        try:
            report = _measured(session)
        except CannotMeasure as error:
            session.console.warn(f"this side's network was not measured: {error.message}")
        except KeyboardInterrupt:
            found.interrupted, code = True, exit_codes.INTERRUPTED
    shower.end(found, report, code)
    if found.error is not None:
        raise found.error
    return code


def _wants_netcheck(found: PingRun) -> bool:
    """Of levels none is explained by this side's network but the first, where it answers through a relay."""
    from natscope.model.mesh_ping import PingOutcome

    if found.interrupted or found.error is not None or not found.wants_reasons:
        return False
    return not found.levels or found.summary.outcome is PingOutcome.RELAYED


def plan_of(command: PingCommand) -> PingPlan:
    """Raises `UserError` for values that cannot be, or that contradict each other."""
    if command.both_forms:
        raise UserError("--json and --jsonl contradict each other", hint="give one of them")
    if command.report and command.netcheck:
        raise UserError("--report and --netcheck contradict each other", hint="give one of them")
    if len(command.kinds) > 1:
        raise UserError(
            f"{' and '.join(f'--{kind}' for kind in command.kinds)} contradict each other",
            hint="give one of them, or --levels for all four in order",
        )
    kind = PingKind(command.kinds[0]) if command.kinds else PingKind.DISCO
    if command.levels and (command.kinds or command.size or command.until_direct is not None):
        other = f"--{command.kinds[0]}" if command.kinds else "--size" if command.size else "--until-direct"
        raise UserError(f"--levels and {other} contradict each other", hint="leave one of them out")
    size = int(_number("--size", command.size, 0, 1, MAX_SIZE, whole=True))
    if size and kind is not PingKind.DISCO:
        raise UserError(f"--size is for disco pings, not for --{kind.value}", hint="leave one of them out")
    default = TRIES if command.levels else 0 if command.deadline else DEFAULT_COUNT
    return PingPlan(
        kind=kind,
        count=int(_number("--count", command.count, default, 0, MAX_COUNT, whole=True)),
        interval_s=_number("--interval", command.interval, 1.0, MIN_INTERVAL_S, MAX_SECONDS),
        wait_s=_number("--wait", command.wait, 5.0, MIN_INTERVAL_S, MAX_SECONDS),
        deadline_s=_number("--deadline", command.deadline, 0.0, MIN_INTERVAL_S, MAX_SECONDS) or None,
        size=size,
        until_direct=command.until_direct is not False and kind is PingKind.DISCO,
        stop_at_first=kind is not PingKind.DISCO and not command.count and command.until_direct is not False,
    )


def _number(option: str, text: str, default: float, low: float, high: float, *, whole: bool = False) -> float:
    if not text:
        return default
    try:
        value = float(int(text) if whole else float(text))
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        what = "a whole number" if whole else "a number"
        raise UserError(f"{option} {text[:40]}: not {what} from {low:,g} to {high:,.0f}")
    return value


def exit_code(found: PingRun, *, count_given: bool) -> int:
    """As `natscope help exit-codes` says."""
    from natscope.model.mesh_ping import PingOutcome

    if found.interrupted:
        return exit_codes.INTERRUPTED
    if found.start.target.is_this:
        return exit_codes.GOOD
    summary = found.summary
    if found.levels:
        if all(result.pong is None for result in found.levels):
            return exit_codes.UNREACHABLE
        if any(result.pong is None for result in found.levels):
            return exit_codes.DEGRADED
    is_over = found.plan.deadline_s is not None and count_given and summary.sent < found.plan.count
    if is_over and not found.levels and summary.outcome is not PingOutcome.DIRECT:
        return exit_codes.DEADLINE
    return {
        PingOutcome.DIRECT: exit_codes.GOOD,
        PingOutcome.ANSWERED: exit_codes.GOOD,
        PingOutcome.RELAYED: exit_codes.RELAYED,
        PingOutcome.NO_ANSWER: exit_codes.UNREACHABLE,
    }[summary.outcome]


def _shower(session: Session, command: PingCommand, plan: PingPlan) -> PingScreen | PingDocument | PingLines:
    if command.form == "text":
        from natscope.cli.ping_text import PingScreen, rows_of
        from natscope.cli.status_flow import pen_of, socket_again

        console = session.console
        return PingScreen(
            console,
            pen_of(console),
            plan,
            stamps=command.stamps,
            levels=command.levels,
            rows=rows_of(console, plan.kind),
            again=socket_again(session.config),
            explains=bool(command.report or command.netcheck),
        )
    from natscope.cli.ping_json import PingDocument, PingLines

    return (PingDocument if command.form == "json" else PingLines)(session.console, plan)


def _given(path: str) -> ReportUse:
    """A netcheck's report in a file. Raises `UserError`."""
    from natscope.apps.mesh_source import read_report
    from natscope.mesh.overview import ReportUse

    saved = read_report(path)
    return ReportUse(report=saved.report, origin="file", name=saved.name)


def _measured(session: Session) -> ReportUse:
    from natscope.apps.mesh_status import fresh_use
    from natscope.cli.status_flow import fresh_report, is_bound

    return fresh_use(fresh_report(session), is_bound=is_bound(session))
