"""One invocation: its settings and the console decided by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from natscope.apps.config import Config, load
from natscope.cli.environment import process_environment, working_directory
from natscope.cli.flags import flags_of, verbosity_of
from natscope.cli.render import Console
from natscope.cli.streams import Streams

if TYPE_CHECKING:
    import typer


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with. `parameters` are those of its function, for the ones that are no settings."""

    console: Console
    config: Config
    environ: Mapping[str, str]
    parameters: Mapping[str, object] = field(default_factory=dict)


def console_of(context: typer.Context) -> Console:
    """The console that `main` put into the context; one on the process's streams when typer runs a command alone."""
    found = context.find_root().obj
    if isinstance(found, Console):
        return found
    import sys

    return Console.of(Streams(sys.stdin, sys.stdout, sys.stderr), process_environment())


def begin(context: typer.Context) -> Session:
    """The session of a command that typer parsed. Raises `UserError`."""
    return begin_with(console_of(context), context.params)


def begin_with(console: Console, parameters: Mapping[str, object]) -> Session:
    """Read the settings of all layers with these parameters as flags; warnings about files are printed.

    Raises `UserError`.
    """
    config = load(console.environ, flags=flags_of(parameters), cwd=working_directory())
    console = console.decided(
        color=config.text("color"),
        ascii_only=config.switch("ascii"),
        progress=config.switch("progress"),
        verbosity=verbosity_of(parameters),
    )
    for warning in config.warnings:
        console.warn(warning)
    return Session(console, config, console.environ, parameters)
