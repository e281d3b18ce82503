"""`natscope help TOPIC`: the texts in `topics/`, and the help of a command."""

from __future__ import annotations

from importlib import resources
from typing import Annotated

import typer

from natscope.apps.did_you_mean import question
from natscope.cli.session import console_of
from natscope.errors import UserError

app = typer.Typer(add_completion=False)


@app.command(name="help")
def show_help(
    context: typer.Context,
    topic: Annotated[list[str] | None, typer.Argument(metavar="[TOPIC]", show_default=False)] = None,
) -> None:
    """Explain a topic, or list the topics.

    Examples:
    natscope help  # the list of topics
    natscope help nat-types  # what routers do, in plain words
    natscope help netcheck  # the same as natscope netcheck --help
    """
    console = console_of(context)
    name = " ".join(topic or [])
    if not name:
        console.data("Topics: natscope help TOPIC\n\n")
        for known in topics():
            console.data(f"  {known:<14} {title(known)}\n")
        return
    from natscope.cli.help_text import HELP

    if name in HELP:
        console.data(HELP[name])
        return
    if name not in topics():
        raise UserError(f'no topic "{name}"{question(name, topics())}', hint="natscope help lists the topics")
    console.data(text(name))


def topics() -> tuple[str, ...]:
    """All topics."""
    files = (entry.name for entry in (resources.files("natscope.cli") / "topics").iterdir())
    return tuple(sorted(name.removesuffix(".txt") for name in files if name.endswith(".txt")))


def title(topic: str) -> str:
    """The first line of a topic's text."""
    return text(topic).splitlines()[0]


def text(topic: str) -> str:
    """A topic's text; the parts that come from tables are filled in."""
    raw = (resources.files("natscope.cli") / "topics" / f"{topic}.txt").read_text(encoding="utf-8")
    if "{variables}" in raw:
        from natscope.cli.topic_tables import variables

        raw = raw.replace("{variables}", variables())
    if "{exit_codes}" in raw:
        from natscope.cli.topic_tables import exit_code_lines

        raw = raw.replace("{exit_codes}", exit_code_lines())
    return raw
