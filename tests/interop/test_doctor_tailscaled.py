"""The doctor and a real tailscaled: logged out, up, stopped, a socket that does not admit us, and none at all.

The daemon lives in a namespace without a way out; its socket is a file, so the doctor asks it from here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from natscope.apps.config import load
from natscope.apps.doctor import examine
from natscope.apps.doctor_own import NO_FILES
from natscope.doctor.facts import Contact
from natscope.doctor.gather_daemon import ask_daemon
from natscope.host.real.host import build_real_host
from natscope.model.doctor import CheckResult, CheckState
from natscope.netcheck.options import MapChoice
from natscope.web.client import HttpClient
from tests.interop import peers
from tests.interop.test_netcheck_tailscale import clean_environment
from tests.kernel.namespaces import Bed, Namespace, bed

pytestmark = [pytest.mark.kernel, pytest.mark.interop]
UP_S = 20.0


@dataclass
class Daemon:
    """One tailscaled in a namespace of its own."""

    made: Bed
    space: Namespace
    folder: Path
    socket: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def run(self, *words: str) -> str:
        """A command of `tailscale`."""
        done = self.space.run(
            peers.require("tailscale"), f"--socket={self.socket}", *words, env=self.environment, timeout_s=UP_S + 10
        )
        return done.stdout + done.stderr

    def look(self, *only: str) -> dict[str, CheckResult]:
        """What the doctor says of it, by check."""
        config = load({"NATSCOPE_TAILSCALED_SOCKET": str(self.socket)}, places=NO_FILES)
        report = examine(config, MapChoice(offline=True), only=only or ("tailscaled",), environ=self.environment,
                         cwd=str(self.folder))  # fmt: skip
        return {check.name: check for check in report.checks}

    def status(self) -> dict[str, object]:
        """As `tailscale status --json` prints it."""
        text = self.run("status", "--json")
        return dict(json.loads(text)) if text.startswith("{") else {}

    def wait_for(self, state: str) -> None:
        deadline = time.monotonic() + UP_S
        while self.status().get("BackendState") != state:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@contextlib.contextmanager
def daemon(folder: Path) -> Iterator[Daemon]:
    program = peers.require("tailscaled")
    folder.mkdir(exist_ok=True)
    with bed() as made:
        space, uplink = made.add("node"), made.add("uplink")
        made.connect(space, "eth0", uplink, "eth0")  # it forwards nothing
        space.ip("address add 203.0.113.11/24 dev eth0", "route add default via 203.0.113.1")
        socket, environment = folder / "ts.sock", clean_environment(folder)
        process = made.start(
            space, program, "--no-logs-no-support", f"--statedir={folder}", f"--socket={socket}",
            "--tun=userspace-networking", "--port=0", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment | {"TS_DISABLE_PORTMAPPER": "1"},
        )  # fmt: skip
        deadline = time.monotonic() + UP_S
        while not socket.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield Daemon(made, space, folder, socket, process, environment)


@pytest.fixture(scope="module")
def logged_out() -> Iterator[Daemon]:
    """In a folder that others may pass through; pytest's own is closed to them."""
    peers.require("tailscale")
    with tempfile.TemporaryDirectory() as folder, daemon(Path(folder)) as running:
        running.folder.chmod(0o711)
        running.wait_for("NeedsLogin")
        yield running


def test_logged_out(logged_out: Daemon) -> None:
    found = logged_out.look()
    assert found["tailscaled"].state is CheckState.OK
    assert str(logged_out.socket) in found["tailscaled"].says
    assert found["state"].state is CheckState.FAIL
    assert found["state"].says == "tailscaled is logged out"
    assert [remedy.command.removeprefix("sudo ") for remedy in found["state"].remedies] == ["tailscale up"]
    assert found["tunnel"].state is CheckState.WARN, "it runs without a tunnel device"
    assert found["key-expiry"].state is CheckState.SKIP
    assert found["shields-up"].state is CheckState.OK, "preferences are told before anybody logs in"
    assert found["ip-forwarding"].says == "this node offers no routes and no exit, so nothing is needed"


def test_as_another_user_it_may_be_read_but_not_changed(logged_out: Daemon) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    with somebody_else():
        found = logged_out.look()
    assert found["tailscaled"].state is CheckState.OK
    assert found["rights"].state is CheckState.OK
    assert found["rights"].says.startswith("nobody may read what natscope needs of tailscaled, and ping")


def test_a_folder_that_does_not_admit_us_is_no_absence(logged_out: Daemon) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    logged_out.folder.chmod(0o700)
    try:
        with somebody_else():
            found = logged_out.look()
    finally:
        logged_out.folder.chmod(0o711)
    assert found["tailscaled"].state is CheckState.FAIL
    assert "does not admit you" in found["tailscaled"].says
    assert "you are nobody" in found["tailscaled"].detail
    assert found["state"].state is CheckState.SKIP


@contextlib.contextmanager
def somebody_else() -> Iterator[None]:
    """The user `nobody`, for files and sockets."""
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_up_then_stopped(tmp_path: Path) -> None:
    """As a member that offers a route: the doctor follows it from up to stopped."""
    control, derp_map = peers.require("lab-control"), tmp_path / "map.json"
    relay = {"Name": "1a", "RegionID": 1, "HostName": "relay.derp.test", "IPv4": "203.0.113.1"}
    derp_map.write_text(json.dumps({"Regions": {"1": {"RegionID": 1, "RegionCode": "a", "Nodes": [relay]}}}))
    with daemon(tmp_path / "node") as running:
        server = running.made.start(
            running.space, control, "-derp-map", str(derp_map), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert server.stdout is not None
        port = int(server.stdout.readline())
        said = running.run(
            "up", f"--login-server=http://127.0.0.1:{port}", "--hostname=node", "--accept-dns=false",
            "--advertise-routes=192.168.50.0/24", "--shields-up", f"--timeout={UP_S:.0f}s",
        )  # fmt: skip
        assert running.status()["BackendState"] == "Running", said
        found = running.look()
        assert found["state"].state is CheckState.OK, said
        assert found["shields-up"].state is CheckState.WARN
        assert found["key-expiry"].state in (CheckState.OK, CheckState.WARN)
        assert found["ip-forwarding"].state is CheckState.OK
        assert "without a tunnel device tailscaled passes packets on itself" in found["ip-forwarding"].says
        assert found["udp-gro"].state is CheckState.SKIP, "no tunnel device, so it does not matter"
        running.run("down")
        running.wait_for("Stopped")
        found = running.look()
        assert (found["state"].state, found["state"].says) == (CheckState.WARN, "tailscaled is stopped")
        running.process.terminate()
        running.process.wait(timeout=UP_S)
        gone = running.look()["tailscaled"]
        assert gone.state is CheckState.FAIL
        assert "nobody listens" in gone.says or gone.says.startswith("no tailscaled at")


def test_what_answers_is_asked_in_bounds(logged_out: Daemon) -> None:
    """The real daemon's answers are understood whole: none of its own checks stays untold."""
    host = build_real_host()
    facts = asyncio.run(ask_daemon(host, HttpClient(host), str(logged_out.socket)))
    assert facts.contact is Contact.ANSWERED
    assert facts.prefs is not None
    assert facts.prefs.problems == ()
    assert facts.forwarding is not None
    assert facts.gro is not None, facts.check_reasons
