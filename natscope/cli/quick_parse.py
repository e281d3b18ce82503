"""Parses the options of a command from a generated table, because importing typer costs a fifth of the first packet.

Typer stays the definition: the table is made from its options, a test compares both parsers on generated command
lines, and whatever is not plain (an unknown word, a missing value, an abbreviation) goes to typer, which explains it.
"""

from __future__ import annotations

from natscope.cli.quick_table import DEFAULTS, OPTIONS


def parse(path: str, words: list[str]) -> dict[str, object] | None:
    """The parameters of the command as typer would give them; None when typer has to look at it."""
    if path not in OPTIONS:
        return None
    found: dict[str, object] = dict(DEFAULTS[path])
    lists: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name not in OPTIONS[path]:
            return None
        parameter, kind = OPTIONS[path][name]
        if kind in ("yes", "no", "count"):
            if equals:
                return None
            found[parameter] = _counted(found[parameter]) if kind == "count" else kind == "yes"
            continue
        if not equals:
            following = next(rest, None)
            if following is None or (following.startswith("-") and following != "-"):
                return None
            value = following
        if kind == "list":
            lists.setdefault(parameter, []).append(value)
        else:
            found[parameter] = value
    found.update((parameter, tuple(values)) for parameter, values in lists.items())
    return found


def _counted(value: object) -> int:
    return value + 1 if isinstance(value, int) else 1
