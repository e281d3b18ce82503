"""`natscope lab` from the command line; the kernel bed is a stand-in that notes what it is asked."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from natscope.lab.bed import CommandResult, LabStatus
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import all_scenarios
from natscope.lab.scenario import Scenario
from natscope.model.report import Report
from tests.cli.runner import Runner


class StandIn:
    """A kernel bed without a kernel."""

    def __init__(self, missing: str = "") -> None:
        self.words = missing
        self.asked: list[object] = []
        self.now: LabStatus | None = None

    def missing(self) -> str:
        return self.words

    def up(self, scenario: Scenario) -> None:
        self.asked.append(("up", scenario.name))

    def down(self) -> tuple[str, ...]:
        self.asked.append("down")
        return ("the lab full-cone",) if len(self.asked) == 1 else ()

    def status(self) -> LabStatus | None:
        return self.now

    def run_in(self, host: str, command: Sequence[str]) -> int:
        self.asked.append((host, tuple(command)))
        return 7

    def hear(self, host: str, command: Sequence[str]) -> CommandResult:
        self.asked.append(("hear", host, tuple(command)))
        return CommandResult(host=host, command=tuple(command), exit_code=7, stdout="here\n", stderr="")

    def shell(self, host: str) -> int:
        self.asked.append(("shell", host))
        return 0

    def stop(self) -> None:
        self.asked.append("stop")

    def reports(self, scenario: Scenario) -> dict[str, Report]:
        return sim_reports(scenario)


@pytest.fixture
def bed(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    made = StandIn()
    monkeypatch.setitem(sys.modules, "natscope.lab.kernel.bed", SimpleNamespace(open_bed=lambda: made))
    return made


def test_list(natscope: Runner) -> None:
    done = natscope("lab", "list")
    assert done.code == 0
    assert len(done.out.splitlines()) == len(all_scenarios())
    rows = json.loads(natscope("lab", "list", "--json").out)["scenarios"]
    assert [row["name"] for row in rows] == [s.name for s in all_scenarios()]
    cone = next(row for row in rows if row["name"] == "full-cone")
    assert (cone["beds"], cone["cannot"]) == (["sim", "kernel"], {})


def test_show(natscope: Runner) -> None:
    assert "└─ alice" in natscope("lab", "show", "full-cone").out
    assert "`- alice" in natscope("lab", "show", "full-cone", "--ascii").out
    assert natscope("lab", "show", "full-cone", "--svg").out.startswith("<svg ")
    nodes = json.loads(natscope("lab", "show", "full-cone", "--json").out)["nodes"]
    assert [node["name"] for node in nodes] == ["internet", "relay1", "relay2", "relay3", "home", "alice"]
    assert natscope("lab", "show", "full-cone", "--svg", "--json").code == 2


def test_truth(natscope: Runner) -> None:
    assert "  alice          filtering             endpoint-independent\n" in natscope("lab", "truth", "full-cone").out
    claims = json.loads(natscope("lab", "truth", "pair-cones", "--json").out)["claims"]
    assert claims[-1] == {"who": "alice - bob", "what": "direct", "truth": "yes (punch)"}


def test_run_in_the_simulator(natscope: Runner) -> None:
    done = natscope("lab", "run", "--sim", "full-cone", "--reports")
    assert done.code == 0
    assert "✓ alice            udp                   yes\n" in done.out
    assert "alice\n" in done.out
    assert "Direct:" in done.out
    found = json.loads(natscope("lab", "run", "--sim", "full-cone", "--json").out)
    assert (found["acceptable"], found["reports"]) == (True, {})
    assert found["beds"][0]["comparisons"][0]["agreement"] == "agree"


def test_the_reports_of_named_hosts_only(natscope: Runner) -> None:
    done = natscope("lab", "run", "--sim", "two-hosts", "--report", "bob")
    assert done.code == 0
    assert done.out.startswith("bob\n\n")
    assert done.out.count("Direct:") == 1
    found = json.loads(natscope("lab", "run", "--sim", "two-hosts", "--json", "--report", "bob").out)
    assert list(found["reports"]) == ["bob"]
    wrong = natscope("lab", "run", "--sim", "two-hosts", "--report", "carol")
    assert (wrong.code, wrong.out) == (2, "")
    assert "no host 'carol' is measured in two-hosts" in wrong.err


def test_a_file_of_ones_own_with_a_wrong_truth(natscope: Runner, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\n[sites.h]\n[hosts.a]\nat = "h"\n[truth.a]\nudp = "no"\n')
    done = natscope("lab", "run", "--sim", str(mine))
    assert done.code == 1
    assert "✗ a                udp                   no                           the report says yes\n" in done.out
    assert " lines are right, 1 is wrong\n" in done.out


def test_mistakes_are_one_sentence(natscope: Runner, tmp_path: Path) -> None:
    done = natscope("lab", "show", "full-cnoe")
    assert (done.code, done.out) == (2, "")
    assert "did you mean full-cone?" in done.err
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\n[hosts.a]\nat = "h"\n')
    assert f"{mine}:3: hosts.a.at: there is no site called 'h'" in natscope("lab", "show", str(mine)).err
    mine.write_text('title = "Mine"\n[beds]\nsim = "it has no moon"\n[hosts.a]\n')
    assert "the bed sim cannot express mine: it has no moon" in natscope("lab", "run", "--sim", str(mine)).err


def test_matrix(natscope: Runner, bed: StandIn) -> None:
    done = natscope("lab", "matrix", "--sim", "--brief", "full-cone", "tun-proxy")
    assert (done.code, done.out.splitlines()[-1]) == (0, "2 of 2 scenarios as they should be")
    rows = json.loads(natscope("lab", "matrix", "full-cone", "--json").out)["rows"]
    assert [result["bed"] for result in rows[0]["beds"]] == ["sim", "kernel"]


def test_a_wrong_matrix_ends_with_1(natscope: Runner, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\n[sites.h]\n[hosts.a]\nat = "h"\n[truth.a]\ncaptive_portal = "yes"\n')
    done = natscope("lab", "matrix", "--sim", "--brief", str(mine))
    assert (done.code, done.out.splitlines()[-1]) == (1, "0 of 1 scenarios as they should be")


def test_a_file_without_a_truth_has_nothing_wrong(natscope: Runner, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\n[sites.h]\n[hosts.a]\nat = "h"\n')
    done = natscope("lab", "matrix", "--sim", str(mine))
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 of 1 scenarios as they should be")


def test_up_exec_shell_down(natscope: Runner, bed: StandIn) -> None:
    assert "full-cone is up; hosts: alice" in natscope("lab", "up", "full-cone").err
    assert natscope("lab", "exec", "alice", "--", "ping", "-c", "1", "relay1.test").code == 7
    assert natscope("lab", "shell", "alice").code == 0
    assert bed.asked == [("up", "full-cone"), ("alice", ("ping", "-c", "1", "relay1.test")), ("shell", "alice")]
    bed.asked.clear()
    assert "removed: the lab full-cone" in natscope("lab", "down").err
    assert "there was nothing to remove" in natscope("lab", "down").err
    assert json.loads(natscope("lab", "down", "--json").out)["removed"] == []
    assert json.loads(natscope("lab", "up", "full-cone", "--json").out)["hosts"] == ["alice"]


def test_exec_for_a_program(natscope: Runner, bed: StandIn) -> None:
    done = natscope("lab", "exec", "alice", "--json", "--", "ip", "--json", "route")
    assert (done.code, bed.asked) == (7, [("hear", "alice", ("ip", "--json", "route"))])
    assert json.loads(done.out) == {
        "schema": "natscope.lab-exec/1", "host": "alice", "command": ["ip", "--json", "route"], "exit_code": 7,
        "stdout": "here\n", "stderr": "",
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [("run", "full-cone"), ("matrix", "full-cone"), ("up", "full-cone"), ("down",)])
def test_without_permission_it_says_what_is_missing(natscope: Runner, bed: StandIn, arguments: tuple[str, ...]) -> None:
    bed.words = "user namespaces are switched off"
    done = natscope("lab", *arguments)
    assert done.code == 3
    assert "no lab of namespaces can be built here: user namespaces are switched off" in done.err
    assert bed.asked == []


def test_status(natscope: Runner, bed: StandIn) -> None:
    assert natscope("lab", "status").out == "no lab is up\n"
    assert json.loads(natscope("lab", "status", "--json").out)["up"] == ""
    dropped = {"home": {"no mapping": 3, "filtered": 1}, "internet": {}}
    bed.now = LabStatus(scenario="full-cone", hosts=("alice", "home"), dropped=dropped, broken="near has ended")
    lines = natscope("lab", "status").out.splitlines()
    assert lines[0] == "full-cone is up: alice, home"
    assert lines[1] == "  home           dropped: filtered 1, no mapping 3"
    assert lines[2] == "  internet       dropped: nothing"
    assert lines[3] == "  broken: near has ended; `natscope lab down` removes it"
    assert json.loads(natscope("lab", "status", "--json").out)["dropped"] == dropped


def test_a_stand_in_daemon_of_a_scenario(natscope: Runner) -> None:
    with natscope.child("lab", "daemon", "pair-symmetric", "alice", "--report", "alice.json") as child:
        assert child.stderr is not None
        assert b"standing in for the tailscaled of alice at alice.sock; peers: bob" in child.stderr.readline()
        socket = str(natscope.home / "alice.sock")
        result = natscope(
            "ping", "bob", "--socket", socket, "--report", str(natscope.home / "alice.json"), "-c", "2", "-i", "0.1"
        )
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)
    assert child.returncode == 0
    assert not Path(socket).exists()
    assert (result.code, result.err) == (10, "")
    assert "The cause is on both sides." in result.out
    assert "This side is judged by the netcheck in" in result.out


@pytest.mark.parametrize(
    ("flag", "words"),
    [("--offline", "bob is not connected to the control server"), ("--expired", "the key of bob expired 1 d ago")],
)
def test_a_peer_that_is_away(natscope: Runner, flag: str, words: str) -> None:
    with natscope.child("lab", "daemon", "pair-cones", "alice", flag, "bob") as child:
        assert child.stderr is not None
        child.stderr.readline()
        socket = str(natscope.home / "alice.sock")
        result = natscope("ping", "bob", "--socket", socket, "-c", "1", "-W", "0.1")
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)
    assert (result.code, result.err) == (20, "")
    assert words in " ".join(result.out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pair-cones", "carol"), "no host 'carol' with a truth in pair-cones"),
        (("pair-cones", "alice", "--offline", "carol"), "no host 'carol'"),
        (("pair-cones", "alice", "--expired", "carol"), "no host 'carol'"),
        (("pair-cones", "alice", "--state", "Asleep"), "--state Asleep: not one of Running"),
        (("pair-cones", "alice", "--socket", "/nonexistent/x.sock"), "cannot listen at /nonexistent/x.sock: no such"),
        (("nowhere", "alice"), "nowhere"),
    ],
)
def test_no_stand_in_daemon(natscope: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = natscope("lab", "daemon", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
