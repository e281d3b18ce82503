"""`--pcap FILE`: the packets of a run, private, whole, and nothing else left behind."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from natscope.wire import ip
from natscope.wire.ip_packets import is_intact
from natscope.wire.stun.message import is_stun
from tests.cli.runner import Runner
from tests.interop.peers import require
from tests.wire.test_pcapng import packets


@pytest.mark.parametrize("command", [["netcheck"], ["probe", "relay_stun"]])
def test_the_packets_of_a_run(command: list[str], natscope: Runner, healthy_map: str, tmp_path: Path) -> None:
    folder = tmp_path / "packets"
    folder.mkdir()
    file = folder / "run.pcapng"
    result = natscope(*command, "--derp-map", healthy_map, "--pcap", str(file))
    assert result.code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["run.pcapng"]
    found = packets(file.read_bytes())
    assert all(is_intact(packet) for packet in found)
    udp = [packet[header.payload_at + 8 :] for packet in found if (header := ip.decode(packet)).proto == 17]
    assert sum(is_stun(payload) and payload[:2] == b"\0\1" for payload in udp) >= 3
    assert sum(is_stun(payload) and payload[:2] == b"\1\1" for payload in udp) >= 3


def test_tshark_names_the_answers(natscope: Runner, healthy_map: str, tmp_path: Path) -> None:
    program, file = require("tshark"), tmp_path / "run.pcapng"
    natscope("netcheck", "--derp-map", healthy_map, "--pcap", str(file))
    asked = [program, "-r", str(file), "-d", "udp.port==0-65535,stun", "-Y", "stun.type == 0x0101"]
    run = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert "XOR-MAPPED-ADDRESS: 127.0.0.1" in run.stdout
    assert "Malformed" not in run.stdout


def test_places_that_will_not_do(natscope: Runner, healthy_map: str, tmp_path: Path) -> None:
    for place in ("-", str(tmp_path), str(tmp_path / "missing" / "run.pcapng")):
        result = natscope("netcheck", "--derp-map", healthy_map, "--pcap", place)
        assert result.code == 2
        assert result.out == ""
        assert result.err.count("\n") <= 2
    result = natscope("netcheck", "--replay", str(tmp_path), "--pcap", "x.pcapng")
    assert result.code == 2
    assert "contradict" in result.err
