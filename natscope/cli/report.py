"""`natscope report`: make a report, show one again, say why, mask it, compare two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.report_make import make
from natscope.cli.session import Session, begin
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.model.report import Report

DIFF_SCHEMA = "natscope.report-diff/1"

File = Annotated[str, typer.Argument(metavar="FILE", show_default=False)]


app = typer.Typer(add_completion=False)
app.command()(make)


@app.callback()
def report() -> None:
    """Reports in files: make one, show one again, in any form; say why; mask it; compare two.

    Examples:
    natscope report make run1 --format html -o report.html  # from a recording, or from tailscale netcheck's JSON
    natscope report view report.json --why NS-NAT-01  # from the finding down to packets
    natscope report diff before.json after.json  # what has changed?

    `natscope report FILE` is `natscope report view FILE`. FILE may be a bundle, `-` for standard input, or `last` for
    what this computer's last netcheck left.
    """


@app.command()
def view(
    context: typer.Context,
    file: File,
    format_name: opt.FormatName = None,
    as_json: opt.Json = False,
    output: opt.Output = None,
    why: Annotated[
        str | None,
        typer.Option("--why", help="what a finding rests on, down to packets", metavar="ID", show_default=False),
    ] = None,
    redact: opt.Redact = None,
    fail_on: opt.FailOn = None,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
) -> int:
    """Show a report that somebody saved, as if it had just been measured.

    Examples:
    natscope report view report.json  # as netcheck would show it
    natscope report view report.json --format md  # for an issue
    natscope report view last --why NS-UDP-01  # of the last netcheck here; also for a finding that it does not have

    The exit code is that of the netcheck. Findings and verdict are those in the file; --why judges again.
    """
    from natscope.cli.drawing import render_options
    from natscope.cli.formats import choose_format
    from natscope.cli.originals import check_keeps
    from natscope.cli.outcome import exit_code
    from natscope.cli.output import check_destination, deliver

    session = begin(context)
    console, config = session.console, session.config
    if why is not None and (as_json or format_name not in (None, "text")):
        raise UserError("--why is text only", hint="the JSON report has every observation behind it")
    chosen = choose_format(config.text("netcheck.format"))
    destination = config.text("netcheck.output")
    check_destination(destination, console)
    check_keeps(destination, (file,), "result")
    found = _read(file, session)
    if config.switch("netcheck.redact"):
        found = _redacted(found)
    if why is not None:
        deliver(_why(found, why, session), destination, console)
        return exit_codes.GOOD
    code = exit_code(found, config.text("netcheck.fail_on"))
    shape, render = chosen.renderer()
    fail_on = config.text("netcheck.fail_on")
    options = render_options(shape, console, destination, code=code, fail_on=fail_on, report=found)
    deliver(render(found, options), destination, console)
    return code


@app.command()
def redact(context: typer.Context, file: File, output: opt.Output = None) -> int:
    """Mask public addresses, names, keys and hardware addresses of a report, the same one everywhere.

    Examples:
    natscope report redact report.json -o for-a-ticket.json  # to show it to strangers
    natscope netcheck --json | natscope report redact -  # from a pipe
    natscope report view report.json --redact --format html -o report.html  # in another form

    Private addresses, ports, times and states stay, so the diagnosis is the same.
    """
    from natscope.cli.formats import choose_format
    from natscope.cli.originals import check_keeps
    from natscope.cli.output import check_destination, deliver
    from natscope.plugins.report_format import RenderOptions

    session = begin(context)
    destination = session.config.text("netcheck.output")
    check_destination(destination, session.console)
    check_keeps(destination, (file,), "masked report")
    _, render = choose_format("json").renderer()
    deliver(render(_redacted(_read(file, session)), RenderOptions()), destination, session.console)
    return exit_codes.GOOD


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="BEFORE", show_default=False)],
    after: Annotated[str, typer.Argument(metavar="AFTER", show_default=False)],
    as_json: opt.AsJson = False,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    verbose: opt.Verbose = 0,
) -> int:
    """Say what has changed between two reports. Exit code 0: nothing that matters; 1: something.

    Examples:
    natscope report diff before.json after.json  # did the new router help?
    natscope report diff -v before.json after.json  # also what differs by chance, such as addresses
    natscope report diff --json before.json after.json  # for a program
    """
    from natscope.cli.diff_page import draw
    from natscope.cli.pen import Pen
    from natscope.diagnosis.compare import compare

    session = begin(context)
    console = session.console
    if before == after == "-":
        raise UserError("only one of the two reports can come from standard input", hint="name a file for the other")
    changes = compare(_read(before, session), _read(after, session))
    code = exit_codes.FINDINGS if any(change.matters for change in changes) else exit_codes.GOOD
    if as_json:
        from natscope.cli.json_text import json_text

        document = {"schema": DIFF_SCHEMA, "before": before, "after": after, "changes": changes}
        console.data(json_text(document, indent=2))
        return code
    shown = changes if console.verbosity > 0 else tuple(change for change in changes if change.matters)
    pen = Pen(console.width, console.ascii_only, console.colour)
    console.data("\n".join(draw(shown, len(changes) - len(shown), pen)) + "\n")
    return code


def _read(path: str, session: Session) -> Report:
    from natscope.cli.named_report import named_report

    return named_report(session, path).report


def _redacted(found: Report) -> Report:
    from natscope.redact.report import redact as mask

    return mask(found)


def _why(found: Report, cause_id: str, session: Session) -> str:
    from natscope.cli.pen import Pen
    from natscope.cli.relay_finding import refuse
    from natscope.cli.why_page import draw
    from natscope.diagnosis.why import why as chain_of

    refuse(cause_id)
    console = session.console
    to_file = session.config.text("netcheck.output") not in ("", "-")
    pen = Pen(80 if to_file else console.width, console.ascii_only and not to_file, console.colour and not to_file)
    return "\n".join(draw(chain_of(found, cause_id), pen)) + "\n"
