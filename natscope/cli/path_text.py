"""Draws the way to one peer: the answer, every candidate, the history, prediction against fact, what to do. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

from natscope.apps.mesh_peer import word_of
from natscope.cli import status_parts as parts
from natscope.cli.pen import BROKEN, GOOD, LOOK, UNKNOWN, Pen
from natscope.cli.quantities import round_trip
from natscope.mesh.history import RELAY_ADDRESS, Step, StepKind
from natscope.mesh.overview import PeerState, last_pong
from natscope.mesh.peer_path import PathView
from natscope.model.pair import Blame, CandidatePath, Outcome, Via
from natscope.model.tri import Tri

WAY, ENDPOINT, TRIED, WHY = 14, 23, 10, "WHY"
AS_ABOVE = "as above"
MAX_STEPS = 20
MAX_ADDRESSES = 4
_SIGNS = {Outcome.DIRECT: GOOD, Outcome.GUESS: LOOK, Outcome.NO: BROKEN, Outcome.UNKNOWN: UNKNOWN}
_WAYS = {
    Via.LAN: "local network",
    Via.CGNAT: "CGNAT",
    Via.V4: "IPv4",
    Via.V6: "IPv6",
    Via.PORT_MAPPING: "opened port",
    Via.PORT_GUESSING: "guessed port",
    Via.PEER_RELAY: "peer relay",
    Via.UNKNOWN: "other",
}
_STATES = {
    PeerState.DIRECT: (GOOD, "direct"),
    PeerState.RELAYED: (LOOK, "relayed"),
    PeerState.PEER_RELAY: (LOOK, "through a peer relay"),
    PeerState.IDLE: (UNKNOWN, "idle, so no way is in use"),
    PeerState.UNKNOWN: (UNKNOWN, "not told by which way"),
    PeerState.OFFLINE: (BROKEN, "offline"),
    PeerState.EXPIRED: (BROKEN, "its key has expired"),
}


def draw_path(view: PathView, pen: Pen, *, verbosity: int = 0, again: str = "") -> str:
    """The whole screen. `verbosity` 1: also what is known of the peer besides, every step of the history and every
    address in it. `again` are the options with which a command that is shown reaches the same source, with a
    blank before.
    """
    command = f"natscope path {word_of(view.overview.status, view.line.node)}"
    lines = [*_head(view, pen, verbosity), *_why(view, pen), *_candidates(view, pen), *_prediction(view, pen)]
    lines += [
        *_history(view, pen, verbosity),
        *parts.footer(view.overview, pen, measure=f"{command} --netcheck{again}"),
    ]
    if view.line.state is PeerState.IDLE and not view.overview.is_saved and not view.pings:
        lines.append(pen.clean(f"  Next: {command}{again}  (sends a few packets)"))
    return "\n".join(lines) + "\n"


def _head(view: PathView, pen: Pen, verbosity: int) -> Iterator[str]:
    line = view.line
    sign, words = _STATES[line.state]
    where = {PeerState.RELAYED: f" through {line.relay}", PeerState.DIRECT: f" at {line.endpoint}"}.get(line.state, "")
    rtt = f", {round_trip(line.rtt_s)}" if line.rtt_s is not None else ""
    since = parts.since_of(line, view.overview.at)
    since = since.replace("> ", "at least ")
    long = f", since {since}" if view.overview.is_saved else f", for {since}"
    if since == parts.NOTHING or line.state is PeerState.IDLE:
        long = ""
    silent = bool(view.pings) and last_pong(view.pings) is None
    if silent:
        plural = "ping" if len(view.pings) == 1 else "pings"
        sign, words, where = BROKEN, "no answer", f" to {len(view.pings)} {plural}"
        long = ""
    yield from pen.wrap(f"{parts.name_of(line)} ({parts.address_of(line)}): {words}{where}{rtt}{long}", sign=sign)
    if verbosity > 0:
        yield from pen.wrap(" · ".join(parts.known(line, view.overview)), role="faint")


def _why(view: PathView, pen: Pen) -> Iterator[str]:
    why = view.line.why
    yield ""
    yield from pen.wrap(why.sentence)
    for side, said in (("this side", why.this_side), ("its side", why.peer_side)):
        if said:
            yield from pen.wrap(f"{side}: {said}", role="faint")
    for fix in why.fixes:
        yield from pen.wrap(fix.do, "    ", first="  → ")
        yield from pen.wrap(" · ".join(part for part in (fix.who, fix.duration) if part), "    ", role="faint")
    about = " · ".join(part for part in (why.certainty or "", *why.causes) if part)
    if about and why.blame is not Blame.NOBODY:
        yield from pen.wrap(about, role="faint")
    for unknown in why.unknowable:
        yield from pen.wrap(f"not known from here: {unknown}", role="faint")
    if why.peer_command:
        yield from pen.wrap(f"to be certain, on {parts.name_of(view.line)}: {why.peer_command}")
        yield from pen.wrap(parts.then_here(view.overview.report))


def _candidates(view: PathView, pen: Pen) -> Iterator[str]:
    yield ""
    if not view.candidates:
        yield from pen.wrap("No address of this peer is told, so no candidates can be shown.")
        return
    endpoint = max(ENDPOINT, *(min(len(row.endpoint), 47) for row in view.candidates))
    if endpoint + WAY + TRIED + 20 > pen.width:
        endpoint = ENDPOINT
    lead = " " * pen.margin
    titles = f"{lead}{'WAY':<{WAY}}{'ENDPOINT':<{endpoint}}{'TRIED':<{TRIED}} {WHY}"
    yield pen.paint(titles, "faint")
    before = ""
    for row in view.candidates:
        reason = AS_ABOVE if row.reason and row.reason == before and len(row.reason) > len(AS_ABOVE) else row.reason
        yield from _row(row, reason, endpoint, pen)
        before = row.reason


def _row(row: CandidatePath, reason: str, endpoint: int, pen: Pen) -> Iterator[str]:
    """The reason goes on below itself, an endpoint that is too long gets its line."""
    before = pen.margin + WAY + endpoint + TRIED + 1
    reasons = textwrap.wrap(pen.clean(reason, 400), max(pen.width - before, 20)) or [""]
    way = pen.cell(_WAYS[row.via], WAY)
    shown = pen.clean(row.endpoint or parts.NOTHING)
    head = pen.sign(_SIGNS[row.result]) + way
    if len(shown) >= endpoint and len(shown) > ENDPOINT:
        yield head + shown
        head, shown = " " * (pen.margin + WAY), ""
    yield f"{head}{pen.cell(shown, endpoint)}{pen.cell(_tried(row), TRIED)} {reasons[0]}".rstrip()
    for more in reasons[1:]:
        yield " " * before + more


def _tried(row: CandidatePath) -> str:
    if row.answered is Tri.YES:
        return "answered"
    if row.answered is Tri.NO:
        return "no answer"
    return {Tri.YES: "tried", Tri.NO: "not tried", Tri.UNKNOWN: parts.NOTHING}[row.tried]


def _prediction(view: PathView, pen: Pen) -> Iterator[str]:
    prediction = view.prediction
    if prediction is None:
        return
    yield ""
    yield pen.paint("Prediction against fact", "bold")
    chance = f", {prediction.probability:.0%} by guessing the port" if prediction.probability is not None else ""
    about = f", about {prediction.relay_rtt_ms:.0f} ms" if prediction.relay_rtt_ms is not None else ""
    relay = f" {prediction.relay}{about}" if prediction.path == "relay" and prediction.relay else ""
    reason = f": {prediction.reason}" if prediction.reason else ""
    yield from pen.wrap(f"predicted  {prediction.path}{relay}{chance}{reason}", " " * 13, first="  ")
    yield from pen.wrap(f"fact       {_STATES[view.line.state][1]}", " " * 13, first="  ")
    if view.agrees is Tri.NO:
        said = "They differ, so what both sides tell is not all: natscope netcheck on both shows more."
        yield from pen.wrap(said, sign=LOOK)


def _history(view: PathView, pen: Pen, verbosity: int) -> Iterator[str]:
    yield ""
    if view.steps is None:
        yield from pen.wrap("History: none is told.", role="faint")
        return
    yield pen.paint("History, as far back as tailscaled keeps it (UTC)", "bold")
    if view.line.state is PeerState.PEER_RELAY:
        said = "tailscaled does not tell answers through a peer relay from direct ones here."
        yield from pen.wrap(said, role="faint")
    if not view.steps:
        yield from pen.wrap("nothing happened yet")
    shown = view.steps if verbosity > 0 else view.steps[-MAX_STEPS:]
    if len(shown) < len(view.steps):
        yield f"  {pen.ours('⋮')} {len(view.steps) - len(shown)} earlier steps: -v"
    newest_relay = next((step for step in reversed(view.steps) if step.kind is StepKind.RELAY), None)
    day = ""
    for step in shown:
        today = f"{step.first.astimezone(UTC):%d %b %Y}" if step.first is not None else ""
        if today and today != day:
            yield f"  {today}"
            day = today
        words = _words(step, len(step.addresses) if verbosity > 0 else MAX_ADDRESSES)
        if step is newest_relay and view.line.node.relay:
            words += f" ({view.line.node.relay})"
        yield from pen.wrap(words, " " * 12, first=f"  {_clock(step.first):<8}  ")


def _clock(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S}" if at is not None else parts.NOTHING


def _words(step: Step, most: int) -> str:
    """With at most so many addresses."""
    addresses = ", ".join(_address(text) for text in step.addresses[:most])
    more = f" and {len(step.addresses) - most} more" if len(step.addresses) > most else ""
    until = f" until {_clock(step.last)}" if step.count > 1 and step.last != step.first else ""
    times = f", {step.count} times{until}" if step.count > 1 else ""
    match step.kind:
        case StepKind.RELAY:
            return f"its home relay: {addresses or 'none any more'}{times}"
        case StepKind.ENDPOINTS:
            return f"control tells its addresses: {addresses or 'none'}{more}{times}"
        case StepKind.CALLED:
            return f"it asked for packets to: {addresses or 'none'}{more}{times}"
        case StepKind.DIRECT:
            often = "once" if step.count == 2 else f"{step.count - 1} times"
            confirmed = f", confirmed {often}{until}" if step.count > 1 else ""
            return f"a direct path was found{f': {addresses}' if addresses else ''}{confirmed}"
        case StepKind.CONFIRMED:
            return f"direct answers{f' from {addresses}' if addresses else ''}{times}"
        case StepKind.LOST:
            return f"the direct path was given up: {addresses or step.what}{times}"
        case StepKind.FORGOTTEN:
            return f"an address was given up: {addresses or step.what}{times}"
        case StepKind.RESET:
            return f"everything learned of it was forgotten{times}"
        case _:
            told = f"{': ' if addresses else ''}{addresses}{more}"
            return f"another event of the program ({step.what}){told}{times}"


def _address(text: str) -> str:
    """The address that stands for a relay, as its region."""
    return f"region {text.removeprefix(RELAY_ADDRESS)}" if text.startswith(RELAY_ADDRESS) else text
