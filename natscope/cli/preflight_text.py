"""Draws a preflight: the verdict, whom one would reach directly, what gets out, the surroundings, what to do.

The ASCII form has the same lines and the same words as the other. What came from the network is cleaned.
"""

from __future__ import annotations

from collections.abc import Iterator

from natscope.cli.pen import Pen
from natscope.model.preflight import Expected, Notice, Opening, PeerForecast, Preflight
from natscope.model.tri import Tri

_VERDICT = {
    Expected.DIRECT: "good",
    Expected.SOMETIMES: "look",
    Expected.RELAYED: "broken",
    Expected.UNKNOWN: "unknown",
}
_PATHS = {"direct": ("good", "direct"), "relay": ("broken", "relayed"), "unknown": ("unknown", "not known")}
_OPEN = {Tri.YES: ("good", "yes"), Tri.NO: ("broken", "no"), Tri.UNKNOWN: ("unknown", "not known")}
_STATES = {"ok": "good", "look": "look", "bad": "broken", "unknown": "unknown"}
NAME_CELLS = 48
GATE_CELLS, GATE_NAMES = 20, 11
NARROW = 72
"""Below this many cells a row's reason stands under it."""


def draw(found: Preflight, pen: Pen, *, verbosity: int, code: int) -> str:
    """The screen; `-q` is the verdict alone, `-v` shows reasons of rows that are as they should be too."""
    lines = pen.wrap(found.forecast.sentence, "  ", sign=_VERDICT[found.forecast.expected], role="bold")
    if verbosity < 0:
        return "\n".join(lines) + "\n"
    lines += ["", *pen.wrap(found.forecast.explanation, "  ")]
    lines += ["", pen.paint("Whom you would reach directly", "bold")]
    said = ""
    for peer in found.peers:
        lines += _peer(peer, pen, told=peer.reason == said or (peer.path == "direct" and verbosity <= 0))
        said = peer.reason
    lines += ["", pen.paint("What gets out of this network, and back", "bold")]
    for opening in found.openings:
        lines += _opening(opening, pen)
    lines += ["", pen.paint("Around this computer", "bold")]
    for notice in found.notices:
        lines += _notice(notice, pen)
    lines += _changes(found, pen)
    lines += _letter(found, pen)
    lines += ["", *pen.wrap(_footer(found, code), "")]
    return "\n".join(lines) + "\n"


def _peer(peer: PeerForecast, pen: Pen, *, told: bool) -> Iterator[str]:
    """`told`: the reason needs no line, or is that of the row before."""
    sign, word = _PATHS.get(peer.path, _PATHS["unknown"])
    name = pen.cell(peer.name, min(NAME_CELLS, max(pen.width - 18, 20)))
    yield f"  {name}  {_sign(pen, sign)}{word}".rstrip()
    if peer.reason and not told:
        yield from pen.wrap(peer.reason, "      ", role="faint")


def _sign(pen: Pen, kind: str) -> str:
    """With at least one blank behind it."""
    sign = pen.sign(kind)
    return sign if sign.endswith(" ") else f"{sign} "


def _opening(opening: Opening, pen: Pen) -> Iterator[str]:
    sign, word = _OPEN[opening.open]
    head = f"  {pen.cell(opening.name, GATE_CELLS)}{_sign(pen, sign)}{word:<{GATE_NAMES}}"
    if pen.width < NARROW or not opening.says:
        yield head.rstrip()
        if opening.says:
            yield from pen.wrap(opening.says, "      ", role="faint")
        return
    indent = " " * (2 + GATE_CELLS + pen.margin + GATE_NAMES)
    first, *more = pen.wrap(opening.says, indent, first=indent)
    yield head + first[len(indent) :]
    yield from more


def _notice(notice: Notice, pen: Pen) -> Iterator[str]:
    indent = " " * (2 + pen.margin)
    causes = f"  {', '.join(notice.causes)}" if notice.causes else ""
    first, *more = pen.wrap(notice.says + causes, indent, first=indent)
    yield f"  {_sign(pen, _STATES.get(notice.state, 'unknown'))}{first[len(indent) :]}"
    yield from more


def _changes(found: Preflight, pen: Pen) -> Iterator[str]:
    if not found.changes:
        return
    yield from ("", pen.paint("Before you install", "bold"))
    for number, fix in enumerate(found.changes, 1):
        yield from pen.wrap(f"{fix.do} ({fix.who}, {fix.duration})", "     ", first=f"  {number}  ")


def _letter(found: Preflight, pen: Pen) -> Iterator[str]:
    """The text between two lines of its own, so that it can be cut out; `--letter` prints it alone."""
    if not found.letter:
        return
    yield from ("", pen.paint("Text to send to whoever runs this network (alone: --letter)", "bold"), "")
    for line in found.letter.rstrip("\n").split("\n"):
        yield f"  {pen.clean(line)}".rstrip()


def _footer(found: Preflight, code: int) -> str:
    cost = found.cost
    size = (cost.bytes_sent + cost.bytes_received) / 1000
    parts = (f"{found.duration_ms / 1000:.1f} s", f"{cost.packets_sent} packets, {size:.0f} kB", f"exit {code}")
    return " · ".join(parts)
