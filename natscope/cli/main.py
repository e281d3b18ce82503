"""The root of the command line: a pre-scan for the fast answers, then one command's module and nothing else.

`natscope`, `--help`, `--version`, every `COMMAND --help` and the completion scripts are literals made by
`python -m natscope.cli.generate`; a test compares them with the live commands. They cost no import of typer, enum,
re or typing, so this module and what it imports at its top must not either.
"""

from __future__ import annotations

import sys

from natscope.cli import exit_codes, interrupts
from natscope.cli.streams import OutputFailed, Streams, wants_ascii

HELP_FLAGS = ("--help", "-h")
VERSION_FLAGS = ("--version", "-V")
GC_THRESHOLD = 20_000


def main() -> int:
    """The console script: run with the process's own streams and environment; the result is the exit code."""
    streams = Streams(sys.stdin, sys.stdout, sys.stderr)
    try:
        interrupts.take_over()
        from natscope.cli.environment import process_environment

        code = run(sys.argv[1:], process_environment(), streams)
        if sys.stdout is not None and not streams.broken:
            sys.stdout.flush()
        interrupts.leave_at_once()
    except KeyboardInterrupt:
        interrupts.leave_at_once()
        streams.note("natscope: interrupted")
        code = exit_codes.INTERRUPTED
    except BrokenPipeError:
        streams.broken = True
        code = exit_codes.READER_LEFT
    except OSError:
        streams.broken = True
        code = exit_codes.USAGE
    if code == exit_codes.INTERRUPTED:
        interrupts.end_interrupted(sys.stdout, sys.stderr)
    if streams.broken:
        _forget_stdout()
    return code


def run(arguments: list[str], environ: dict[str, str], streams: Streams) -> int:
    """One invocation with everything given from outside; the exit code. Never raises but `KeyboardInterrupt`."""
    try:
        request = environ.get("_NATSCOPE_COMPLETE")
        if request:
            from natscope.cli.complete import answer

            streams.write(answer(request, environ))
            return exit_codes.GOOD
        text = quick_answer(arguments)
        if text is None:
            return _run_command(arguments, environ, streams)
        streams.write(_for_locale(text, environ, streams))
    except OutputFailed as failure:
        streams.note(f"error: cannot write to standard output: {str(failure).lower()}")
        return exit_codes.USAGE
    return exit_codes.GOOD


def quick_answer(arguments: list[str]) -> str | None:
    """The text for a request that needs no command to run, None for all others."""
    if not arguments:
        from natscope.cli.help_text import FIRST_CONTACT

        return FIRST_CONTACT
    first = arguments[0]
    if first in VERSION_FLAGS or arguments == ["version"]:
        from natscope.version import VERSION

        return f"natscope {VERSION}\n"
    if first == "completion" and len(arguments) == 2:
        from natscope.cli.completion_scripts import SCRIPTS

        if arguments[1] in SCRIPTS:
            return SCRIPTS[arguments[1]]
    if any(flag in arguments for flag in HELP_FLAGS):
        return _help_for(arguments)
    return None


def _help_for(arguments: list[str]) -> str | None:
    """The help of the command that is named before `--help`; None when `--help` stands behind `--`."""
    from natscope.cli.help_text import HELP

    words = []
    for argument in arguments:
        if argument == "--":
            return None
        if argument in HELP_FLAGS:
            break
        words.append(argument)
    path = ""
    for word in words:
        longer = f"{path} {word}".strip()
        if longer not in HELP:
            break
        path = longer
    if not path and words and not words[0].startswith("-"):
        return None  # an unknown command is told so, even with --help
    return HELP[path]


def _run_command(arguments: list[str], environ: dict[str, str], streams: Streams) -> int:
    """Import one command's module and run it; everything that goes wrong becomes one sentence and an exit code."""
    try:
        import gc

        # Imports make tens of thousands of objects that live on: looking through them again and again costs 10 %.
        gc.set_threshold(GC_THRESHOLD, 20, 50)
        from natscope.cli.dispatch import invoke

        return invoke(arguments, environ, streams)
    except (KeyboardInterrupt, OutputFailed):
        raise
    except BaseException as error:
        from natscope.cli.errors import report_error

        return report_error(error, arguments, environ, streams)


def _for_locale(text: str, environ: dict[str, str], streams: Streams) -> str:
    """The literal without its few ornaments where the locale asks for ASCII."""
    if text.isascii() or not wants_ascii(environ, getattr(streams.stdout, "encoding", None) or ""):
        return text
    for ornament, plain in (("·", "|"), ("…", "..."), ("→", "->"), ("–", "-")):
        text = text.replace(ornament, plain)
    return text


def _forget_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush is silent."""
    import os

    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.close(nothing)
    except OSError:
        pass
