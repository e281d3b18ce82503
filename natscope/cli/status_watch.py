"""`natscope status --watch`: on a terminal the same screen again at each change, elsewhere one line a change."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from natscope.cli import exit_codes
from natscope.cli import status_parts as parts
from natscope.cli.pen import BROKEN, Pen
from natscope.cli.render import Console
from natscope.cli.session import Session
from natscope.cli.status_flow import pen_of, rendered, socket_again
from natscope.model.mesh_status import MeshState

if TYPE_CHECKING:
    from natscope.apps.mesh_overview import Wanted
    from natscope.apps.mesh_status import Seen, SightOptions
    from natscope.mesh.overview import Overview, PeerLine

CLEAR = "\x1b[H\x1b[2J"
DEFAULT_HEIGHT = 24


def watch(session: Session, options: SightOptions, wanted: Wanted, *, as_json: bool) -> int:
    """Until it is interrupted. Waits for a daemon that goes away, and for one that does not run yet where it is
    installed or its socket is named. Raises `UserError`, and `CannotMeasure` where there is none to wait for.
    """
    from natscope.apps.mesh_status import run_watch

    console = session.console
    if as_json:
        shower: Lines | Screen | Documents = Documents(console)
    elif _may_redraw(console):
        shower = Screen(console, socket_again(session.config))
    else:
        shower = Lines(console)
    run_watch(options, wanted, shower)
    return exit_codes.GOOD


def state_of(line: PeerLine) -> str:
    """What counts as a change: the path and the note; not bytes, and not round trips."""
    note = parts.note_of(line)
    return parts.path_of(line) + (f"  {note}" if note else "")


class Lines:
    """`08:40:12  nas  relay fra  →  direct v4`: for pipes and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pen = Pen(ascii_only=console.ascii_only)
        self._before: Mapping[str, str] = {}
        self._known: Mapping[str, str] = {}

    def __call__(self, seen: Seen) -> None:
        """Print what is new since the last look."""
        if seen.overview is None:
            self._say(None, self._pen.clean(_why(seen)))
            return
        overview = seen.overview
        if overview.status.state is not MeshState.RUNNING:
            now = {"": f"tailscaled: {overview.status.state.value}"}
            if now != self._before:
                self._say(overview.at, self._pen.clean(now[""]))
            self._before = now
            return
        now = {line.node.key: state_of(line) for line in overview.lines}
        names = {line.node.key: parts.name_of(line) for line in overview.lines}
        for key, state in now.items():
            if state != self._before.get(key):
                self._say(overview.at, self._pen.clean(f"{names[key]}  {self._change(key, state)}"))
        for key in self._before:
            if key and key not in now:
                self._say(overview.at, self._pen.clean(f"{self._known.get(key, key)}  is no longer listed"))
        self._before, self._known = now, names

    def _change(self, key: str, state: str) -> str:
        before = self._before.get(key)
        return state if before is None else f"{before}  →  {state}"

    def _say(self, at: datetime | None, text: str) -> None:
        stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}  " if at is not None else ""
        _print(self._console, f"{stamp}{text}\n")


class Documents:
    """One JSON document a line: at once, then whenever a path, a state or a note is another."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: object = None

    def __call__(self, seen: Seen) -> None:
        """Print the look if something changed."""
        if seen.overview is None:
            self._console.note(f"error: {_why(seen)}")
            self._before = None
            return
        now = _fingerprint(seen.overview)
        if now != self._before:
            _print(self._console, rendered(seen.overview, self._console, as_json=True, compact=True))
        self._before = now


class Screen:
    """Clears the terminal and draws; what is below its last line is counted, so that nothing scrolls."""

    def __init__(self, console: Console, again: str = "") -> None:
        """`again` as `rendered` has it."""
        self._console = console
        self._again = again
        self._before = ""

    def __call__(self, seen: Seen) -> None:
        """Draw if the screen would differ."""
        width = Console.of(self._console.streams, self._console.environ).width  # the window may be another by now
        console = replace(self._console, width=width)
        pen = pen_of(console)
        if seen.overview is None:
            text = "\n".join(pen.wrap(f"{_why(seen)}; waiting for it", sign=BROKEN)) + "\n"
        else:
            text = rendered(seen.overview, console, as_json=False, again=self._again)
        text = _cut(text, _height(self._console), self._console.ascii_only)
        if text != self._before:
            _print(self._console, CLEAR + text)
        self._before = text


def _why(seen: Seen) -> str:
    return seen.error.message if seen.error is not None else "nobody answers"


def _fingerprint(overview: Overview) -> object:
    return (
        overview.status.state,
        overview.status.health,
        tuple((line.node.key, state_of(line), line.endpoint) for line in overview.lines),
    )


def _cut(text: str, height: int, ascii_only: bool) -> str:
    lines = text.splitlines()
    if len(lines) < height:
        return text
    kept = lines[: max(height - 2, 1)]
    dots = "..." if ascii_only else "…"
    return "\n".join([*kept, f"{dots} {len(lines) - len(kept)} more lines"]) + "\n"


def _height(console: Console) -> int:
    lines = console.environ.get("LINES", "")
    if lines.isascii() and lines.isdigit() and int(lines[:6]) > 0:
        return int(lines[:6])
    try:
        assert console.streams.stdout is not None
        return os.get_terminal_size(console.streams.stdout.fileno()).lines or DEFAULT_HEIGHT
    except (OSError, ValueError):
        return DEFAULT_HEIGHT


def _may_redraw(console: Console) -> bool:
    stdout = console.streams.stdout
    return stdout is not None and stdout.isatty() and console.environ.get("TERM", "") not in ("", "dumb")


def _print(console: Console, text: str) -> None:
    """Nobody reads on: nothing more to do. Raises `BrokenPipeError`."""
    console.data(text)
    if console.streams.broken:
        raise BrokenPipeError
