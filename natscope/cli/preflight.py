"""`natscope preflight`: will a mesh VPN be direct in this network, before one is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import Session
from natscope.errors import CannotMeasure, UserError

if TYPE_CHECKING:
    from natscope.apps.preflight import PreflightRun
    from natscope.model.preflight import Preflight

app = typer.Typer(add_completion=False)

LOOK = "natscope doctor --online looks at what may be in the way: routes, name servers, proxies"

Letter = Annotated[bool, opt.switch("only the text to send to whoever runs the network", "--letter")]


@app.command()
def preflight(
    context: typer.Context,
    derp_map: opt.DerpMap = None,
    timeout: opt.Timeout = None,
    only_v4: opt.OnlyV4 = False,
    only_v6: opt.OnlyV6 = False,
    interface: opt.Interface = None,
    offline: opt.Offline = None,
    as_json: opt.AsJson = False,
    letter: Letter = False,
    record: opt.Record = None,
    replay: opt.Replay = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Say whether a mesh VPN will be direct in this network, before you install one.

    Examples:
    natscope preflight  # direct, sometimes or relayed, and what to change first
    natscope preflight --derp-map derp.yaml  # with the relays that you will use
    natscope preflight --letter  # a text to send to the network's administrator

    Measures as natscope netcheck does, HTTPS to every relay included, and looks at proxies, name servers and
    collisions with 100.64.0.0/10. Exit 0: direct with most peers; 11: with few; 10: relayed; 3: it cannot be told.
    """
    if as_json and letter:
        raise UserError("--json and --letter contradict each other", hint="--json has the text too")
    parameters = {name: value for name, value in context.params.items() if name != "as_json"}
    session = begin_with_console(context, parameters)
    found = _run(session)
    for warning in found.netcheck.record.warnings:
        session.console.warn(warning)
    _keep(found, session)
    return _show(found.preflight, session, as_json=as_json, letter=letter)


def begin_with_console(context: typer.Context, parameters: dict[str, object]) -> Session:
    """The session without `--json`, which means another document here."""
    from natscope.cli.session import begin_with, console_of

    return begin_with(console_of(context), parameters)


def exit_code(found: Preflight) -> int:
    """By what connections will be; 130 after an interrupt."""
    from natscope.model.preflight import Expected

    if found.interrupted:
        return exit_codes.INTERRUPTED
    codes = {
        Expected.DIRECT: exit_codes.GOOD,
        Expected.SOMETIMES: exit_codes.DEGRADED,
        Expected.RELAYED: exit_codes.RELAYED,
        Expected.UNKNOWN: exit_codes.CANNOT_TEST,
    }
    return codes[found.forecast.expected]


def _run(session: Session) -> PreflightRun:
    import msgspec

    from natscope.apps.config import state_directory
    from natscope.apps.preflight import replayed, run_preflight
    from natscope.cli.again import MAP, again
    from natscope.cli.netcheck_flow import map_choice, netcheck_options
    from natscope.cli.originals import check_measured
    from natscope.cli.output import prepare_folder
    from natscope.cli.progress import ProgressLine
    from natscope.netcheck.record import FILE_NAME

    config, console = session.config, session.console
    if folder := config.text("netcheck.replay"):
        from natscope.netcheck.record import load

        if config.text("netcheck.record"):
            raise UserError("--replay and --record contradict each other: a replay measures nothing")
        record = load(folder)
        check_measured(session.parameters, folder)
        return replayed(record)
    prepare_folder(config.text("netcheck.record"), FILE_NAME)
    line = ProgressLine(console)
    line.start("reading the relay map; Ctrl-C shows what is known so far")
    try:
        return run_preflight(
            msgspec.structs.replace(netcheck_options(config), https=True),
            map_choice(session),
            state_dir=state_directory(config, session.environ),
            progress=line if line.wanted else None,
            environ=session.environ,
            stdin=console.streams.binary_input(),
            keep_report=config.switch("keep_report"),
        )
    except CannotMeasure as error:  # what keeps the relay map away may be what somebody came to learn
        look = LOOK.replace("--online", f"--online{again(config, MAP[:1])}")
        raise CannotMeasure(error.message, hint=f"{error.hint}\n{look}".strip()) from error
    finally:
        line.finish()


def _keep(found: PreflightRun, session: Session) -> None:
    folder = session.config.text("netcheck.record")
    if not folder or session.config.text("netcheck.replay"):
        return
    from natscope.netcheck.record import save

    path = save(found.netcheck.record, folder)
    if session.console.verbosity >= 0:
        session.console.note(f"recorded in {path}")


def _show(found: Preflight, session: Session, *, as_json: bool, letter: bool) -> int:
    console, code = session.console, exit_code(found)
    if as_json:
        from natscope.cli.json_text import json_text

        console.data(json_text(found, indent=2))
    elif letter:
        if found.letter:
            from natscope.plugins.clean import clean

            console.data("".join(f"{clean(line)}\n" for line in found.letter.rstrip("\n").split("\n")))
        elif console.verbosity >= 0:
            console.note(_no_letter(found, code))
    else:
        from natscope.cli.pen import Pen
        from natscope.cli.preflight_text import draw

        pen = Pen(console.width, console.ascii_only, console.colour)
        console.data(draw(found, pen, verbosity=console.verbosity, code=code))
    return code


def _no_letter(found: Preflight, code: int) -> str:
    """What is not known is no reason to ask for nothing."""
    if code in (exit_codes.CANNOT_TEST, exit_codes.INTERRUPTED):
        return f"no text to send: {found.forecast.sentence}"
    return "there is nothing to ask the network's administrator for"
