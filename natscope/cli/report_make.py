"""`natscope report make`: a report from a recording, from upstream's netcheck, or measured now, in any forms."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import options as opt
from natscope.cli.session import Session, begin
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.apps.netcheck import NetcheckRun
    from natscope.cli.formats import FormatChoice
    from natscope.model.report import Report
    from natscope.plugins.report_format import Format

Files = Annotated[list[str] | None, typer.Argument(metavar="[FILE]...", show_default=False)]
Formats = Annotated[list[str] | None, opt.option("netcheck.format", "--format")]
Force = Annotated[bool, opt.switch("replace files that are there already", "--force")]


def make(
    context: typer.Context,
    files: Files = None,
    derp_map: opt.DerpMap = None,
    profile: opt.Profile = None,
    full: opt.Full = False,
    only: opt.Only = None,
    skip: opt.Skip = None,
    timeout: opt.Timeout = None,
    offline: opt.Offline = None,
    record: opt.Record = None,
    replay: opt.Replay = None,
    formats: Formats = None,
    as_json: opt.Json = False,
    output: opt.Output = None,
    force: Force = False,
    redact: opt.Redact = None,
    fail_on: opt.FailOn = None,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    no_progress: opt.NoProgress = False,
) -> int:
    """Make a report, judged by this natscope: from what was measured earlier, or by measuring now.

    Examples:
    natscope report make run1 --format html -o report.html  # from a recording: netcheck --record run1
    natscope report make netcheck.json status.json  # from tailscale netcheck --format=json, and status --json
    natscope report make --format json,html,md -o report  # measure now; report.json, report.html, report.md

    FILE may also be a report or a bundle of an older natscope, or `-` for standard input; natscope report view shows
    one with the findings that it has. A file that is there is kept: --force replaces it. Exit codes are netcheck's.
    """
    from natscope.cli.formats import choose_format

    session = begin(context)
    sources = _sources(files or [], session)
    names = tuple(dict.fromkeys(session.config.text("netcheck.format").replace(" ", "").split(",")))
    chosen = [choose_format(name) for name in names if name]
    if not chosen:
        raise UserError("--format names no format", hint="--format html, or several: --format json,html")
    shapes = [choice.renderer().format for choice in chosen]
    places = destinations(session.config.text("netcheck.output"), shapes)
    _check(places, _read_by(sources, session), session, force=force)
    if sources:
        return _deliver(_from_files(sources, session), chosen, places, session)
    from natscope.cli.again import WAY, again
    from natscope.cli.netcheck_flow import keep_recording, obtain

    run: NetcheckRun = obtain(session, chosen[0], force=force)
    code = _deliver(run.report, chosen, places, session, "" if replay else again(session.config, WAY))
    keep_recording(run, session)
    return code


def destinations(output: str, shapes: Sequence[Format]) -> tuple[str, ...]:
    """A file for each format: as named for one; else `output` without its ending, or `report` in that folder.

    Two formats with the same ending have their names in it. Raises `UserError` for several on standard output, a
    device or a pipe.
    """
    from natscope.cli.output import descriptor_of, is_special

    if len(shapes) == 1:
        return (output,)
    if output in ("", "-"):
        names = ", ".join(f"report.{shape.extension}" for shape in shapes)
        raise UserError(f"{len(shapes)} formats do not fit into standard output", hint=f"-o report writes {names}")
    if descriptor_of(output) is not None or (is_special(output) and not os.path.isdir(output)):
        raise UserError(f"{len(shapes)} formats do not fit into {output}: it is no file", hint="give one --format")
    stem = os.path.join(output, "report") if output.endswith(os.sep) or os.path.isdir(output) else output
    ending = os.path.splitext(stem)[1].removeprefix(".")
    if ending in {shape.extension for shape in shapes}:
        stem = stem.removesuffix(f".{ending}")
    shared = Counter(shape.extension for shape in shapes)
    return tuple(
        f"{stem}.{shape.extension}"
        if shared[shape.extension] == 1 or shape.name == shape.extension
        else f"{stem}.{shape.name}.{shape.extension}"
        for shape in shapes
    )


def _sources(files: Sequence[str], session: Session) -> tuple[str, ...]:
    """The files; refused beside options that say how to measure, and beside a recording named otherwise."""
    if not files:
        return ()
    if session.config.text("netcheck.replay"):
        raise UserError("--replay and FILE contradict each other", hint="a recording is a FILE too: leave --replay out")
    from natscope.cli.originals import check_measured

    check_measured(session.parameters, files[0])
    return tuple(files)


def _read_by(sources: Sequence[str], session: Session) -> tuple[str, ...]:
    """Everything that the report is made from."""
    return (*sources, session.config.text("netcheck.replay"), session.config.text("derp_map"))


def _check(places: Sequence[str], sources: Sequence[str], session: Session, *, force: bool) -> None:
    """Before anything is measured: each has a place, and nothing is lost. Raises `UserError`."""
    from natscope.cli.originals import check_apart, check_keeps
    from natscope.cli.output import check_destination, descriptor_of
    from natscope.netcheck.record import FILE_NAME

    for place in places:
        check_destination(place, session.console)
        check_keeps(place, sources, "report")
        check_apart(place, session.config.text("netcheck.record"), FILE_NAME)
        is_file = place not in ("", "-") and os.path.isfile(place) and descriptor_of(place) is None
        if is_file and not force:
            raise UserError(f"{place} is there already", hint="--force replaces it, or name another file with -o")


def _from_files(sources: Sequence[str], session: Session) -> Report:
    from natscope.apps.report_make import make_report

    stdin = session.console.streams.binary_input() if "-" in sources else None
    made = make_report(sources, stdin=stdin)
    for warning in made.warnings:
        session.console.warn(warning)
    return made.report


def _deliver(
    report: Report, chosen: Sequence[FormatChoice], places: Sequence[str], session: Session, repeated: str = ""
) -> int:
    """Draw all, then write all: a format that fails leaves no half of the files."""
    from natscope.cli.drawing import render_options
    from natscope.cli.outcome import exit_code
    from natscope.cli.output import deliver, descriptor_of

    console, config = session.console, session.config
    fail_on = config.text("netcheck.fail_on")
    code = exit_code(report, fail_on)
    if config.switch("netcheck.redact"):
        from natscope.redact.report import redact as mask

        report = mask(report)
    drawn = []
    for choice, place in zip(chosen, places, strict=True):
        shape, render = choice.renderer()
        options = render_options(shape, console, place, code=code, fail_on=fail_on, again=repeated, report=report)
        drawn.append(render(report, options))
    for text, place in zip(drawn, places, strict=True):
        deliver(text, place, console)
    written = [place for place in places if place not in ("", "-") and descriptor_of(place) is None]
    if written and console.verbosity >= 0:
        console.note(f"written: {', '.join(written)}")
    return code
