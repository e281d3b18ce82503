"""`natscope bundle`: one file with everything, masked alike, that `natscope report` opens again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from natscope.host.real import programs
from natscope.lab.stand_in import StandInMesh, StandInPeer
from tests.cli.runner import Runner
from tests.cli.stand_in import serving

REPORTS = Path(__file__).parents[2] / "fixtures" / "reports"
MAP = """\
regions:
  900:
    regionid: 900
    regioncode: one
    nodes: [{name: 900a, regionid: 900, hostname: relay.example, ipv4: 198.51.100.2}]
"""
BLOCKED = str(REPORTS / "udp-blocked.json")


def members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def socket(tmp_path: Path) -> tuple[str, str]:
    return "--socket", str(tmp_path / "none.sock")


def test_it_holds_everything_and_says_what_is_missing(
    natscope: Runner, tmp_path: Path, socket: tuple[str, str]
) -> None:
    path = tmp_path / "b.zip"
    result = natscope("bundle", "--report", BLOCKED, "-o", str(path), *socket)
    assert result.code == 0, result.err
    assert ", masked" in result.err
    found = members(path)
    reports = ["report.json", "report.html", "report.md"]
    assert list(found) == ["README.txt", *reports, "versions.json", "doctor.json", "log.txt"]
    assert "- the mesh's status: " in found["README.txt"]
    assert "- tailscaled's log: without the mesh's status its names cannot be masked" in found["README.txt"]
    assert "probe stun_latency: ran after 1400 ms" in found["log.txt"]
    assert json.loads(found["versions.json"])["parts"]["msgspec"]
    assert json.loads(found["doctor.json"])["schema"] == "natscope.doctor/1"
    assert "198.51.100.2:" not in found["report.json"]
    assert json.loads(found["report.json"])["masked"] is True
    shown = natscope("report", str(path), "-q")
    assert (shown.code, shown.out) == (1, natscope("report", BLOCKED, "-q").out)


def test_masking_can_be_refused_and_is_said(natscope: Runner, tmp_path: Path, socket: tuple[str, str]) -> None:
    path = tmp_path / "b.zip"
    result = natscope("bundle", "--report", BLOCKED, "--no-redact", "-o", str(path), *socket)
    assert "NOT masked" in result.err
    found = members(path)
    assert found["report.json"] == natscope("report", BLOCKED, "--json").out
    assert "masked" not in json.loads(found["report.json"])
    assert "NOTHING IS MASKED" in found["README.txt"]


def test_packets_only_when_asked(natscope: Runner, tmp_path: Path, socket: tuple[str, str]) -> None:
    capture = tmp_path / "run.pcapng"
    capture.write_bytes(b"packets")
    path = tmp_path / "b.zip"
    natscope("bundle", "--report", BLOCKED, "--with-pcap", str(capture), "-o", str(path), *socket)
    found = members(path)
    assert found["packets.pcapng"] == "packets"
    assert "never masked" in found["README.txt"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--report", "none.json"), "no such file"),
        (("--report", BLOCKED, "--with-pcap", "none"), "no such file"),
        (("--report", BLOCKED, "-o", "/nonexistent/b.zip"), "there is no folder"),
    ],
)
def test_a_mistake_is_one_line(natscope: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = natscope("bundle", *arguments)
    assert result.code == 2
    assert words in result.err


def test_the_doctor_looks_at_the_map_that_was_named(natscope: Runner, tmp_path: Path, socket: tuple[str, str]) -> None:
    the_map = tmp_path / "derp.yaml"
    the_map.write_text(MAP, encoding="utf-8")
    path = tmp_path / "b.zip"
    natscope("bundle", "--report", BLOCKED, "--derp-map", str(the_map), "-o", str(path), *socket)
    (check,) = [c for c in json.loads(members(path)["doctor.json"])["checks"] if c["name"] == "relay-map"]
    assert check["state"] == "ok", check


LINE = "2026-11-29T17:00:00+0000 tailscaled[9]: db-1 (203.0.113.24) is away"


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program that shows the journal, in place of this computer's own."""
    program = tmp_path / "journalctl"
    program.write_text(f"#!/bin/sh\necho '{LINE}'\necho \"$*\" >{tmp_path}/asked\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(programs, "JOURNALCTL", str(program))
    return program


def test_a_running_tailscaled_tells_its_status_and_its_log(natscope: Runner, tmp_path: Path, journal: Path) -> None:
    path = tmp_path / "b.zip"
    mesh = StandInMesh(peers=(StandInPeer("db-1", "100.64.0.7", endpoints=("203.0.113.24:41641",)),))
    with serving(mesh, tmp_path) as daemon:
        result = natscope("bundle", "--report", BLOCKED, "-o", str(path), "--socket", daemon.socket)
    assert result.code == 0, result.err
    found = members(path)
    (peer,) = json.loads(found["status.json"])["Peer"].values()
    assert peer["TailscaleIPs"][0] == "100.64.0.7"
    assert "db-1" not in "".join(found.values()).lower()
    assert "203.0.113.24" not in found["status.json"]
    assert peer["HostName"] in found["tailscaled.txt"]
    assert found["tailscaled.txt"].endswith("is away\n")
    assert "tailscaled.txt the end of tailscaled's log" in found["README.txt"]
    assert "--unit=tailscaled" in (tmp_path / "asked").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "why"),
    [("exit 1", "it is empty, or this user may not read it"), (None, "there is no journal here")],
)
def test_a_log_that_cannot_be_read_is_a_note(
    natscope: Runner, tmp_path: Path, journal: Path, text: str | None, why: str
) -> None:
    if text is None:
        journal.unlink()
    else:
        journal.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path = tmp_path / "b.zip"
    natscope("bundle", "--report", BLOCKED, "--no-redact", "-o", str(path), "--socket", str(tmp_path / "none.sock"))
    found = members(path)
    assert "tailscaled.txt" not in found
    assert f"- tailscaled's log: {why}" in found["README.txt"]
