"""The flags in a help text of derper's, without its sentences."""

from __future__ import annotations

import re

_FLAG = re.compile(r"^  -(?P<name>\S+)(?: (?P<kind>\S+))?$")
_DEFAULT = re.compile(r"\(default (?P<value>\"[^\"]*\"|[^()]*)\)\s*$")


def flags_of(text: str) -> dict[str, tuple[str, str]]:
    """Name to kind (empty for a switch) and default (empty where none is printed), in order."""
    found: dict[str, tuple[str, str]] = {}
    name = ""
    for line in text.splitlines():
        if match := _FLAG.match(line):
            name = match["name"]
            found[name] = (match["kind"] or "", "")
        elif name and (default := _DEFAULT.search(line)):
            found[name] = (found[name][0], default["value"])
    return found


def as_lines(flags: dict[str, tuple[str, str]]) -> str:
    """One flag a line: name, kind or `switch`, default."""
    return "".join(
        f"-{name} {kind or 'switch'}{' ' + default if default else ''}\n" for name, (kind, default) in flags.items()
    )
