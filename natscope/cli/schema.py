"""`natscope schema`: the JSON Schema of a document that natscope prints."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.apps.did_you_mean import question
from natscope.cli.session import console_of
from natscope.errors import UserError

app = typer.Typer(add_completion=False)

NAMES = {"report": "what netcheck --json prints"}


@app.command()
def schema(
    context: typer.Context, name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None
) -> None:
    """Print the JSON Schema (2020-12) of a document, or list the documents that have one.

    Examples:
    natscope schema  # which there are
    natscope schema report  # what netcheck --json prints
    natscope schema report > report.schema.json  # to check reports with
    """
    console = console_of(context)
    if name is None:
        for known, text in NAMES.items():
            console.data(f"{known:<10} {text}\n")
        return
    if name not in NAMES:
        raise UserError(f'no schema "{name}".{question(name, NAMES)}', hint=f"there is {', '.join(NAMES)}")
    console.data(_text())


def _text() -> str:
    import json

    import msgspec

    from natscope.model.report import SCHEMA, Report

    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA}
    document.update(msgspec.json.schema(Report))
    return json.dumps(document, indent=2) + "\n"
