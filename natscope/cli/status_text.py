"""Draws the overview of a mesh: what is wrong in one line, a row a peer, then why and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.apps.mesh_peer import word_of
from natscope.cli import status_parts as parts
from natscope.cli.pen import GOOD, LOOK, PLAIN, UNKNOWN, Pen
from natscope.cli.status_columns import choose_columns, draw_rows, draw_titles
from natscope.mesh.overview import Overview, PeerLine, PeerState
from natscope.model.finding import Fix

MAX_WHYS, MAX_NAMES = 3, 4
_SIGNS = {PeerState.RELAYED: LOOK, PeerState.UNKNOWN: UNKNOWN, PeerState.EXPIRED: LOOK}


def draw_overview(
    overview: Overview, pen: Pen, *, verbosity: int = 0, hint: str = "", measure: str = parts.MEASURE
) -> str:
    """The whole screen. `verbosity` -1: the first line alone; 1: everything of each peer. `hint` is the command that
    asks about one peer, with `PEER` in the place of its name, `measure` the one that measures this side anew.
    """
    if verbosity < 0:
        sign, words = headline(overview)
        return f"{pen.sign(sign) if sign != PLAIN else ''}{words}\n"
    lines = list(_head(overview, pen))
    lines += _table(overview, pen, verbosity)
    lines += parts.routes(overview, pen)
    lines += parts.health(overview, pen)  # before the reasons of single peers: it may be that of all
    lines += _whys(overview, pen, verbosity, hint)
    lines += parts.footer(overview, pen, verbosity, measure=measure)
    return "\n".join(lines) + "\n"


def headline(overview: Overview) -> tuple[str, str]:
    """(sign, the first line without it)."""
    counts = overview.counts
    total = sum(counts.values())
    if not counts:
        return PLAIN, "This node alone, as you asked"
    if not total:
        return PLAIN, "No peers yet"
    words = ", ".join(f"{number} {parts.WORDS[state]}" for state, number in _by_interest(overview) if number)
    sign = GOOD
    if counts.get(PeerState.RELAYED) or counts.get(PeerState.EXPIRED):
        sign = LOOK
    elif counts.get(PeerState.UNKNOWN):
        sign = UNKNOWN
    return sign, f"{total} {'peer' if total == 1 else 'peers'}: {words}"


def _by_interest(overview: Overview) -> Iterator[tuple[PeerState, int]]:
    """Direct first, as people count; the rest as in the list."""
    yield PeerState.DIRECT, overview.counts.get(PeerState.DIRECT, 0)
    for state, number in overview.counts.items():
        if state is not PeerState.DIRECT:
            yield state, number


def _head(overview: Overview, pen: Pen) -> Iterator[str]:
    sign, words = headline(overview)
    yield from pen.wrap(words, sign=sign) if sign != PLAIN else [words]
    yield from parts.this_node(overview, pen)
    if overview.counts and not sum(overview.counts.values()):
        yield ""
        yield from pen.wrap(
            "A peer appears here once another device has joined the same network and its rules let you see it.", "  "
        )


def _table(overview: Overview, pen: Pen, verbosity: int) -> Iterator[str]:
    if not overview.lines:
        if sum(overview.counts.values()):
            yield from ("", "  Nothing is active now: no peer was sent a packet in the last 45 seconds.")
        return
    columns = choose_columns(overview, pen)
    yield ""
    yield pen.paint(draw_titles(columns, pen), "faint")
    signs = {state: pen.sign(_SIGNS.get(state, PLAIN)) for state in PeerState}
    for line, row in zip(overview.lines, draw_rows(columns, pen), strict=True):
        yield signs[line.state] + row
        if verbosity > 0:
            yield from parts.everything(line, overview, pen)


def _whys(overview: Overview, pen: Pen, verbosity: int, hint: str) -> Iterator[str]:
    """Sentences for peers that could do better; with `verbosity` they stand under each row already."""
    wanting = [line for line in overview.lines if line.state in (PeerState.RELAYED, PeerState.PEER_RELAY)]
    if verbosity > 0 or not wanting:
        return
    groups: dict[tuple[str, tuple[Fix, ...]], list[PeerLine]] = {}
    for line in wanting:  # one reason on this side is the reason of many peers
        groups.setdefault((line.why.sentence, line.why.fixes), []).append(line)
    yield ""
    yield pen.paint("Why not direct", "bold")
    for lines in list(groups.values())[:MAX_WHYS]:
        yield from _why(lines, pen)
    left = sum(len(lines) for lines in list(groups.values())[MAX_WHYS:])
    if left:
        yield f"  and {left} more: -v"
    if hint:
        word = word_of(overview.status, wanting[0].node)
        yield pen.clean(f"  Next: {hint.replace('PEER', word, 1)}")  # whole: it is to be copied


def _why(lines: list[PeerLine], pen: Pen) -> Iterator[str]:
    names = [parts.name_of(line) for line in lines[:MAX_NAMES]]
    more = f" and {len(lines) - len(names)} more" if len(lines) > len(names) else ""
    why = lines[0].why
    yield from pen.wrap(f"{', '.join(names)}{more}: {why.sentence}", sign=LOOK)
    for fix in why.fixes[:1]:
        yield from pen.wrap(fix.do, "    ", first="  → ")
        about = " · ".join(part for part in (fix.who, fix.duration, why.certainty or "", *why.causes) if part)
        yield from pen.wrap(about, "    ", role="faint")
    if why.peer_command:
        yield from pen.wrap(f"to be certain, on {names[0]}: {why.peer_command}", "    ", role="faint")
