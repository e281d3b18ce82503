"""Two real Tailscale nodes reach each other through our relay alone: pings, and a download inside WireGuard.

All in namespaces: the nodes and upstream's stand-in for a control server in one, our relay in another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop import peers
from tests.interop.netcheck_lab import NetcheckLab, wait_for_line
from tests.interop.test_derp_netcheck import start_ours
from tests.interop.test_netcheck_tailscale import clean_environment
from tests.kernel.namespaces import bed

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

PROGRAMS = ("tailscaled", "tailscale", "lab-control", "ip", "unshare", "nsenter", "curl")
UP_S = 20.0
FILE_BYTES = 3_000_000
ONLY_RELAYED = {"TS_DEBUG_NEVER_DIRECT_UDP": "1", "TS_DISABLE_PORTMAPPER": "1"}


@dataclass
class Node:
    """One tailscaled without a TUN device; `socks` is the port by which programs here reach its network."""

    lab: NetcheckLab
    name: str
    socks: int
    environment: dict[str, str]

    def __post_init__(self) -> None:
        """Started, not up."""
        folder = self.lab.folder / self.name
        folder.mkdir()
        self.socket = folder / "ts.sock"
        self.process = self.lab.bed.start(
            self.lab.client, peers.require("tailscaled"), "--no-logs-no-support", f"--statedir={folder}",
            f"--socket={self.socket}", "--tun=userspace-networking", f"--socks5-server=127.0.0.1:{self.socks}",
            "--port=0", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment | ONLY_RELAYED,
        )  # fmt: skip

    def run(self, *words: str) -> str:
        """A command of `tailscale`."""
        done = self.lab.client.run(
            peers.require("tailscale"), f"--socket={self.socket}", *words, env=self.environment, timeout_s=UP_S + 10
        )
        return done.stdout + done.stderr

    def up(self, control: int) -> None:
        """Joined."""
        deadline = time.monotonic() + UP_S
        while not self.socket.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        text = self.run(
            "up", f"--login-server=http://127.0.0.1:{control}", f"--hostname={self.name}", "--accept-dns=false",
            f"--timeout={UP_S:.0f}s",
        )  # fmt: skip
        assert json.loads(self.run("status", "--json"))["BackendState"] == "Running", text

    def address(self) -> str:
        """Its own in the network."""
        return self.run("ip", "-4").strip()


@dataclass
class Pair:
    """Two nodes that are up, and their only relay."""

    lab: NetcheckLab
    relay: subprocess.Popen[bytes]
    a: Node
    b: Node


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    for program in PROGRAMS:
        peers.require(program)
    folder = tmp_path_factory.mktemp("nodes")
    with bed() as made:
        lab = NetcheckLab(made, folder, "public")
        relay = start_ours(lab, lab.add_host())
        map_file = folder / "map.json"
        map_file.write_text(json.dumps(lab.relay_map()))
        control = lab.bed.start(
            lab.client, peers.require("lab-control"), "-derp-map", str(map_file), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert control.stdout is not None
        port = int(control.stdout.readline())
        environment = clean_environment(folder)
        a, b = (Node(lab, name, socks, environment) for name, socks in (("a", 1055), ("b", 1056)))
        for node in (a, b):
            node.up(port)
        yield Pair(lab, relay, a, b)


def test_pings_go_by_the_relay(pair: Pair) -> None:
    for one, other in ((pair.a, pair.b), (pair.b, pair.a)):
        text = one.run("ping", "--c=1", "--until-direct=false", "--timeout=5s", other.address())
        assert "pong from" in text
        assert "via DERP(r0)" in text


def test_a_download_goes_by_the_relay(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(os.urandom(FILE_BYTES))
    server = pair.lab.bed.start(
        pair.lab.client, sys.executable, "-u", "-m", "http.server", "8000", "--bind", "127.0.0.1", "--directory",
        str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_line(server.stdout, "Serving HTTP")
    url = f"http://{pair.b.address()}:8000/file"
    pair.lab.client.must(
        peers.require("curl"), "--silent", "--show-error", "--max-time", "30", "--output", str(tmp_path / "got"),
        "--socks5", f"127.0.0.1:{pair.a.socks}", url, timeout_s=35.0,
    )  # fmt: skip
    assert (tmp_path / "got").read_bytes() == (tmp_path / "file").read_bytes()
    [peer] = json.loads(pair.a.run("status", "--json"))["Peer"].values()
    assert (peer["Relay"], peer["CurAddr"]) == ("r0", "")
    assert peer["RxBytes"] > FILE_BYTES


def test_nodes_come_back_to_a_relay_that_was_killed(pair: Pair) -> None:
    pair.relay.kill()
    pair.relay.wait()
    pair.relay = start_ours(pair.lab, pair.lab.hosts[0])
    deadline = time.monotonic() + UP_S
    while "pong from" not in pair.a.run("ping", "--c=1", "--until-direct=false", "--timeout=1s", pair.b.address()):
        assert time.monotonic() < deadline
