"""`natscope schema`: the JSON Schema of a document that natscope prints."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

import typer

from natscope.apps.did_you_mean import question
from natscope.cli.session import console_of
from natscope.errors import UserError
from natscope.plugins.loader import REPORTS, find

app = typer.Typer(add_completion=False)


@app.command()
def schema(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", show_default=False)] = "report",
    listed: Annotated[bool, typer.Option("--list", help="which documents have a schema")] = False,
) -> None:
    """Print the JSON Schema (2020-12) of a document: the report's, unless another is named.

    Examples:
    natscope schema  # what netcheck --json prints
    natscope schema > report.schema.json  # to check reports with
    natscope schema --list  # which there are
    """
    console = console_of(context)
    shipped = schemas()
    if listed:
        width = max(map(len, shipped))
        for known, file in shipped.items():
            title, _, version = file.name.removesuffix(".json").rpartition("-")
            console.data(f"{known:<{width}} {title}/{version}\n")
        return
    if name not in shipped:
        raise UserError(f'no schema "{name}"{question(name, shipped)}', hint=f"there is {', '.join(shipped)}")
    console.data(shipped[name].read_text(encoding="utf-8"))


def schemas() -> dict[str, Traversable]:
    """The schemas shipped beside the built-in report formats: `report` is the file `natscope.report-1.json`."""
    package = next(module for module in find(REPORTS).modules if module.builtin).qualified.rpartition(".")[0]
    files = sorted((resources.files(package) / "schema").iterdir(), key=lambda file: file.name)
    return {file.name.removeprefix("natscope.").rpartition("-")[0]: file for file in files}
