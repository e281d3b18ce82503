"""The offline pages of the catalogue, made from the causes' docstrings.

`python -m natscope.diagnosis.page DIRECTORY` writes `index.md` and one page per cause.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from natscope.diagnosis.catalogue import CauseModule, entries

SECTIONS = (
    "What it is",
    "What we look for",
    "What would contradict it",
    "What to do",
    "How to verify",
    "Sources",
)
"""The headings of every cause's docstring, in this order; a line that is exactly one of them opens its section."""

_HEAD = "<!-- generated from the docstrings in natscope/diagnosis/causes by natscope.diagnosis.page -->\n"
_SEVERITY_WORDS = {"fail": "stops direct connections", "warn": "may stop or slow them", "info": "worth knowing"}


def write_pages(directory: str | Path) -> tuple[Path, ...]:
    """Write all pages and give their paths; raises `OSError`, and `ValueError` for a docstring without its sections."""
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)


def pages() -> dict[str, str]:
    """File name to text, the index first."""
    modules = [entry.load() for entry in entries()]
    return {"index.md": _index(modules)} | {f"{module.CAUSE.id}.md": page(module) for module in modules}


def page(module: CauseModule) -> str:
    """One cause as Markdown."""
    cause = module.CAUSE
    title, sections = read_docstring(module)
    who = ", ".join(cause.who_can_fix)
    facts = f"Severity: {cause.severity} ({_SEVERITY_WORDS[cause.severity]}). Who can fix it: {who}."
    parts = [f"{_HEAD}# {cause.id}: {title}", facts]
    for heading in SECTIONS:
        parts += [f"## {heading}", sections[heading]]
    return "\n\n".join(parts) + "\n"


def read_docstring(module: CauseModule) -> tuple[str, dict[str, str]]:
    """The title without its full stop, and the text of each section; raises `ValueError` when one is missing."""
    text = inspect.cleandoc(module.__doc__ or "")
    headings = "|".join(map(re.escape, SECTIONS))
    first, *rest = re.split(rf"^({headings})$", text, flags=re.MULTILINE)
    found = dict(zip(rest[::2], (inspect.cleandoc(body) for body in rest[1::2]), strict=True))
    if tuple(found) != SECTIONS or not all(found.values()):
        raise ValueError(
            f"{module.CAUSE.id}: the docstring must have the sections {', '.join(SECTIONS)}, in this order"
        )
    return first.strip().rstrip("."), found


def _index(modules: list[CauseModule]) -> str:
    rows = [f"- [{m.CAUSE.id}]({m.CAUSE.id}.md): {read_docstring(m)[0]}" for m in modules]
    intro = "What natscope can find, one page each. Ids never change their meaning."
    return f"{_HEAD}# Causes\n\n{intro}\n\n" + "\n".join(rows) + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages into the one directory given; gives the exit code."""
    if len(arguments) != 1:
        print("usage: python -m natscope.diagnosis.page DIRECTORY", file=sys.stderr)
        return 2
    write_pages(arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
