"""The composition root: options, map, state, replay, Ctrl-C."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.apps.netcheck import check_options, list_targets, replay, run_netcheck
from natscope.errors import CannotMeasure, UserError
from natscope.netcheck.options import MapChoice, NetcheckOptions
from natscope.netcheck.record import decode, encode


@pytest.fixture
def relays(tmp_path: Path) -> Iterator[Path]:
    """Two relays on loopback, in a process of their own; gives the map's file."""
    file = tmp_path / "map.json"
    command = [sys.executable, "-m", "natscope.lab.loopback", "--regions", "2", "--latency", "1..5", "--map", str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
        yield file
        process.terminate()


def choice(where: object) -> MapChoice:
    return MapChoice(where=str(where), use_tailscaled=False)


def silent_map(tmp_path: Path) -> Path:
    """A relay on loopback that is not there: an address elsewhere would be asked for real."""
    file = tmp_path / "silent.json"
    node = {"Name": "1a", "RegionID": 1, "HostName": "r.test", "IPv4": "127.0.0.1", "IPv6": "none", "STUNPort": 1}
    region = {"RegionID": 1, "RegionCode": "r", "RegionName": "R", "Nodes": [node]}
    file.write_text(json.dumps({"Regions": {"1": region}}))
    return file


def test_a_run_leaves_a_state_for_the_next(relays: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    warmed: list[bool] = []
    result = run_netcheck(
        NetcheckOptions(),
        choice(relays),
        state_dir=str(state),
        progress=None,
        environ={},
        warm_up=lambda: warmed.append(True),
    )
    assert result.report.udp.value == "yes"
    assert result.report.verdict.sentence.startswith("Direct: ")
    assert warmed == [True]
    assert json.loads((state / "last.json").read_text())["home"] == result.report.preferred_relay.region_id
    assert stat.S_IMODE((state / "last.json").stat().st_mode) == 0o600
    again = run_netcheck(NetcheckOptions(), choice(relays), state_dir=str(state), progress=None, environ={})
    assert len(again.record.history.readings) == 1


def test_a_replay_gives_the_same_report(relays: Path) -> None:
    result = run_netcheck(NetcheckOptions(), choice(relays), state_dir="", progress=None, environ={})
    assert replay(decode(encode(result.record))).report == result.report


def test_a_state_that_cannot_be_written_is_a_warning(relays: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run_netcheck(
        NetcheckOptions(), choice(relays), state_dir=str(tmp_path / "file" / "state"), progress=None, environ={}
    )
    assert "cannot keep the home relay" in result.record.warnings[-1]


def test_targets_send_nothing(tmp_path: Path) -> None:
    found = list_targets(NetcheckOptions(), choice(silent_map(tmp_path)), environ={})
    assert {(t.probe, t.host, t.port) for t in found if t.probe.startswith("relay_")} == {
        ("relay_stun", "127.0.0.1", 1),
        ("relay_https", "r.test", 443),
        ("relay_icmp", "r.test", None),
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (NetcheckOptions(families=()), "at least one"),
        (NetcheckOptions(families=(5,)), "at least one"),
        (NetcheckOptions(timeout_s=0.0), "time limit"),
        (NetcheckOptions(timeout_s=61.0), "time limit"),
        (NetcheckOptions(timeout_s=float("nan")), "time limit"),
        (NetcheckOptions(source_port=70000), "no port"),
        (NetcheckOptions(bind_address="eth0"), "no IP address"),
    ],
)
def test_options_no_run_can_have(options: NetcheckOptions, words: str) -> None:
    with pytest.raises(UserError, match=words):
        check_options(options)


def test_no_map(tmp_path: Path) -> None:
    with pytest.raises((UserError, CannotMeasure)):
        run_netcheck(NetcheckOptions(), choice(tmp_path / "none.json"), state_dir="", progress=None, environ={})


INTERRUPTED = """
import os, signal, sys
from natscope.apps.netcheck import run_netcheck
from natscope.netcheck.options import MapChoice, NetcheckOptions
def progress(p):
    if p.step != "starting":
        os.kill(os.getpid(), signal.{signal})
result = run_netcheck(NetcheckOptions(), MapChoice(where={where!r}, use_tailscaled=False), state_dir="",
                      progress=progress, environ={{}})
print(result.record.interrupted, result.report.interrupted, len(result.report.relays))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_stops_the_probes_and_gives_what_is_known(name: str, tmp_path: Path) -> None:
    code = INTERRUPTED.format(signal=name, where=str(silent_map(tmp_path)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("True True 1\n", "")


def test_a_signal_during_the_map_is_an_interrupt(tmp_path: Path) -> None:
    """A map URL that never answers: nothing is known yet, so the caller sees KeyboardInterrupt."""
    code = """
import os, signal, socket, threading
from natscope.apps.netcheck import run_netcheck
from natscope.netcheck.options import MapChoice, NetcheckOptions
server = socket.create_server(("127.0.0.1", 0))
def interrupt():
    accepted.append(server.accept())
    os.kill(os.getpid(), signal.SIGINT)
accepted = []
threading.Thread(target=interrupt, daemon=True).start()
where = f"http://127.0.0.1:{server.getsockname()[1]}/map"
try:
    run_netcheck(NetcheckOptions(), MapChoice(where=where, use_tailscaled=False), state_dir="", progress=None,
                 environ={})
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_signals_are_given_back(relays: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run_netcheck(NetcheckOptions(), choice(relays), state_dir="", progress=None, environ={})
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


class WaitingInput(io.BytesIO):
    """Standard input that remembers who would have had a Ctrl-C while it was read, and whether a loop was blocked."""

    def read(self, size: int | None = -1) -> bytes:
        self.handler = signal.getsignal(signal.SIGINT)
        self.loop = asyncio._get_running_loop()
        return super().read(size)


def test_ctrl_c_ends_a_wait_for_a_map_from_standard_input(tmp_path: Path) -> None:
    """A read inside the loop starts again after a signal (PEP 475), and the loop's own handler never runs."""
    measured, listed = WaitingInput(b"no map"), WaitingInput(b"no map")
    with pytest.raises(UserError):
        run_netcheck(NetcheckOptions(), choice("-"), state_dir=str(tmp_path), progress=None, environ={}, stdin=measured)
    with pytest.raises(UserError):
        list_targets(NetcheckOptions(), choice("-"), environ={}, stdin=listed)
    for stdin in (measured, listed):
        assert stdin.loop is None
        assert stdin.handler is signal.default_int_handler


def test_the_time_limit_bounds_the_map_as_well(tmp_path: Path) -> None:
    """A map server that accepts and never answers; the map's own limit of 10 s does not count beside the run's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"http://127.0.0.1:{server.getsockname()[1]}/map"
        options = NetcheckOptions(timeout_s=0.2)
        with pytest.raises(CannotMeasure, match=r"no answer within 0\.2 s"):
            run_netcheck(options, choice(where), state_dir="", progress=None, environ={})
        with pytest.raises(CannotMeasure, match=r"no answer within 0\.2 s"):
            list_targets(options, choice(where), environ={})
