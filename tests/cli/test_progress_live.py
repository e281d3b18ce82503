"""When progress is shown: on a terminal before anything has answered, in a pipe never."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import Runner


@contextlib.contextmanager
def silent_relay(folder: Path) -> Iterator[tuple[socket.socket, str]]:
    """A relay's UDP port that takes requests and never answers, and the map that names it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.bind(("127.0.0.1", 0))
        relay.settimeout(30)
        node = {"Name": "1a", "RegionID": 1, "HostName": "127.0.0.1", "IPv4": "127.0.0.1", "IPv6": "none"}
        node |= {"STUNPort": relay.getsockname()[1], "DERPPort": 1}
        region = {"RegionID": 1, "RegionCode": "r", "RegionName": "R", "Nodes": [node]}
        (folder / "silent.json").write_text(json.dumps({"Regions": {"1": region}}))
        yield relay, str(folder / "silent.json")


@contextlib.contextmanager
def on_a_terminal(natscope: Runner, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A run whose standard error is a terminal, and the other end of that."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "natscope", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**natscope.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        cwd=natscope.home,
    )
    os.close(theirs)
    try:
        yield child, ours
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.send_signal(signal.SIGINT)
        child.wait(timeout=30)
        os.close(ours)


def read_until(terminal: int, text: str) -> str:
    """What was drawn up to and with `text`; fails when the other side ends or falls silent without it."""
    drawn = b""
    while text.encode() not in drawn:
        assert select.select([terminal], [], [], 30)[0], drawn
        drawn += os.read(terminal, 4096)
    return drawn.decode(errors="replace")


def test_a_terminal_shows_the_run_before_anybody_answered(natscope: Runner, tmp_path: Path) -> None:
    with silent_relay(tmp_path) as (relay, where), on_a_terminal(natscope, "netcheck", "--derp-map", where) as run:
        assert relay.recv(2048), "asked, and never answered"
        assert "reading the relay map" in read_until(run[1], "relays 0 of 1")


def test_a_terminal_says_that_the_map_is_read_before_it_is_there(natscope: Runner) -> None:
    """Nobody writes the map: the line does not wait for it."""
    with on_a_terminal(natscope, "netcheck", "--derp-map", "-") as (_, terminal):
        assert read_until(terminal, "reading the relay map; Ctrl-C shows what is known so far")


@pytest.mark.parametrize("format_flag", ["--json", "--ascii"])
def test_a_pipe_gets_no_progress(format_flag: str, natscope: Runner, tmp_path: Path) -> None:
    with (
        silent_relay(tmp_path) as (relay, where),
        natscope.child("netcheck", "--derp-map", where, format_flag) as child,
    ):
        assert relay.recv(2048)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert err == b""
    assert out
    assert b"\r" not in out
    assert b"relays 0 of 1" not in out
