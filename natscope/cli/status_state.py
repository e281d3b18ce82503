"""Draws a mesh program that takes no part in its mesh: what it is, and the command that helps. Pure."""

from __future__ import annotations

from natscope.cli import status_parts as parts
from natscope.cli.pen import BROKEN, Pen
from natscope.mesh.overview import Overview
from natscope.mesh.states import state_words

SAID = ("logged-out", "stopped", "starting")
"""Warnings that say again what the state says."""


def draw_state(overview: Overview, pen: Pen, *, verbosity: int = 0) -> str:
    """The screen in place of a list of peers."""
    words, hint = state_words(overview.status)
    lines = pen.wrap(f"tailscaled {words}, so nothing can be said of its peers", sign=BROKEN)
    if verbosity < 0:
        return lines[0] + "\n"
    lines += parts.this_node(overview, pen)
    if hint:
        lines += pen.wrap(hint, first="  → ")
    lines += parts.health(overview, pen, without=SAID)
    lines += parts.footer(overview, pen)
    return "\n".join(lines) + "\n"
