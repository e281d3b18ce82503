"""Servers of a lab: ours and Tailscale's own, by other people's clients; and what is said when a process has ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from natscope.errors import CannotMeasure
from natscope.lab.kernel import leftovers
from natscope.lab.kernel.bed import Running, open_bed
from natscope.lab.scenario import Bed
from natscope.lab.scenario_values import read_scenario
from tests.interop import peers
from tests.lab.kernel_lab import lab_of, require_lab

pytestmark = pytest.mark.kernel

HOME = '[sites.home]\nnat = "restricted"\n[hosts.alice]\nat = "home"\n'
PATIENCE_S = 20.0
MEET = """
import asyncio, sys
from natscope.host.real.host import build_real_host
from natscope.model.relay_map import RelayNode
from natscope.relay_client import ConnectOptions, Target, connect
from natscope.wire.derp.frames import RecvPacket
from natscope.wire.keys import PrivateKey

async def meet():
    host, sizes = build_real_host(), [0, 1, 1400, 65536]
    private = PrivateKey(host.rng.bytes(32))
    node = RelayNode(name="1a", region_id=1, host_name="real.test")
    async with await connect(host, Target.of_node(node), ConnectOptions(private=private)) as relay:
        print(private.public.hex(), flush=True)
        other = bytes.fromhex(await asyncio.to_thread(sys.stdin.readline))
        for size in sizes:
            relay.send(other, bytes([size % 251]) * size)
        got = []
        async with asyncio.timeout(30):
            while len(got) < len(sizes):
                event = await relay.next()
                if isinstance(event, RecvPacket) and event.key == other:
                    assert event.packet == bytes([len(event.packet) % 251]) * len(event.packet)
                    got.append(len(event.packet))
        print("TLS" if relay.facts.tls else "plain", got)

asyncio.run(meet())
"""


def test_our_stun_server_has_two_addresses_as_stun_client_wants_them() -> None:
    client = peers.require("stun")
    with lab_of(f'{HOME}[servers.tools]\nkind = "stun"\n') as lab:
        done = lab.exec("alice", ["timeout", "30", client, "198.51.100.10"], timeout_s=40)
        words = " ".join(done.stdout.split())
        assert "Independent Mapping, Address Dependent Filter, preserves ports" in words
        assert "198.51.100.10 " in lab.exec("alice", ["getent", "ahostsv4", "tools.test"]).stdout


def test_derper_serves_its_pages_and_stun(monkeypatch: pytest.MonkeyPatch) -> None:
    derper, curl, stunc = (Path(peers.require(name)) for name in ("derper", "curl", "stunc"))
    monkeypatch.setenv("PATH", os.pathsep.join([os.environ["PATH"], str(derper.parent)]))
    with lab_of(f'{HOME}[servers.real]\nkind = "derper"\n') as lab:
        page = lab.exec(
            "alice", [str(curl), "-sS", "-m", "10", "https://real.test/derp/latency-check", "-w", "%{http_code}"]
        )
        assert page.stdout.endswith("200"), page.stderr
        plain = lab.exec("alice", [str(curl), "-sS", "-m", "10", "http://real.test/generate_204", "-w", "%{http_code}"])
        assert plain.stdout.endswith("204"), plain.stderr
        assert "203.0.113.10" in lab.exec("alice", ["timeout", "20", str(stunc), "198.51.100.10"]).stderr


@pytest.fixture(name="relay_lab", scope="module")
def lab_with_a_relay() -> Iterator[Running]:
    """Our relay on the internet, and two hosts that cannot reach each other."""
    sites = '[sites.home]\nnat = "symmetric-random"\n[sites.office]\nnat = "port-restricted"\n'
    hosts = '[hosts.alice]\nat = "home"\n[hosts.bob]\nat = "office"\n'
    with lab_of(f'{sites}{hosts}[servers.real]\nkind = "derp"\n') as lab:
        yield lab


def test_two_of_our_clients_meet_at_our_relay(relay_lab: Running) -> None:
    """Each behind a NAT of its own, by the relay's name, its certificate checked; packets of all sizes both ways."""
    argv = [sys.executable, "-c", MEET]
    ends = [
        subprocess.Popen(relay_lab.command(host, argv), stdin=-1, stdout=-1, stderr=-1, text=True)
        for host in ("alice", "bob")
    ]
    try:
        keys = [end.stdout.readline() for end in ends if end.stdout is not None]
        for end, key in zip(ends, reversed(keys), strict=True):
            assert end.stdin is not None
            end.stdin.write(key)
            end.stdin.flush()
        outcomes = [end.communicate(timeout=60) for end in ends]
    finally:
        for end in ends:
            end.kill()
            end.communicate()
    assert [said for said, _ in outcomes] == ["TLS [0, 1, 1400, 65536]\n"] * 2, outcomes
    assert keys[0] != keys[1]


@pytest.mark.parametrize("host", ["alice", "bob"])
def test_our_check_of_our_relay(relay_lab: Running, tmp_path: Path, host: str) -> None:
    node = {"Name": "1a", "RegionID": 1, "HostName": "real.test", "IPv4": "198.51.100.10", "IPv6": "none"}
    region = {"RegionID": 1, "RegionCode": "lab", "RegionName": "Lab", "Nodes": [node]}
    relay_map = tmp_path / "map.json"
    relay_map.write_bytes(msgspec.json.encode({"Regions": {"1": region}}))
    words = ["derp", "check", "--derp-map", str(relay_map), "--json", "--volume", "50"]
    done = relay_lab.exec(host, [sys.executable, "-m", "natscope", *words])
    document = json.loads(done.stdout)
    assert (done.returncode, document["findings"]) == (0, []), done.stderr
    assert [node["relays"] for node in document["nodes"]] == ["yes"]


def test_derper_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    require_lab()
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None if name == "derper" else f"/sbin/{name}")
    scenario = read_scenario("d", f'title = "D"\n{HOME}[servers.real]\nkind = "derper"\n')
    assert scenario.cannot[Bed.SIM] == "it runs no programs of others: real"


@pytest.mark.parametrize("victim", ["router home", "near", "name-server"])
def test_a_process_that_ends_breaks_the_lab(victim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said by whatever is asked next; a new `up` starts it again."""
    require_lab()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    bed, scenario = open_bed(), read_scenario("small", f'title = "S"\n{HOME}[relays.near]\n')
    bed.up(scenario)
    try:
        assert bed.run_in("alice", ["true"]) == 0
        lab = Running.find()
        os.kill(pid_of(lab, victim), signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_S
        while not leftovers.broken(lab.folder):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with pytest.raises(CannotMeasure, match=f"the lab is broken: {victim} has ended") as said:
            bed.run_in("alice", ["true"])
        assert "natscope lab down" in said.value.hint
        with pytest.raises(CannotMeasure, match=victim):
            lab.netcheck("alice", scenario)
        bed.up(scenario)
        assert bed.run_in("alice", ["true"]) == 0
    finally:
        bed.down()


def pid_of(lab: Running, name: str) -> int:
    """A process of the lab by what it is there for, as it is numbered out here."""
    inside = msgspec.json.decode((lab.folder / leftovers.PROCESSES).read_bytes(), type=dict[str, int])[name]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            space = os.readlink(status.parent / "ns" / "pid")
        except OSError:
            continue
        numbers = lines.get("NSpid", "").split()
        if len(numbers) > 1 and numbers[-1] == str(inside) and space == os.readlink(f"/proc/{lab.state.first}/ns/pid"):
            return int(numbers[0])
    raise AssertionError(f"no process {name}")


def test_what_routers_dropped_can_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_lab()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    bed = open_bed()
    assert bed.status() is None
    bed.up(read_scenario("small", f'title = "S"\n{HOME}[hosts.bob]\n'))
    try:
        bed.run_in(
            "bob", ["sh", "-c", "ping -c 1 -W 1 203.0.113.10 >/dev/null; echo x >/dev/udp/203.0.113.10/9 || true"]
        )
        bed.run_in("bob", ["bash", "-c", "echo x >/dev/udp/203.0.113.10/9"])
        deadline = time.monotonic() + PATIENCE_S
        while not (status := bed.status()).dropped.get("home"):  # type: ignore[union-attr]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert status is not None
        assert (status.scenario, status.broken) == ("small", "")
        assert sum(status.dropped["home"].values()) >= 1
        assert "alice" in status.hosts
    finally:
        bed.down()
