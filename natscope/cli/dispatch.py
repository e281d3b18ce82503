"""Finds the named command, imports its module and runs it in a context that carries the `Console`."""

from __future__ import annotations

import importlib
import os

from natscope.apps.did_you_mean import closest
from natscope.cli import exit_codes
from natscope.cli.commands import BY_NAME, FILE_MEANS, QUICK
from natscope.cli.help_text import HELP
from natscope.cli.quick_parse import parse
from natscope.cli.render import Console
from natscope.cli.streams import Streams
from natscope.errors import UserError


def invoke(arguments: list[str], environ: dict[str, str], streams: Streams) -> int:
    """Run the command line. What goes wrong is raised; the command's own result is the exit code."""
    arguments = _with_meant_command(arguments)
    path = named_path(arguments)
    name = arguments[0]
    if not _is_leaf(path):
        streams.note(HELP[path].rstrip("\n"))
        return exit_codes.USAGE
    console = Console.of(streams, environ)
    if name in QUICK and (parameters := parse(path, arguments[1:])) is not None:
        from natscope.cli.session import begin_with

        session = begin_with(console, parameters)
        return int(importlib.import_module(QUICK[name]).run(session))
    from natscope.cli.loading import load_command

    command = load_command(name)
    with command.make_context(f"natscope {name}", arguments[1:], obj=console) as context:
        result = command.invoke(context)
    return result if isinstance(result, int) else exit_codes.GOOD


def named_path(arguments: list[str]) -> str:
    """The longest command path that the words spell, `derp map lint`. Raises `UserError` for a word that is none."""
    first = arguments[0]
    if first.startswith("-"):
        raise UserError(
            f'option "{first}" before any command', hint=f"options stand behind the command: {_moved_behind(arguments)}"
        )
    path = ""
    for word in arguments:
        if _is_leaf(path) or (word.startswith("-") and path):
            break
        longer = f"{path} {word}".strip()
        if longer not in HELP:
            raise _no_such_command(path, word, arguments)
        path = longer
    return path


def _with_meant_command(arguments: list[str]) -> list[str]:
    """`report FILE` as `report view FILE`; a word that may be a mistyped command stays one."""
    meant = FILE_MEANS.get(arguments[0])
    if meant is None or len(arguments) < 2 or arguments[1] in _children(arguments[0]):
        return arguments
    word = arguments[1]
    is_file = word in ("-", "last") or "/" in word or "." in word or os.path.exists(word)
    return [arguments[0], meant, *arguments[1:]] if is_file and (word == "-" or word[0] != "-") else arguments


def _is_leaf(path: str) -> bool:
    return bool(path) and not _children(path)


def _children(path: str) -> list[str]:
    """The words that may follow a path."""
    prefix = f"{path} " if path else ""
    return [key[len(prefix) :] for key in HELP if key and key.startswith(prefix) and " " not in key[len(prefix) :]]


def _no_such_command(path: str, word: str, arguments: list[str]) -> UserError:
    known = _children(path)
    near = closest(word, known)
    where = f' of "{path}"' if path else ""
    if near:
        meant = [near if argument == word else argument for argument in arguments]
        return UserError(f'no command "{word}"{where}. Did you mean {near}?', hint=_as_typed(meant))
    listing = f"natscope {path} --help".replace("  ", " ")
    return UserError(f'no command "{word}"{where}', hint=f"{listing} lists them: {', '.join(known)}")


def _moved_behind(arguments: list[str]) -> str:
    """The same words with the command first, as far as one is among them."""
    command = next((word for word in arguments if word in BY_NAME), "netcheck")
    rest = [word for word in arguments if word != command]
    return _as_typed([command, *rest])


def _as_typed(arguments: list[str]) -> str:
    """A whole command that can be copied."""
    import shlex

    return shlex.join(["natscope", *arguments])
