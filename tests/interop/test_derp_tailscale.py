"""Real Tailscale programs with our relay: two nodes that meet through it alone, and `tailscale netcheck`.

All in namespaces: the nodes and upstream's stand-in for a control server in one, our relay in another. A netcheck
measures the relay by STUN beside a derper, and by HTTPS where only TCP passes.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from natscope.host.real.host import build_real_host
from natscope.model.endpoint import Endpoint
from natscope.relay.admission_checks import TailscaledCheck
from natscope.relay.seams import Applicant
from natscope.web.client import HttpClient
from natscope.wire.keys import parse_key
from tests.interop import peers
from tests.interop.local_api import local_api
from tests.interop.netcheck_lab import NetcheckLab, RelayHost, wait_for_line, write_certificate
from tests.interop.test_netcheck_tailscale import clean_environment
from tests.kernel.namespaces import bed

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

OURS, DERPER = "900", "901"
ONLY_TCP = """
table inet only_tcp {
  chain forward { type filter hook forward priority 0
    meta l4proto { icmp, icmpv6 } drop
  }
}
"""
"""Beside the lab's own rule against UDP: upstream would measure by echo requests."""


def start_ours(lab: NetcheckLab, host: RelayHost) -> subprocess.Popen[bytes]:
    """With the command line that derper gets there."""
    folder = lab.folder / host.name
    if host.number not in lab.pins:
        lab.pins[host.number] = write_certificate(folder, host.name)
    return lab.start(
        host, "relay ready",
        [sys.executable, "-m", "natscope", "derp", "serve", "-c", str(folder / "relay.key"), "-a", ":443",
         "-http-port", "80", "-certmode", "manual", "-certdir", str(folder), "-hostname", host.name],
    )  # fmt: skip


PROGRAMS = ("tailscaled", "tailscale", "derper", "lab-control", "nft", "ip", "unshare", "nsenter", "curl")
UP_S = 20.0
FILE_BYTES = 3_000_000
ONLY_RELAYED = {"TS_DEBUG_NEVER_DIRECT_UDP": "1", "TS_DISABLE_PORTMAPPER": "1"}


@dataclass
class Node:
    """One tailscaled without a TUN device; `socks` is the port by which programs here reach its network.

    `only_relayed`: it never finds a direct way.
    """

    lab: NetcheckLab
    name: str
    socks: int
    environment: dict[str, str]
    only_relayed: bool = True

    def __post_init__(self) -> None:
        """Started, not up."""
        folder = self.lab.folder / self.name
        folder.mkdir()
        self.socket = folder / "ts.sock"
        self.process = self.lab.bed.start(
            self.lab.client, peers.require("tailscaled"), "--no-logs-no-support", f"--statedir={folder}",
            f"--socket={self.socket}", "--tun=userspace-networking", f"--socks5-server=127.0.0.1:{self.socks}",
            "--port=0", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self.environment | (ONLY_RELAYED if self.only_relayed else {}),
        )  # fmt: skip

    def run(self, *words: str) -> str:
        """A command of `tailscale`."""
        done = self.lab.client.run(
            peers.require("tailscale"), f"--socket={self.socket}", *words, env=self.environment, timeout_s=UP_S + 10
        )
        return done.stdout + done.stderr

    def appear(self) -> None:
        """Its socket is there."""
        deadline = time.monotonic() + UP_S
        while not self.socket.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def up(self, control: int) -> None:
        """Joined."""
        self.appear()
        text = self.run(
            "up", f"--login-server=http://127.0.0.1:{control}", f"--hostname={self.name}", "--accept-dns=false",
            f"--timeout={UP_S:.0f}s",
        )  # fmt: skip
        assert json.loads(self.run("status", "--json"))["BackendState"] == "Running", text

    def address(self) -> str:
        """Its own in the network."""
        return self.run("ip", "-4").strip()


Netcheck = subprocess.Popen[str]


@pytest.fixture(scope="module")
def netchecks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Netcheck]]:
    """They run in networks of their own while the nodes meet: without UDP it takes some seconds."""
    for program in PROGRAMS:
        peers.require(program)
    with contextlib.ExitStack() as stack:
        yield {kind: netcheck(stack, kind, tmp_path_factory.mktemp("netcheck")) for kind in ("no-udp", "public")}


def netcheck(stack: contextlib.ExitStack, kind: str, folder: Path) -> Netcheck:
    """`tailscale netcheck` in a network of that kind, begun."""
    lab = NetcheckLab(stack.enter_context(bed()), folder, kind)
    start_ours(lab, lab.add_host())
    if kind == "public":
        lab.start_derper(lab.add_host())
    else:
        lab.router.nft(ONLY_TCP)
    relay_map = lab.relay_map()
    for region in relay_map["Regions"].values():
        region["Nodes"][0]["CanPort80"] = True
    socket = stack.enter_context(local_api(folder / "local.sock", relay_map))
    return lab.bed.start(
        lab.client, peers.require("tailscale"), f"--socket={socket}", "netcheck", "--format=json",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(folder),
    )  # fmt: skip


@dataclass
class Pair:
    """Two nodes that are up, and their only relay."""

    lab: NetcheckLab
    relay: subprocess.Popen[bytes]
    a: Node
    b: Node


@pytest.fixture(scope="module")
def pair(netchecks: dict[str, Netcheck], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
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


async def test_a_node_tells_a_relay_whom_it_knows(pair: Pair) -> None:
    """What `--verify-clients` asks, of a real tailscaled."""
    check = TailscaledCheck(HttpClient(build_real_host()), str(pair.a.socket))
    status = json.loads(pair.a.run("status", "--json"))
    for key, known in ((status["Self"]["PublicKey"], True), *((p["PublicKey"], True) for p in status["Peer"].values()),
                       ("nodekey:" + os.urandom(32).hex(), False)):  # fmt: skip
        answer = await check.ask(Applicant(key=parse_key(key), address=Endpoint.parse("192.0.2.7:1")))
        assert (answer.allowed, answer.is_sure) == (known, True), answer


def test_nodes_come_back_to_a_relay_that_was_killed(pair: Pair) -> None:
    pair.relay.kill()
    pair.relay.wait()
    pair.relay = start_ours(pair.lab, pair.lab.hosts[0])
    deadline = time.monotonic() + UP_S
    while "pong from" not in pair.a.run("ping", "--c=1", "--until-direct=false", "--timeout=1s", pair.b.address()):
        assert time.monotonic() < deadline


@pytest.fixture(scope="module", params=["public", "no-udp"])
def report(request: pytest.FixtureRequest, netchecks: dict[str, Netcheck]) -> dict[str, Any]:
    """What tailscale says in a network of that kind."""
    text, errors = netchecks[request.param].communicate(timeout=30)
    assert netchecks[request.param].returncode == 0, errors
    return {**json.loads(text), "kind": request.param}


def test_relays_are_measured(report: dict[str, Any]) -> None:
    assert report["RegionLatency"].keys() == ({OURS, DERPER} if report["kind"] == "public" else {OURS})
    assert str(report["PreferredDERP"]) in report["RegionLatency"]
    assert report["UDP"] is (report["kind"] == "public")
    assert report["ICMPv4"] is False


def test_stun_of_both_families_shows_the_address_that_derpers_shows(report: dict[str, Any]) -> None:
    if report["kind"] == "public":
        assert report["RegionV4Latency"].keys() == report["RegionV6Latency"].keys() == {OURS, DERPER}
        assert len(report["GlobalV4Counters"]) == len(report["GlobalV6Counters"]) == 1
        assert report["MappingVariesByDestIP"] is False


def test_port_80_is_no_login_page(report: dict[str, Any]) -> None:
    """Asked only where UDP gets nothing, and there our relay is the only one."""
    assert report["CaptivePortal"] is (None if report["kind"] == "public" else False)
