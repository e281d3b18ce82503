"""The relay check as a process: a monitor whose metrics are read while it runs, and what Ctrl-C leaves."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import Runner
from tests.relay import served

LIMIT_S = 30.0


def write_map(path: Path, port: int, stun: int) -> str:
    """One relay on loopback whose certificate nobody checks."""
    node = {"Name": "1a", "RegionID": 1, "HostName": "localhost", "IPv4": "127.0.0.1", "IPv6": "none",
            "DERPPort": port, "STUNPort": stun, "InsecureForTests": True}  # fmt: skip
    region = {"RegionID": 1, "RegionCode": "here", "RegionName": "Here", "Nodes": [node]}
    path.write_text(json.dumps({"Regions": {"1": region}}))
    return str(path)


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The map of a relay that runs."""
    folder = tmp_path_factory.mktemp("relay")
    words = ("--tls", "self-signed", "--cert-dir", str(folder), "--stun", "127.0.0.1:0", "--http", "off")
    with served.process(*words) as running:
        assert running.ready, running.lines
        yield write_map(folder / "map.json", running.at.port, running.end_of("stun").port)


def test_a_monitor_serves_metrics_and_ends_with_0(natscope: Runner, relay: str) -> None:
    words = (
        "--derp-map",
        relay,
        "--every",
        "1s",
        "--volume",
        "0",
        "--metrics-listen",
        "127.0.0.1:0",
        "--proxy",
        "direct",
    )
    process = natscope.child("derp", "check", *words)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        ready = process.stderr.readline().decode()
        place = re.search(r"metrics on (http://127\.0\.0\.1:\d+/metrics)$", ready.strip())
        assert place, ready
        first, second = (process.stdout.readline().decode() for _ in range(2))
        with urllib.request.urlopen(place[1], timeout=LIMIT_S) as answer:
            text = answer.read().decode()
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, errors) == (0, b"")
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ✓ Relays: 1 of 1 works · \d+\.\d s · exit 0\n"
    assert all(re.fullmatch(form, line) for line in (first, second))
    assert all(re.fullmatch(form, f"{line}\n") for line in rest.decode().splitlines())
    assert re.search(r'^natscope_derp_check_good\{.*node="1a".*\} 1$', text, re.MULTILINE)
    assert int(re.findall(r"^natscope_derp_check_runs_total (\d+)$", text, re.MULTILINE)[0]) >= 1


def test_a_monitor_ends_when_nobody_reads_its_lines(natscope: Runner, relay: str) -> None:
    words = ("--derp-map", relay, "--every", "1s", "--volume", "0", "--metrics-listen", "off")
    process = natscope.child("derp", "check", *words)
    assert process.stdout is not None
    try:
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(LIMIT_S) == 141
    finally:
        process.kill()
        process.wait(LIMIT_S)


def test_a_place_that_is_taken_is_told(natscope: Runner, relay: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        result = natscope("derp", "check", "--derp-map", relay, "--every", "30s", "--metrics-listen", place)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"error: metrics cannot be served on {place}: ")
    assert "--metrics-listen 127.0.0.1:0" in result.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_shows_what_is_known(natscope: Runner, tmp_path: Path, number: signal.Signals) -> None:
    """A host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        accepted = threading.Event()

        def accept() -> None:
            kept = silent.accept()
            accepted.set()
            kept[0].recv(65536)
            kept[0].recv(65536)

        threading.Thread(target=accept, daemon=True).start()
        relay_map = write_map(tmp_path / "map.json", silent.getsockname()[1], -1)
        process = natscope.child("derp", "check", "--derp-map", relay_map, "--proxy", "direct")
        assert accepted.wait(LIMIT_S)
        process.send_signal(number)
        out, errors = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, errors) == (130, b"")
    assert out.decode().startswith("? Relays: unknown, stopped before\n")
    assert out.decode().rstrip().endswith("exit 130")
