"""From a row of the table of commands to the live typer command."""

from __future__ import annotations

import importlib
from typing import Any

import typer

from natscope.cli.commands import BY_NAME


def load_command(name: str) -> Any:
    """Import the module of a command and build the command or group as typer does."""
    _, module, is_group, _ = BY_NAME[name]
    app = importlib.import_module(module).app
    return typer.main.get_group(app) if is_group else typer.main.get_command(app)
