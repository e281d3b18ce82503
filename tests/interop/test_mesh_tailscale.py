"""Real tailscaleds and our commands that ask them: logged out, direct, relayed, levels, stopped, without permission.

Three nodes in one namespace with upstream's stand-in for a control server, our relay in another. Their sockets are
files, so the commands run here.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from natscope.host.real.host import build_real_host
from natscope.model.mesh_notice import WatchGap
from natscope.model.mesh_status import MeshState
from natscope.model.tri import Tri
from natscope.tailscaled.daemon import Daemon
from natscope.tailscaled.watch import MeshWatch
from natscope.web.client import HttpClient
from tests.cli.runner import Result, Runner
from tests.interop import peers
from tests.interop.netcheck_lab import NetcheckLab
from tests.interop.test_derp_tailscale import Node, start_ours
from tests.interop.test_netcheck_tailscale import clean_environment
from tests.kernel.namespaces import bed

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

PROGRAMS = ("tailscaled", "tailscale", "lab-control", "nft", "ip", "unshare", "nsenter")
NOBODY = 65534


@dataclass
class Mesh:
    """`a` and `b` reach each other directly, `far` reaches nobody but through the relay."""

    a: Node
    b: Node
    far: Node
    user: Runner
    logged_out: Result

    def ask(self, node: Node, *words: str, home: str = "") -> Result:
        """A command of ours at that node's daemon; `home` is another user's."""
        words = (*words, "--socket", str(node.socket))
        return self.user(*words, HOME=home, XDG_CONFIG_HOME="", XDG_STATE_HOME="") if home else self.user(*words)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    for program in PROGRAMS:
        peers.require(program)
    folder = tmp_path_factory.mktemp("mesh")
    user = Runner(tmp_path_factory.mktemp("user"))
    with bed() as made:
        lab = NetcheckLab(made, folder, "public")
        start_ours(lab, lab.add_host())
        map_file = folder / "map.json"
        map_file.write_text(json.dumps(lab.relay_map()))
        control = lab.bed.start(
            lab.client, peers.require("lab-control"), "-derp-map", str(map_file), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert control.stdout is not None
        port = int(control.stdout.readline())
        environment = clean_environment(folder)
        a = Node(lab, "a", 1065, environment, only_relayed=False)
        b = Node(lab, "b", 1066, environment, only_relayed=False)
        far = Node(lab, "far", 1067, environment)
        a.appear()
        logged_out = user("ping", "b", "--socket", str(a.socket))
        for node in (a, b, far):
            node.up(port)
        yield Mesh(a, b, far, user, logged_out)


def test_a_node_that_is_logged_out(mesh: Mesh) -> None:
    result = mesh.logged_out
    assert (result.code, result.out) == (3, "")
    assert "is logged out" in result.err
    assert "sudo tailscale up" in result.err


def test_a_direct_peer(mesh: Mesh) -> None:
    result = mesh.ask(mesh.a, "ping", "b", "-i", "0.2", "-W", "2", "-c", "40")
    assert (result.code, result.err) == (0, ""), result.out
    assert "✓ Direct after" in result.out
    told = json.loads(mesh.ask(mesh.a, "ping", mesh.b.address(), "-c", "5", "--json").out)
    assert (told["summary"]["outcome"], told["peer"]["short_name"]) == ("direct", "b")
    assert told["peer"]["endpoints"]


def test_a_relayed_peer(mesh: Mesh) -> None:
    result = mesh.ask(mesh.a, "ping", "far", "-i", "0.2", "-W", "2", "-c", "3")
    assert (result.code, result.err) == (10, ""), result.out
    assert "relay r0" in result.out
    assert "via DERP(r0)" in result.out
    assert "! Relayed: no direct path" in result.out


def test_levels(mesh: Mesh) -> None:
    told = json.loads(mesh.ask(mesh.a, "ping", "far", "--levels", "-W", "3", "--json").out)
    assert [level["answered"] for level in told["levels"]] == [True] * 4
    assert (told["first_failing_level"], told["exit_code"]) == (None, 10)


def test_status_and_path_of_both(mesh: Mesh) -> None:
    mesh.ask(mesh.a, "ping", "b", "-c", "20", "-i", "0.2")
    mesh.ask(mesh.a, "ping", "far", "-c", "1")
    told = json.loads(mesh.ask(mesh.a, "status", "--json").out)
    ways = {peer["HostName"]: peer["natscope"]["state"] for peer in told["Peer"].values()}
    assert ways == {"b": "direct", "far": "relayed"}
    assert told["natscope"]["problems"] == []
    assert mesh.ask(mesh.a, "path", "b").code == 0
    result = mesh.ask(mesh.a, "path", "far")
    assert (result.code, result.err) == (10, "")


def test_no_such_peer_and_oneself(mesh: Mesh) -> None:
    assert mesh.ask(mesh.a, "ping", "fra").code == 2
    result = mesh.ask(mesh.a, "ping", "a")
    assert (result.code, "is this node itself" in result.out) == (0, True)


async def test_what_its_daemon_tells(mesh: Mesh) -> None:
    source = Daemon(HttpClient(build_real_host()), str(mesh.a.socket))
    details = await source.details(mesh.b.address())
    assert details is not None
    assert (details.problems, details.is_userspace, details.os) == ((), True, "linux")
    assert details.network is not None
    assert details.network.udp is Tri.YES
    assert (source.capability or 0) > 100
    assert source.program.startswith("1.")
    assert (await source.prefs()).wants_running is True
    changes = await source.path_changes(mesh.b.address())
    assert changes
    traffic = await source.traffic()
    assert traffic is not None
    assert set(traffic) >= {"derp", "direct_ipv4"}


async def test_stopping_is_noticed_and_told(mesh: Mesh) -> None:
    events = MeshWatch(build_real_host(), str(mesh.far.socket)).events()

    async def state() -> MeshState:
        async with asyncio.timeout(20):
            while True:
                event = await anext(events)
                assert not isinstance(event, WatchGap)
                if event.state is not None:
                    return event.state

    assert await state() is MeshState.RUNNING
    mesh.far.run("down")
    assert await state() is MeshState.STOPPED
    await events.aclose()
    result = await asyncio.to_thread(mesh.ask, mesh.far, "ping", "a")
    assert (result.code, result.out) == (3, "")
    assert "is stopped" in result.err
    assert "sudo tailscale up" in result.err


def test_an_ordinary_user(mesh: Mesh) -> None:
    """Who may open the socket may ping; who may not is told what helps."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    folder = Path(mesh.a.socket).parent
    assert mesh.ask(mesh.a, "ping", "b", "-c", "5").code == 0
    paths = {mesh.user.home, folder, *folder.parents}
    modes = {path: path.stat().st_mode for path in paths if path.is_relative_to(folder.parents[2])}
    try:
        for path, mode in modes.items():
            path.chmod(mode | 0o555)
        assert as_nobody(mesh, "ping", "b", "-c", "5").code == 0
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    result = as_nobody(mesh, "ping", "b", "-c", "5", home="/nonexistent")
    assert (result.code, result.out) == (3, "")
    assert "may not be asked by you" in result.err
    assert "sudo" in result.err


def as_nobody(mesh: Mesh, *words: str, home: str = "") -> Result:
    """In this process, whose modules are loaded already: another user cannot read them."""
    os.seteuid(NOBODY)
    try:
        return mesh.ask(mesh.a, *words, home=home)
    finally:
        os.seteuid(0)
