"""One cause of the catalogue on a terminal: its page, a line of the list, a letter to whoever can fix it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from natscope.cli.pen import Pen
from natscope.diagnosis.catalogue import CauseModule
from natscope.diagnosis.page import SECTIONS, read_docstring
from natscope.model.finding import Fix

_OTHERS = ("administrator", "provider", "relay's admin", "owner of the peer")
_ASK = re.compile(r"^Ask (?:the|your) [^,.:]*? to ")
"""How a fix begins that tells the reader to ask somebody: in the letter to him it is a wish."""
_BULLET = re.compile(r"^\s*- ")
_SEVERITIES = {"fail": "stops direct connections", "warn": "may stop or slow them", "info": "worth knowing"}


def draw(module: CauseModule, pen: Pen) -> list[str]:
    """The whole page."""
    cause = module.CAUSE
    title, sections = read_docstring(module)
    lines = pen.wrap(f"{cause.id}  {title}", "", role="bold")
    who = ", ".join(cause.who_can_fix)
    lines += pen.wrap(f"{cause.severity} · {_SEVERITIES[cause.severity]} · can fix it: {who}", "", role="faint")
    for heading in SECTIONS:
        lines += ["", pen.paint(heading, "bold")]
        lines += _section(sections[heading], pen)
    if cause.fixes:
        lines += ["", pen.paint("Cheapest first", "bold")]
        lines += [line for fix in cause.fixes for line in _fix(fix, pen)]
    return lines


def _section(text: str, pen: Pen) -> Iterator[str]:
    """Paragraphs and lists, broken anew for this width."""
    for block in _blocks(text):
        bullet = _BULLET.match(block)
        words = " ".join(block.split())
        yield from pen.wrap(words.removeprefix("- "), "    ", first="  - ") if bullet else pen.wrap(words, "  ")


def _blocks(text: str) -> Iterator[str]:
    """A paragraph or a list's item each, with its line breaks."""
    block: list[str] = []
    for line in text.splitlines():
        if block and (not line.strip() or _BULLET.match(line)):
            yield "\n".join(block)
            block = []
        if line.strip():
            block.append(line)
    if block:
        yield "\n".join(block)


def _fix(fix: Fix, pen: Pen) -> list[str]:
    meta = " · ".join(part for part in (fix.who, fix.duration, f"undo: {fix.undo}" if fix.undo else "") if part)
    return [*pen.wrap(fix.do, "    ", first="  → "), *pen.wrap(meta, "    ", role="faint")]


def row(module: CauseModule, pen: Pen) -> str:
    """One line of the list."""
    cause = module.CAUSE
    title, _ = read_docstring(module)
    return f"{pen.cell(cause.id, 13)}{pen.cell(cause.severity, 6)}{pen.clean(title, max(pen.width - 19, 20))}".rstrip()


def document(module: CauseModule) -> dict[str, Any]:
    """For a program."""
    cause = module.CAUSE
    title, sections = read_docstring(module)
    return {
        "id": cause.id,
        "title": title,
        "severity": cause.severity,
        "sides": cause.sides,
        "who_can_fix": cause.who_can_fix,
        "sections": sections,
        "fixes": cause.fixes,
    }


def letter(module: CauseModule, detail: str = "") -> str:
    """A text to send to whoever can fix it; plain, no width of its own. `detail` are a report's own numbers.

    Empty where every fix is the reader's own to make.
    """
    cause = module.CAUSE
    title, sections = read_docstring(module)
    fixes = [fix for fix in cause.fixes if fix.who in _OTHERS]
    if not fixes:
        return ""
    parts = [
        f"Subject: {title}",
        "Hello,",
        (
            "a mesh VPN (WireGuard over UDP) cannot connect directly from your network, so its traffic takes a detour "
            f"through a relay. A measurement found why: {cause.title}{f' {detail}' if detail else ''}"
        ),
        "What would help:\n" + "\n".join(f"- {_ASK.sub('Please ', fix.do)}" for fix in fixes),
        "What the measurement looks for:\n" + "\n".join(f"- {each}" for each in _items(sections["What we look for"])),
        f"Standards and sources: {' '.join(sections['Sources'].split())}",
        f"Measured with natscope ({cause.id}).",
    ]
    return "\n\n".join(parts) + "\n"


def _items(text: str) -> list[str]:
    return [" ".join(block.split()).removeprefix("- ").rstrip(";.") for block in _blocks(text)]
