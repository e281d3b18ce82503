"""`natscope doctor`: looks at natscope itself, at tailscaled and at this computer, line by line with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt

if TYPE_CHECKING:
    from natscope.model.doctor import DoctorReport

app = typer.Typer(add_completion=False)

Online = Annotated[bool, opt.switch("use the network too: fetch the relay map, compare the clock", "--online")]
FixCommands = Annotated[bool, opt.switch("only the commands of the fixes, to read and copy", "--fix-commands")]
OnlyChecks = Annotated[
    list[str] | None,
    typer.Option("--only", help="only these checks or groups (their names: -v)", metavar="CHECK,…", show_default=False),
]


@app.command()
def doctor(
    context: typer.Context,
    online: Online = False,
    only_checks: OnlyChecks = None,
    socket: opt.Socket = None,
    derp_map: opt.DerpMap = None,
    fix_commands: FixCommands = False,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
) -> int:
    """Look at natscope, tailscaled and this computer, and say how to fix what is wrong.

    Examples:
    natscope doctor  # everything, without using the network
    sudo natscope doctor --fix-commands  # only commands that would fix something
    natscope doctor --only tailscaled --json  # a part, for a program

    Asks the running tailscaled over its socket and tries sockets on loopback; changes nothing. What could not be
    checked is skipped with the reason. Exit 1: a problem; hints alone are 0; 3: nothing asked for could be checked.
    """
    from natscope.apps.config import cache_directory
    from natscope.apps.doctor import examine
    from natscope.apps.doctor_own import load_or_defaults
    from natscope.cli.environment import working_directory
    from natscope.cli.flags import flags_of, verbosity_of
    from natscope.cli.session import console_of
    from natscope.errors import UserError
    from natscope.netcheck.options import MapChoice

    if fix_commands and as_json:
        raise UserError("--fix-commands and --json contradict each other", hint="--json has the commands too")
    console, cwd = console_of(context), working_directory()
    parameters = {name: value for name, value in context.params.items() if name not in ("as_json", "only_checks")}
    config = load_or_defaults(console.environ, flags_of(parameters), cwd)
    console = console.decided(
        color=config.text("color"),
        ascii_only=config.switch("ascii"),
        progress=False,
        verbosity=verbosity_of(parameters),
    )
    report = examine(
        config,
        MapChoice(
            where=config.text("derp_map"),
            default_url=config.text("default_map_url"),
            socket=config.text("tailscaled_socket"),
            cache_dir=cache_directory(config, console.environ),
            offline=config.switch("offline") and not online,
            use_tailscaled=config.switch("use_tailscaled"),
        ),
        only=[name for text in only_checks or () for name in text.split(",") if name],
        online=online,
        environ=console.environ,
        cwd=cwd,
    )
    code = exit_code(report)
    if as_json:
        from natscope.cli.json_text import json_text

        console.data(json_text(report, indent=2))
        return code
    from natscope.cli.doctor_text import commands, draw
    from natscope.cli.pen import Pen

    pen = Pen(console.width, console.ascii_only, console.colour)
    if fix_commands:
        console.data(commands(report, pen))
        return code
    import shlex

    from natscope.cli.again import MAP, SOCKET, again

    repeated = f"{' --online' if online else ''}{''.join(f' --only {shlex.quote(name)}' for name in only_checks or ())}"
    repeated += again(config, (*MAP[:1], *SOCKET))
    console.data(draw(report, pen, verbosity=console.verbosity, code=code, again=repeated))
    return code


def exit_code(report: DoctorReport) -> int:
    """1 with a problem, 3 where nothing could be checked, else 0."""
    counts = report.counts
    if counts.fail:
        return exit_codes.FINDINGS
    return exit_codes.GOOD if counts.ok or counts.warn else exit_codes.CANNOT_TEST
