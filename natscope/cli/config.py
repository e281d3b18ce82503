"""`natscope config`: show, check, lint, path, template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from natscope.apps.config import Config, Places, load
from natscope.apps.config_template import template as template_text
from natscope.apps.config_values import to_toml
from natscope.apps.settings import SETTINGS
from natscope.cli import exit_codes
from natscope.cli.config_lint import lint
from natscope.cli.config_refused import refused
from natscope.cli.environment import working_directory
from natscope.cli.options import AsJson, switch
from natscope.cli.render import Console
from natscope.cli.session import console_of

app = typer.Typer(add_completion=False)
app.command()(lint)


@app.callback()
def config() -> None:
    """Settings: what is in force, where it comes from, a commented template.

    Examples:
    natscope config show --origin  # every setting, its value, and which file or variable set it
    natscope config lint relay.toml  # what is wrong in one file, which need not be in force
    natscope config template  # a commented file to start from

    A flag wins over NATSCOPE_* in the environment, that over ./natscope.toml (which may set harmless keys only), that
    over your file, that over the file for all users of this computer.
    """


@app.command()
def show(
    context: typer.Context,
    origin: Annotated[bool, switch("also where each value comes from", "--origin")] = False,
    as_json: AsJson = False,
) -> None:
    """Print every setting with its value.

    Examples:
    natscope config show  # values as they are written in a file
    natscope config show --origin  # and where each comes from
    natscope config show --origin --json  # for a program
    """
    console = console_of(context)
    config = _load(console)
    if as_json:
        import json

        console.data(json.dumps(_as_document(config, origin), indent=2, ensure_ascii=False) + "\n")
        return
    for setting in SETTINGS:
        line = f"{setting.name} = {to_toml(config.values[setting.name])}"
        console.data(f"{line:<50}  # {config.origins[setting.name]}\n" if origin else line + "\n")


@app.command()
def check(context: typer.Context) -> int:
    """Say what is wrong with the configuration files and variables, as far as they alone tell.

    Examples:
    natscope config check  # exit 0 when nothing is wrong
    NATSCOPE_NETCHECK_TIMEOUT=3 natscope config check  # with a variable
    XDG_CONFIG_HOME=. natscope config check  # a file that is not in force yet: ./natscope/config.toml
    """
    console = console_of(context)
    config = load(console.environ, cwd=working_directory())
    warnings = (*config.warnings, *_refused(config))
    for warning in warnings:
        console.note(f"warning: {warning}")
    if warnings:
        return exit_codes.FINDINGS
    console.note("nothing is wrong")
    return exit_codes.GOOD


@app.command()
def path(context: typer.Context) -> None:
    """Print which files are read, lowest first.

    Examples:
    natscope config path  # three lines: layer, file, is it there
    natscope config path | grep user  # yours
    XDG_CONFIG_HOME=/tmp natscope config path  # with another home of configuration
    """
    import os.path

    console = console_of(context)
    places = Places.find(console.environ, working_directory())
    for layer, file in (("system", places.system), ("user", places.user), ("project", places.project)):
        console.data(f"{layer:<8} {file}  ({'there' if os.path.lexists(file) else 'not there'})\n")


@app.command()
def template(context: typer.Context) -> None:
    """Print a commented configuration file with every setting.

    Examples:
    natscope config template  # look at it
    natscope config template > ~/.config/natscope/config.toml  # start from it
    natscope config template | grep NATSCOPE_  # the names of the variables
    """
    console_of(context).data(template_text())


def _refused(config: Config) -> Iterator[str]:
    """What a command would refuse, each with its place."""
    for name, value in config.values.items():
        error = refused(name, value) if name in config.origins and config.origins[name].layer != "default" else None
        if error is not None:
            yield f"{config.origins[name].where}: {name}: {error.message}"


def _load(console: Console) -> Config:
    config = load(console.environ, cwd=working_directory())
    for warning in config.warnings:
        console.warn(warning)
    return config


def _as_document(config: Config, origin: bool) -> dict[str, object]:
    """The settings as JSON values; with origins each becomes an object."""
    document: dict[str, object] = {}
    for setting in SETTINGS:
        value = config.values[setting.name]
        where = config.origins[setting.name]
        plain: object = list(value) if isinstance(value, tuple) else value
        document[setting.name] = {"value": plain, "layer": where.layer, "where": where.where} if origin else plain
    return document
