"""`natscope bundle`: one file with everything, masked alike, that `natscope report` opens again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.cli.runner import Runner

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
    assert list(found) == ["README.txt", "report.json", "report.html", "report.md", "versions.json", "doctor.json"]
    assert "- the mesh's status: " in found["README.txt"]
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
