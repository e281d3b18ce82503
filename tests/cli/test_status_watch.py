"""`natscope status --watch`: a line a change on a pipe, documents with --json, one screen on a terminal."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from natscope.apps.mesh_status import Seen
from natscope.cli.render import Console
from natscope.cli.status_watch import CLEAR, Documents, Lines, Screen
from natscope.cli.streams import Streams
from natscope.errors import CannotMeasure
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.mesh.overview import Overview
from natscope.model.mesh_status import Way
from tests.cli.mesh_goldens import live
from tests.cli.runner import Runner, Terminal
from tests.cli.stand_in import serving

NAS = StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217",), way=Way.RELAYED)
BETTER = replace(NAS, way=Way.DIRECT, direct="198.51.100.60:33217")
PHONE = StandInPeer("phone", "100.64.0.5")
GONE = Seen(None, CannotMeasure("tailscaled \x1b[2Jdoes not answer"))


@contextmanager
def watching(natscope: Runner, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = natscope.child("status", "--watch", *arguments)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(stream: IO[bytes] | None) -> str:
    assert stream is not None
    return stream.readline().decode()


def test_a_change_is_a_line_and_ctrl_c_ends_it(natscope: Runner, tmp_path: Path) -> None:
    with (
        serving(StandInMesh(peers=(NAS,)), tmp_path) as daemon,
        watching(natscope, "--socket", daemon.socket) as process,
    ):
        first = line_of(process.stdout)
        daemon.replace(StandInMesh(peers=(BETTER,)))
        second = line_of(process.stdout)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert first[10] == "T"
    assert "  nas  relay fra" in first
    assert "nas  relay fra" in second
    assert "→  direct v4" in second
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_json_is_a_document_a_line(natscope: Runner, tmp_path: Path) -> None:
    with (
        serving(StandInMesh(peers=(NAS,)), tmp_path) as daemon,
        watching(natscope, "--json", "--socket", daemon.socket) as process,
    ):
        before = json.loads(line_of(process.stdout))
        daemon.replace(StandInMesh(peers=(BETTER,)))
        after = json.loads(line_of(process.stdout))
    assert [document["natscope"]["counts"]["direct"] for document in (before, after)] == [0, 1]


def test_a_reader_that_leaves_ends_it(natscope: Runner, tmp_path: Path) -> None:
    with (
        serving(StandInMesh(peers=(NAS,)), tmp_path) as daemon,
        watching(natscope, "--socket", daemon.socket) as process,
    ):
        line_of(process.stdout)
        assert process.stdout is not None
        process.stdout.close()
        daemon.replace(StandInMesh(peers=(BETTER,)))
        assert process.wait(timeout=20) == 141


def console(*, terminal: bool, **variables: str) -> tuple[Console, Terminal, Terminal]:
    out, err = Terminal(terminal=terminal), Terminal()
    return Console.of(Streams(None, out, err), {"LANG": "C.UTF-8", "TERM": "xterm", **variables}), out, err


def seen(*peers: StandInPeer) -> Seen:
    return Seen(live(StandInMesh(peers=peers)))


def test_lines_tell_news_only() -> None:
    lines, out, _ = console(terminal=False)
    show = Lines(lines)
    for look in (seen(NAS, PHONE), seen(NAS, PHONE), seen(BETTER, PHONE), seen(PHONE), GONE, seen(PHONE)):
        show(look)
    told = [line.partition("Z  ")[2] or line for line in out.text().splitlines()]
    assert [line.split("  ")[0] for line in told] == [
        "nas",
        "phone",
        "nas",
        "nas",
        "tailscaled \\x1b[2Jdoes not answer",
    ]
    assert "→  direct v4" in told[2]
    assert told[3] == "nas  is no longer listed"


def test_a_daemon_that_logs_out_is_a_line() -> None:
    lines, out, _ = console(terminal=False)
    show = Lines(lines)
    stopped = Seen(live(StandInMesh(state="Stopped")))
    for look in (seen(NAS), stopped, stopped):
        show(look)
    assert [line.split("  ", 1)[1] for line in out.text().splitlines()[1:]] == ["tailscaled: stopped"]


def test_documents_wait_for_a_change_and_tell_errors_aside() -> None:
    place, out, err = console(terminal=False)
    show = Documents(place)
    for look in (seen(NAS), seen(NAS), GONE, seen(NAS)):
        show(look)
    assert len(out.text().splitlines()) == 2  # again after the daemon was away
    assert err.text() == "error: tailscaled \\x1b[2Jdoes not answer\n"


def test_the_screen_is_drawn_again_only_when_it_differs() -> None:
    place, out, _ = console(terminal=True, COLUMNS="80", LINES="40")
    show = Screen(place)
    for look in (seen(NAS), seen(NAS), seen(BETTER), GONE):
        show(look)
    screens = out.text().split(CLEAR)[1:]
    assert len(screens) == 3
    assert "relay fra" in screens[0]
    assert "direct v4" in screens[1]
    assert "waiting for it" in screens[2]
    assert "\x1b[2J" not in screens[2]


@pytest.mark.parametrize("height", [5, 12])
def test_the_screen_never_scrolls(height: int) -> None:
    place, out, _ = console(terminal=True, COLUMNS="80", LINES=str(height))
    peers = tuple(StandInPeer(f"n{number}", f"100.64.1.{number}") for number in range(50))
    Screen(place)(seen(*peers))
    lines = out.text().removeprefix(CLEAR).splitlines()
    assert len(lines) < height
    assert lines[0].endswith("50 peers: 50 idle")
    assert lines[-1].endswith("more lines")


def test_a_terminal_without_a_cursor_gets_lines(natscope: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []

    def once(options: object, wanted: object, show: Callable[[Seen], None]) -> None:
        shown.append(type(show).__name__)

    monkeypatch.setattr("natscope.apps.mesh_status.run_watch", once)
    assert natscope("status", "--watch", terminal=True, TERM="dumb").code == 0
    assert natscope("status", "--watch", terminal=True, TERM="xterm").code == 0
    assert natscope("status", "--watch", terminal=False, TERM="xterm").code == 0
    assert natscope("status", "--watch", "--json", terminal=True, TERM="xterm").code == 0
    assert shown == ["Lines", "Screen", "Lines", "Documents"]


def test_overviews_of_one_moment_are_equal() -> None:
    first, second = live(StandInMesh(peers=(NAS,))), live(StandInMesh(peers=(NAS,)))
    assert isinstance(first, Overview)
    assert first.lines == second.lines
