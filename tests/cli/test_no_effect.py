"""Options of `natscope status`, `ping` and `path` have an effect, or are refused by name in one line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from natscope.cli.ping_flow import PingCommand
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.mesh.overview import ReportUse
from natscope.model.mesh_status import Way
from tests.cli.mesh_goldens import NETCHECKS, report_of
from tests.cli.ping_scenes import MESH, WHY, Scene, play
from tests.cli.runner import Runner
from tests.cli.stand_in import serving

REPORT = NETCHECKS / "nat-hard.json"
RELAYED = StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217",), way=Way.RELAYED, bytes_in=5_000_000)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("status --watch --fail-on relayed", "--watch and --fail-on contradict each other: a watch has no end"),
        ("status --no-peers --netcheck", "--netcheck and --no-peers contradict each other: it explains how peers are"),
        ("status --no-peers --active", "--active and --no-peers contradict each other"),
        ("status --no-peers --fail-on offline", "--fail-on and --no-peers contradict each other"),
        ("status --no-peers --probe", "--probe and --no-peers contradict each other"),
    ],
)
def test_what_would_change_nothing_is_refused(
    natscope: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, refused: str
) -> None:
    monkeypatch.setattr("natscope.apps.mesh_status.run_watch", lambda *_: pytest.fail("it would never end"))
    with serving(StandInMesh(peers=(RELAYED,)), tmp_path) as daemon:
        told = natscope(*words.split(), "--socket", daemon.socket)
        assert daemon.stand_in.asked == []
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"error: {refused}")


@pytest.mark.parametrize("words", ["status", "path nas --no-probe"])
def test_more_than_everything_is_everything(natscope: Runner, tmp_path: Path, words: str) -> None:
    with serving(StandInMesh(peers=(RELAYED,)), tmp_path) as daemon:
        once, twice = (natscope(*words.split(), more, "--socket", daemon.socket) for more in ("-v", "-vv"))
    assert once.code in (0, 10)
    assert (twice.code, twice.out) == (once.code, once.out)


def test_a_setting_for_other_runs_is_no_contradiction(natscope: Runner, tmp_path: Path) -> None:
    with serving(StandInMesh(peers=(RELAYED,)), tmp_path) as daemon:
        told = natscope("status", "--no-peers", "--socket", daemon.socket, NATSCOPE_STATUS_FAIL_ON="relayed")
    assert (told.code, told.err) == (0, "")


def test_more_of_a_path(natscope: Runner, tmp_path: Path) -> None:
    ends = tuple(f"198.51.100.{number}:4{number:03}" for number in range(60, 66))
    nas = replace(RELAYED, endpoints=ends, version="1.80.2", tags=("tag:server",), bytes_out=7)
    with serving(StandInMesh(peers=(nas,)), tmp_path) as daemon:
        command = ("path", "nas", "--no-probe", "--socket", daemon.socket)
        plain, more = (" ".join(natscope(*command, *flags).out.split()) for flags in ((), ("-v",)))
    assert "and 2 more" in plain
    assert "and 2 more" not in more
    assert "version 1.80.2" not in plain
    assert "linux · version 1.80.2 · home relay fra · in 5.0 MB, out 7 B · key expiry not told · tag:server" in more
    assert f"control tells its addresses: {', '.join(ends)}" in more


def test_levels_with_the_time_of_day() -> None:
    levels = PingCommand(peer="acl", levels=True, wait="1")
    plain = play(Scene(levels))[0].splitlines()
    stamped = play(Scene(replace(levels, stamps=True)))[0].splitlines()
    stamp = re.compile(r"\[\d+\.\d{6}\] ")
    assert [line for line in plain if stamp.match(line)] == []
    assert [stamp.sub("", line) for line in stamped] == plain
    assert len([line for line in stamped if stamp.match(line)]) == 4


def test_levels_with_a_report_say_why_the_first_is_relayed(natscope: Runner, tmp_path: Path) -> None:
    mesh = replace(MESH, endpoints=("198.51.100.13:41641",))  # where the report was measured
    with serving(mesh, tmp_path) as daemon:
        command = ("ping", "--levels", "-c", "1", "-W", "0.1", "--socket", daemon.socket)
        plain = natscope(*command, "nas")
        given = natscope(*command, "nas", "--report", str(REPORT))
        fails = natscope(*command, "acl", "--report", str(REPORT))
        silent = natscope(*command, "gone", "--report", str(REPORT))
    assert (plain.code, given.code, fails.code, silent.code) == (10, 10, 11, 20)
    assert "why it is relayed: natscope ping nas --socket" in plain.out
    assert "This side is judged by" not in plain.out
    assert f"This side is judged by the netcheck in {REPORT}"[:60] in " ".join(given.out.split())
    assert "why it is relayed: natscope ping" not in given.out
    assert "This side is judged by" in fails.out
    assert "This side is judged by" not in silent.out


def test_levels_with_a_netcheck(natscope: Runner, tmp_path: Path, healthy_map: str) -> None:
    natscope.environ |= {"NATSCOPE_DERP_MAP": healthy_map, "NATSCOPE_NETCHECK_PROFILE": "quick"}
    with serving(MESH, tmp_path) as daemon:
        command = ("ping", "--levels", "--netcheck", "-c", "1", "-W", "0.1", "--socket", daemon.socket)
        relayed = natscope(*command, "nas")
        told = json.loads(natscope(*command, "nas", "--json").out)
        silent = json.loads(natscope(*command, "gone", "--json").out)
    assert "a netcheck of just now" in relayed.out
    assert told["report"]["origin"] == "fresh"
    assert silent["report"] is None  # nothing of it could say why nobody answers


def test_quiet_levels_stay_quiet() -> None:
    report = ReportUse(report=report_of(REPORT).report, origin="file", name="x.json")
    command = PingCommand(peer="nas", levels=True, report="x.json")
    assert "This side" in play(Scene(command, why=WHY, report=report))[0]
    assert "This side" not in play(Scene(command, why=WHY, report=report, verbosity=-1))[0]


def test_one_node_alone_has_its_bytes_by_path(natscope: Runner, tmp_path: Path) -> None:
    with serving(StandInMesh(peers=(RELAYED,)), tmp_path) as daemon:
        out = natscope("status", "--no-peers", "--socket", daemon.socket).out
        told = json.loads(natscope("status", "--no-peers", "--json", "--socket", daemon.socket).out)
    assert "Since tailscaled began: relay 5.0 MB (100 %)" in out
    assert told["natscope"]["traffic"]["derp"]["bytes_in"] == 5_000_000
