"""Everything that can go wrong as one sentence: `error: thing: what is wrong`, then `→` what to do.

An unknown exception is a bug of ours: one line, exit 4, and its traceback in a file that the line names.
"""

from __future__ import annotations

import os
import re
import traceback

from natscope.cli import exit_codes
from natscope.cli.streams import Streams, wants_ascii
from natscope.errors import LocalError, NatscopeError, UserError
from natscope.plugins.clean import clean

MAX_CRASH_FILES = 20


def report_error(error: BaseException, arguments: list[str], environ: dict[str, str], streams: Streams) -> int:
    """Print the sentence for an exception and give the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else exit_codes.GOOD
    if isinstance(error, BrokenPipeError):
        streams.broken = True
        return exit_codes.READER_LEFT
    if isinstance(error, NatscopeError) and not isinstance(error, LocalError):
        print_error(error, environ, streams)
        return exit_codes.USAGE if isinstance(error, UserError) else exit_codes.CANNOT_TEST
    name = type(error).__name__
    if _is_from_typer(error):
        if name == "Exit":
            return int(getattr(error, "exit_code", exit_codes.GOOD))
        if name == "Abort":
            return exit_codes.INTERRUPTED
        print_error(usage_error(error, arguments), environ, streams)
        return exit_codes.USAGE
    print_error(_bug(error, arguments, environ), environ, streams)
    return exit_codes.INTERNAL


def print_error(error: NatscopeError, environ: dict[str, str], streams: Streams) -> None:
    """`error: …` and its hint on standard error; both may carry foreign text and are cleaned.

    A message is one line: a line break in it is of a name and is shown as an escape. Of a hint each line is one thing
    to do.
    """
    ascii_only = wants_ascii(environ, getattr(streams.stderr, "encoding", None) or "")
    streams.note("error: " + clean(error.message.rstrip("\n"), ascii_only=ascii_only))
    for line in error.hint.split("\n") if error.hint else ():
        streams.note(("  -> " if ascii_only else "  → ") + clean(line, ascii_only=ascii_only))


def _is_from_typer(error: BaseException) -> bool:
    """Newer typer carries click inside itself, older ones import it: both are meant."""
    return type(error).__module__.split(".")[0] in ("click", "typer")


def usage_error(error: BaseException, arguments: list[str]) -> UserError:
    """A complaint of the option parser in our words, with a suggestion or the page that lists the options."""
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "") or " ".join(["natscope", *arguments[:1]])
    option = getattr(error, "option_name", "")
    if type(error).__name__ == "NoSuchOption":
        return _no_such_option(str(option), path, context)
    format_message = getattr(error, "format_message", None)
    text = str(format_message() if format_message else error).strip().rstrip(".")
    if match := re.fullmatch(r"Got unexpected extra argument\(?s?\)? \((.*)\)", text):
        text = f'unexpected argument "{match[1]}"'
    return UserError(text[:1].lower() + text[1:], hint=f"{path} --help")


def _no_such_option(option: str, path: str, context: object) -> UserError:
    from natscope.apps.did_you_mean import question

    params = getattr(getattr(context, "command", None), "params", ())
    known = [name for param in params for name in (*param.opts, *param.secondary_opts) if name.startswith("--")]
    return UserError(f'no option "{option}"{question(option, known)}', hint=f"{path} --help")


def _bug(error: BaseException, arguments: list[str], environ: dict[str, str]) -> NatscopeError:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" in {os.path.basename(last[0].filename)}:{last[0].lineno}" if last else ""
    path = _keep_traceback(error, arguments, environ)
    hint = f"please report it with the file {path}" if path else "please report it"
    return NatscopeError(f"this is a bug in natscope: {type(error).__name__}{where}", hint=hint)


def _keep_traceback(error: BaseException, arguments: list[str], environ: dict[str, str]) -> str:
    """Write the traceback into the state directory (else the temporary one); the path, empty when nothing works."""
    import platform
    import tempfile

    from natscope.apps.directories import user_directory
    from natscope.version import VERSION

    text = (
        f"natscope {VERSION}, Python {platform.python_version()}, {platform.platform()}\n"
        f"arguments: {arguments!r}\n\n" + "".join(traceback.format_exception(error))
    )
    state = environ.get("NATSCOPE_STATE_DIR") or user_directory("state", environ)
    for folder in (os.path.join(state, "crashes"), tempfile.gettempdir()):
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            descriptor, path = tempfile.mkstemp(prefix="natscope-crash-", suffix=".txt", dir=folder)
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        _forget_old(folder)
        return path
    return ""


def _forget_old(folder: str) -> None:
    """Keep the newest crash files only."""
    paths = [os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("natscope-crash-")]
    for path in sorted(paths, key=os.path.getmtime)[:-MAX_CRASH_FILES]:
        os.unlink(path)
