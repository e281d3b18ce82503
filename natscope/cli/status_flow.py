"""What `natscope status` does: measure this side if asked, look, draw, exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from natscope.apps.config import Config, state_directory
from natscope.cli import exit_codes
from natscope.cli.pen import Pen
from natscope.cli.render import Console
from natscope.cli.session import Session
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.apps.mesh_overview import Wanted
    from natscope.apps.mesh_status import SightOptions
    from natscope.mesh.overview import Overview
    from natscope.model.report import Report

NEXT = "natscope path PEER"


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """What the command line asked for."""

    watch: bool = False
    active: bool = False
    peers: bool = True
    probe: bool = False
    netcheck: bool = False
    files: tuple[str, ...] = ()
    as_json: bool = False
    fails_on: bool = False
    """`--fail-on` was given; the setting of that name may stand in a file for runs that can use it."""

    @classmethod
    def of(cls, parameters: Mapping[str, object]) -> StatusCommand:
        """From the parameters of the command's function."""
        files = parameters.get("files")
        return cls(
            watch=bool(parameters.get("watch")),
            active=bool(parameters.get("active")),
            peers=bool(parameters.get("peers", True)),
            probe=bool(parameters.get("probe")),
            netcheck=bool(parameters.get("netcheck")),
            files=tuple(str(name) for name in files) if isinstance(files, list | tuple) else (),
            as_json=bool(parameters.get("as_json")),
            fails_on=parameters.get("status_fail_on") is not None,
        )


def run(session: Session) -> int:
    """The whole command; the exit code. Raises `UserError`, `CannotMeasure` and `RefusedError`."""
    command = StatusCommand.of(session.parameters)
    check_contradictions(command)
    from natscope.apps.mesh_overview import Wanted

    options = sight_options(session, command.files, fresh=fresh_report(session) if command.netcheck else None)
    wanted = Wanted(peers=command.peers, active_only=command.active, probe=command.probe)
    if command.watch:
        from natscope.cli.status_watch import watch

        return watch(session, options, wanted, as_json=command.as_json)
    return _once(session, options, wanted, command.as_json)


def check_contradictions(command: StatusCommand) -> None:
    """Raises `UserError` for what a saved status cannot do, and for options that would have no effect."""
    for flag, given in (("--watch", command.watch), ("--probe", command.probe), ("--netcheck", command.netcheck)):
        if command.files and given:
            what = {"--netcheck": "the report of that computer is a second file: --from netcheck.json"}
            raise UserError(
                f"{flag} and --from contradict each other: a saved status does not change, and is of another computer",
                hint=what.get(flag, "leave one of them out"),
            )
    if command.watch and command.fails_on:
        raise UserError("--watch and --fail-on contradict each other: a watch has no end", hint="leave one out")
    for flag, given, why in (
        ("--probe", command.probe, "peers are what is pinged"),
        ("--netcheck", command.netcheck, "it explains how peers are reached"),
        ("--active", command.active, "it chooses among peers"),
        ("--fail-on", command.fails_on, "it counts peers"),
    ):
        if given and not command.peers:
            raise UserError(f"{flag} and --no-peers contradict each other: {why}", hint="leave one out")


def sight_options(session: Session, files: tuple[str, ...], *, fresh: Report | None = None) -> SightOptions:
    """Where to look from, by the settings. Raises `UserError` for a socket beside files."""
    if files and session.config.origins["tailscaled_socket"].layer == "flag":
        raise UserError("--socket and --from contradict each other: files are read in place of a daemon")
    from natscope.apps.mesh_status import SightOptions

    source = session.console.streams.binary_input()
    return SightOptions(
        environ=session.environ,
        state_dir=state_directory(session.config, session.environ),
        socket=session.config.text("tailscaled_socket"),
        files=files,
        fresh=fresh,
        is_bound=fresh is not None and is_bound(session),
        stdin=source.read if source is not None else None,
        note=session.console.warn,
        again=from_options(files) if files else socket_again(session.config),
    )


def is_bound(session: Session) -> bool:
    """Is a netcheck by the settings one of an interface, address or family only?"""
    from natscope.cli.netcheck_flow import netcheck_options

    options = netcheck_options(session.config)
    part = options.interface or options.bind_address or options.only or options.skip
    return bool(part) or len(options.families) < 2


def fresh_report(session: Session) -> Report:
    """A netcheck with the settings of one, its progress shown. Raises `UserError` and `CannotMeasure`."""
    from natscope.apps.netcheck import run_netcheck
    from natscope.cli.netcheck_flow import map_choice, netcheck_options
    from natscope.cli.progress import ProgressLine

    line = ProgressLine(session.console)
    line.start("measuring this side's network")
    try:
        result = run_netcheck(
            netcheck_options(session.config),
            map_choice(session),
            state_dir=state_directory(session.config, session.environ),
            progress=line if line.wanted else None,
            environ=session.environ,
            stdin=session.console.streams.binary_input(),
            keep_report=session.config.switch("keep_report"),
        )
    finally:
        line.finish()
    for warning in result.record.warnings:
        session.console.warn(warning)
    if result.record.interrupted:
        raise KeyboardInterrupt
    return result.report


def pen_of(console: Console) -> Pen:
    """How this console draws."""
    return Pen(console.width, console.ascii_only, console.colour)


def _once(session: Session, options: SightOptions, wanted: Wanted, as_json: bool) -> int:
    import gc

    from natscope.apps.mesh_status import run_look

    collects = gc.isenabled()
    gc.disable()  # the nodes of a large mesh live until the end: looking through them again and again costs a fifth
    try:
        overview = run_look(options, wanted)
        again = socket_again(session.config)
        session.console.data(rendered(overview, session.console, as_json=as_json, again=again))
    finally:
        if collects:
            gc.enable()
    return exit_code(overview, session.config.text("status.fail_on"))


def rendered(overview: Overview, console: Console, *, as_json: bool, compact: bool = False, again: str = "") -> str:
    """As JSON or as a screen, whose commands have the options `again`."""
    if as_json:
        from natscope.cli.status_json import encode_overview

        return encode_overview(overview, compact=compact)
    from natscope.model.mesh_status import MeshState

    if overview.status.state is not MeshState.RUNNING:
        from natscope.cli.status_state import draw_state

        return draw_state(overview, pen_of(console), verbosity=console.verbosity)
    from natscope.cli.status_parts import MEASURE
    from natscope.cli.status_text import draw_overview

    is_known = overview.report is not None and overview.report.report is not None
    measure = MEASURE + again
    hint = NEXT + next_files(overview) + again if is_known or overview.is_saved else measure  # this side comes first
    return draw_overview(overview, pen_of(console), verbosity=console.verbosity, hint=hint, measure=measure)


def socket_again(config: Config) -> str:
    """The option that leads a command to the same daemon, with a blank before; empty where the settings do."""
    from natscope.cli.again import SOCKET, again

    return again(config, SOCKET)


def next_files(overview: Overview) -> str:
    """The `--from` options that lead to the same saved files, with a blank before; empty for a running daemon."""
    from natscope.cli.status_parts import STDIN

    if not overview.is_saved:
        return ""
    use = overview.report
    names = [overview.source, *([use.name] if use is not None and use.name else [])]
    return from_options("-" if name == STDIN else name for name in names)


def from_options(names: Iterable[str]) -> str:
    """The files as options, with a blank before each."""
    import shlex

    return "".join(f" --from {shlex.quote(name)}" for name in names)


def exit_code(overview: Overview, fail_on: str) -> int:
    """3 when nothing can be told of peers; 10 and 20 only where `--fail-on` asks for them."""
    from natscope.mesh.overview import PeerState
    from natscope.model.mesh_status import MeshState

    if overview.status.state is not MeshState.RUNNING:
        return exit_codes.CANNOT_TEST
    away = overview.counts.get(PeerState.OFFLINE, 0) + overview.counts.get(PeerState.EXPIRED, 0)
    if fail_on == "offline" and away:
        return exit_codes.UNREACHABLE
    if fail_on != "never" and overview.counts.get(PeerState.RELAYED):
        return exit_codes.RELAYED
    return exit_codes.GOOD
