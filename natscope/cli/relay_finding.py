"""A finding that only `natscope derp check` makes, on a terminal: its page, a line of the list, its document."""

from __future__ import annotations

import functools
from typing import Any

from natscope.cli.pen import Pen
from natscope.diagnosis.catalogue import canonical, entries
from natscope.errors import UserError
from natscope.relay_check.meanings import MEANINGS, plain

COMMAND = "natscope derp check"


@functools.cache
def only_of_relays() -> frozenset[str]:
    """Ids that a check of relays uses and the catalogue of causes has not."""
    return frozenset(MEANINGS) - {entry.id for entry in entries()}


def refuse(cause_id: str) -> None:
    """Raises `UserError` for an id that only a check of relays has: netchecks and their reports cannot tell."""
    if (name := canonical(cause_id)) in only_of_relays():
        raise UserError(f"{name} is about a relay: a netcheck cannot tell", hint=f"{COMMAND} looks for it")


def draw(name: str, pen: Pen) -> list[str]:
    """The whole page."""
    told = document(name)
    lines = pen.wrap(f"{name}  Of a relay: {told['says']}", "", role="bold")
    lines += pen.wrap(f"found by {COMMAND}", "", role="faint")
    for heading, text in (("What it means", told["means"]), ("What to do", told["do"])):
        lines += ["", pen.paint(heading, "bold"), *pen.wrap(text, "  ")]
    return lines


def row(name: str, pen: Pen) -> str:
    """One line of the list; how bad it is differs from relay to relay."""
    says = pen.clean(f"Of a relay: {document(name)['says']}", max(pen.width - 19, 20))
    return f"{pen.cell(name, 13)}{pen.cell('relay', 6)}{says}".rstrip()


def document(name: str) -> dict[str, Any]:
    """For a program."""
    meaning = MEANINGS[name]
    says, means, do = (plain(text) for text in (meaning.says, meaning.means, meaning.do))
    return {"id": name, "says": says, "means": means, "do": do, "found_by": COMMAND}
