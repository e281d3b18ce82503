"""The lines of single pings and levels, and the fold of equal ones. Pure."""

from __future__ import annotations

from natscope.cli.pen import BROKEN, GOOD, LOOK, Pen
from natscope.diagnosis.pair.addresses import word_of
from natscope.mesh.levels import ASKS, NAMES, LevelResult
from natscope.mesh.pinging import PingPlan
from natscope.mesh.source import NO_ANSWER, PingKind
from natscope.model.mesh_ping import PingShot, PingWay

PATH_CELLS, TIME_CELLS, LEVEL_CELLS = 13, 10, 9
_ROLES = {PingWay.DIRECT: GOOD, PingWay.RELAY: LOOK, PingWay.PEER_RELAY: LOOK, PingWay.NONE: BROKEN}


def how_often(plan: PingPlan, *, levels: bool = False) -> str:
    """`until direct, at most 10 times, for at most 5 s`; `levels`: so often on each."""
    parts = []
    if levels:
        parts.append("on four levels")
    elif plan.stop_at_first:
        parts.append("until it answers")
    elif plan.until_direct:
        parts.append("until direct")
    if plan.count:
        times = "once" if plan.count == 1 else f"{plan.count} times"
        parts.append((f"at most {times}" if parts else times) + (" each" if levels else ""))
    elif plan.deadline_s is None:
        parts.append("or until Ctrl-C" if parts else "until Ctrl-C")
    if plan.deadline_s is not None:
        parts.append(f"for at most {plan.deadline_s:g} s")
    if plan.size:
        parts.append(f"with {plan.size} bytes")
    return ", ".join(parts)


def path_words(shot: PingShot) -> str:
    """`relay fra`, `direct v6`, `direct LAN`, `direct CGNAT`, `peer relay`, `no answer`, `answered`."""
    endpoint = shot.answer.endpoint
    if shot.way is PingWay.DIRECT and endpoint is not None:
        return f"direct {word_of(endpoint.ip).removeprefix('IP')}"
    if shot.way is PingWay.NONE:
        return "no answer"
    return {PingWay.UNTOLD: "answered", PingWay.PEER_RELAY: "peer relay"}.get(shot.way, shot.path)


def via_words(shot: PingShot, kind: PingKind) -> str:
    """The way as `tailscale ping` prints it: `via DERP(fra)`, `via 203.0.113.7:41641`, `via TSMP`."""
    answer = shot.answer
    if shot.way is PingWay.NONE:
        return "" if answer.error == NO_ANSWER else answer.error
    if kind is PingKind.PEER_API:
        return f"at {answer.peer_api_url}" if answer.peer_api_url else ""
    if kind is not PingKind.DISCO:
        port = f", peerapi port {answer.peer_api_port}" if answer.peer_api_port else ""
        return f"via {NAMES[kind]}{port}"
    if answer.endpoint is not None:
        return f"via {answer.endpoint}"
    if answer.peer_relay:
        return f"via peer-relay({answer.peer_relay})"
    return f"via DERP({answer.relay_code or answer.relay_id})" if shot.way is PingWay.RELAY else ""


def shot_line(shot: PingShot, plan: PingPlan, pen: Pen) -> str:
    """`   3   direct v6     12.3 ms   via [2001:db8::1]:41641`."""
    path = pen.paint(pen.cell(path_words(shot), PATH_CELLS), _ROLES.get(shot.way, ""))
    time = _time(shot).rjust(TIME_CELLS)
    before = f"{shot.number:>4}   {path}{time}   "
    room = max(pen.width - 4 - 3 - PATH_CELLS - TIME_CELLS - 3, 20)
    return (before + pen.clean(via_words(shot, plan.kind), room)).rstrip()


def _time(shot: PingShot) -> str:
    """Of the pong; of one that did not come, how long it was waited for."""
    if shot.rtt_ms is not None:
        return f"{shot.rtt_ms:.1f} ms"
    return "" if shot.way is not PingWay.NONE or shot.answer.error != NO_ANSWER else f"in {shot.took_s:.1f} s"


def level_line(result: LevelResult, pen: Pen) -> str:
    """`  ICMP     no answer    3 tries        does its operating system answer …`."""
    pong = result.pong
    name = f"  {NAMES[result.kind]:<{LEVEL_CELLS}}"
    if pong is None:
        tries = len(result.shots)
        words = "no answer" if result.error == NO_ANSWER else result.error
        path = pen.paint(pen.cell(words, PATH_CELLS), BROKEN)
        time = f"{tries} {'try' if tries == 1 else 'tries'}".rjust(TIME_CELLS)
    else:
        path = pen.paint(pen.cell(path_words(pong), PATH_CELLS), _ROLES.get(pong.way, GOOD))
        time = _time(pong).rjust(TIME_CELLS)
    room = pen.width - 2 - LEVEL_CELLS - PATH_CELLS - TIME_CELLS - 3
    note = pen.paint(pen.clean(ASKS[result.kind], room), "faint") if room >= 20 else ""
    return f"{name}{path}{time}   {note}".rstrip()


class Fold:
    """Lines that say the same path again, as one that is redrawn; the first `shown` lines are not folded."""

    def __init__(self, shown: int) -> None:
        """Nothing is folded yet."""
        self._left = shown
        self._path = ""
        self._times: list[float] = []
        self._count = 0

    def takes(self, shot: PingShot) -> bool:
        """Whether the pong belongs into the fold; one by another path, or none, never does."""
        path = path_words(shot)
        is_same, self._path = path == self._path, path
        if self._left > 0 or not is_same or shot.way is PingWay.NONE:
            self._left -= 1
            return False
        self._count += 1
        if shot.rtt_ms is not None:
            self._times = [min([shot.rtt_ms, *self._times]), max([shot.rtt_ms, *self._times])]
        return True

    def words(self) -> str:
        """`   ⋮   7 more, all relay fra, 42.2 to 44.0 ms`."""
        times = f", {self._times[0]:.1f} to {self._times[-1]:.1f} ms" if self._times else ""
        return f"   ⋮   {self._count} more, all {self._path}{times}"

    def close(self) -> bool:
        """Begin anew; whether a line stands there that has no end yet."""
        was_open, self._count, self._times = self._count > 0, 0, []
        return was_open
