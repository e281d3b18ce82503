"""`--pcap` against a capture of the whole interface: what it keeps is what was on the wire."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.lab.kernel.bed import Running
from natscope.wire import ip
from natscope.wire.ip_packets import is_intact
from tests.interop import peers
from tests.lab.kernel_lab import lab_of
from tests.wire.test_pcapng import packets

pytestmark = pytest.mark.kernel
UDP = 17
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    with lab_of('[sites.home]\nipv6 = "firewall"\n[hosts.alice]\nat = "home"\n') as running:
        yield running


def datagrams(program: str, file: Path) -> set[tuple[str, str, str, str, str]]:
    """Source, port, target, port and payload of every UDP datagram outside of ICMP errors, by tshark."""
    fields = ("ip.src", "ipv6.src", "udp.srcport", "ip.dst", "ipv6.dst", "udp.dstport", "udp.payload")
    asked = [program, "-r", str(file), "-Y", "udp && !icmp && !icmpv6", "-T", "json", "-o", "ip.defragment:TRUE"]
    run = subprocess.run([*asked, *(f"-e{name}" for name in fields)], capture_output=True, text=True, check=True)
    found = set()
    for packet in json.loads(run.stdout):
        layers = packet["_source"]["layers"]
        one = {name: layers.get(name, [""])[0] for name in fields}
        found.add(
            (one["ip.src"] or one["ipv6.src"], one["udp.srcport"], one["ip.dst"] or one["ipv6.dst"],
             one["udp.dstport"], one["udp.payload"])
        )  # fmt: skip
    return found


def test_what_is_kept_is_what_was_on_the_wire(lab: Running, tmp_path: Path) -> None:
    tcpdump, tshark = peers.require("tcpdump"), peers.require("tshark")
    wire, ours = tmp_path / "wire.pcap", tmp_path / "ours.pcapng"
    listening = [
        tcpdump,
        "-i",
        "eth0",
        "-U",
        "--immediate-mode",
        "-s",
        "0",
        "-w",
        str(wire),
        "-Z",
        "root",
        "udp or icmp or icmp6 or ip6",
    ]
    with subprocess.Popen(lab.command("alice", listening), stderr=subprocess.PIPE, text=True) as dumping:
        assert dumping.stderr is not None
        assert "listening" in dumping.stderr.readline()
        argv = [sys.executable, "-m", "natscope", "netcheck", "--derp-map", str(lab.map_file), "--pcap", str(ours)]
        done = lab.exec("alice", ["env", f"XDG_STATE_HOME={tmp_path}", *argv])
        assert done.returncode == 0, done.stderr
        time.sleep(0.3)  # the kernel hands packets to tcpdump in blocks
        dumping.terminate()
        dumping.wait(PATIENCE_S)
    kept = packets(ours.read_bytes())
    assert all(is_intact(packet) for packet in kept)
    assert {ip.decode(packet).proto for packet in kept} >= {UDP, 1}
    mine, real = datagrams(tshark, ours), datagrams(tshark, wire)
    assert len(mine) > 20
    assert mine - real == set()
    others = {(port, to_port) for _, port, _, to_port, _ in real - mine}
    assert not [pair for pair in others if "53" not in pair], "only the system's own look-ups pass beside the probes"
