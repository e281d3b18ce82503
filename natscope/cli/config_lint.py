"""`natscope config lint`: one file of settings or expectations, all that is wrong in it, with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.render import Console
from natscope.cli.session import console_of
from natscope.errors import UserError

THRESHOLDS = {"fail": ("error",), "warn": ("error", "warning"), "never": ()}

FailAt = Annotated[
    str, typer.Option("--fail-on", help="exit 1 from which problem on [fail]", metavar="fail|warn|never")
]
LintFormat = Annotated[
    str | None,
    typer.Option("--format", help="text, json, sarif or github [text]", metavar="NAME", show_default=False),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind", help="whose rules, where the file does not show it", metavar="settings|project|relay|policy",
        show_default=False,
    ),
]  # fmt: skip


def lint(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FILE|-", show_default=False)],
    kind: Kind = None,
    fail_at: FailAt = "fail",
    as_json: opt.AsJson = False,
    lint_format: LintFormat = None,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
) -> int:
    """Say what is wrong in one file: settings of natscope or of a relay, or a policy; line by line.

    Examples:
    natscope config lint relay.toml  # as natscope derp serve --config takes it
    natscope config lint natscope-policy.toml --format sarif > policy.sarif  # as natscope check --policy takes it
    natscope config lint natscope.toml --fail-on warn  # settings in a repository; also keys without effect count

    The file is only read: no setting of it is put in force, no relay is started and nothing is measured. Errors are
    what the command would refuse, as far as the file alone tells; warnings are keys without effect. A relay's file is
    judged without flags beside it.
    """
    from natscope.apps.config_lint import KINDS, lint_config
    from natscope.apps.did_you_mean import question
    from natscope.cli.config_refused import refused

    threshold_of(fail_at)
    wanted = format_of(lint_format, as_json=as_json)
    if kind is not None and kind not in KINDS:
        raise UserError(f'--kind "{kind}" is none{question(kind, KINDS)}', hint=f"there are {', '.join(KINDS)}")
    console = _console(context, color, ascii_only=bool(ascii_only))
    name = "standard input" if source == "-" else source
    linted, lines = lint_config(_read(source, console), name, kind or "", console.environ, refused)
    code = exit_codes.GOOD
    if any(problem.severity in threshold_of(fail_at) for problem in linted.problems):
        code = exit_codes.FINDINGS
    if wanted == "text":
        from natscope.cli.config_frames import draw_lint
        from natscope.cli.frames import FrameStyle

        style = FrameStyle(console.width, console.ascii_only, console.colour)
        console.data(draw_lint(linted, lines, code, style))
        return code
    from natscope.cli.formats import CONFIG_LINT, choose_format
    from natscope.plugins.report_format import RenderOptions

    console.data(str(choose_format(wanted, CONFIG_LINT).renderer().render(linted, RenderOptions())))
    return code


def threshold_of(fail_at: str) -> tuple[str, ...]:
    """The severities that `--fail-on` counts. Raises `UserError`."""
    if fail_at not in THRESHOLDS:
        raise UserError(f"--fail-on {fail_at}: not one of {', '.join(THRESHOLDS)}")
    return THRESHOLDS[fail_at]


def format_of(lint_format: str | None, *, as_json: bool) -> str:
    """The format that `--json` and `--format` name together. Raises `UserError` where they contradict each other."""
    if as_json and lint_format not in (None, "json"):
        raise UserError(f"--json and --format {lint_format} contradict each other", hint="give one of them")
    return "json" if as_json else lint_format or "text"


def stdin_reader(console: Console) -> Callable[[int], bytes]:
    """Reads that many bytes of standard input; it raises `UserError` where that is closed."""
    stream = console.streams.binary_input()
    if stream is not None:
        return stream.read

    def closed(_count: int) -> bytes:
        raise UserError("cannot read standard input: it is closed", hint="name a file")

    return closed


def _console(context: typer.Context, color: str | None, *, ascii_only: bool) -> Console:
    """By flags alone: the file that is looked through may be one that is in force, and broken. Raises `UserError`."""
    from natscope.apps.config_values import BadValue, from_text
    from natscope.apps.settings import BY_NAME

    try:
        colour = from_text(BY_NAME["color"], color or "auto")
    except BadValue as error:
        raise UserError(f"--color {error}") from None
    return console_of(context).decided(color=str(colour), ascii_only=ascii_only, progress=False, verbosity=0)


def _read(source: str, console: Console) -> bytes:
    from natscope.apps.config_lint import MAX_BYTES
    from natscope.netcheck.map_file import read_map_file, read_map_stdin

    if source != "-":
        return read_map_file(source, MAX_BYTES, "configuration")
    return read_map_stdin(stdin_reader(console), MAX_BYTES, "configuration")
