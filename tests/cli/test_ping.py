"""`natscope ping`: what is drawn, against golden files; exit codes, options, JSON, Ctrl-C, daemons that say no."""

from __future__ import annotations

import json
import re
import shlex
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from natscope.cli.ping_flow import PingCommand, plan_of
from natscope.errors import UserError
from natscope.lab.library import load_scenario
from natscope.lab.scenario_truth import PairDirect
from natscope.lab.stand_in import Fault, StandInMesh, StandInPeer
from natscope.lab.stand_in_scenario import mesh_of
from natscope.mesh.source import PingKind
from natscope.model.mesh_ping import PingWay
from natscope.model.mesh_status import Way
from tests.cli.ping_scenes import DB, GOLDEN, MESH, NAS, SCENES, SILENT, Scene, play
from tests.cli.runner import Runner
from tests.cli.stand_in import serving


@pytest.mark.parametrize("name", SCENES)
def test_what_is_drawn(name: str) -> None:
    drawn, code, _ = play(SCENES[name])
    assert drawn.encode() == (GOLDEN / f"{name}.txt").read_bytes()
    assert drawn.isascii() or not SCENES[name].ascii_only
    if name != "this-node":
        assert f"exit {code}" in drawn
    assert all(len(line) <= 80 for line in drawn.splitlines() if "\x1b[2K" not in line)


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(SCENES)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("relay-then-direct", 0), ("stays-relayed", 10), ("peer-relay", 10), ("lan", 0), ("offline", 20),
        ("expired-key", 20), ("silent", 20), ("lossy", 10), ("tsmp", 0), ("this-node", 0), ("interrupted", 130),
        ("deadline", 124), ("levels-all", 10), ("levels-icmp", 11), ("levels-wireguard", 11), ("levels-none", 20),
    ],
)  # fmt: skip
def test_exit_codes(name: str, code: int) -> None:
    assert play(SCENES[name])[1] == code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PingCommand(peer="nas", deadline="2.5"), 10),
        (PingCommand(peer="gone", deadline="2.5"), 20),
        (PingCommand(peer="gone", deadline="2.5", count="9"), 124),
        (PingCommand(peer="db-1", deadline="30", count="9"), 0),
        (PingCommand(peer="nas", deadline="30", count="3"), 10),
        (PingCommand(peer="db-1", levels=True, count="1"), 10),
        (PingCommand(peer="printer", levels=True), 0),
    ],
)
def test_a_deadline_decides_only_where_pings_were_counted(command: PingCommand, code: int) -> None:
    assert play(Scene(command))[1] == code


def test_json() -> None:
    drawn, code, _ = play(SCENES["relay-then-direct"], "json")
    told = json.loads(drawn)
    assert (told["schema"], told["exit_code"], code) == ("natscope.ping/1", 0, 0)
    assert [ping["way"] for ping in told["pings"]] == ["relay", "relay", "direct"]
    assert told["pings"][2]["endpoint"] == DB.direct
    assert told["pings"][0]["relay"] == "fra"
    assert told["summary"]["outcome"] == "direct"
    assert told["summary"]["direct_after_s"] == pytest.approx(2.0115, abs=1e-4)
    assert (told["peer"]["short_name"], told["peer"]["endpoints"]) == ("db-1", list(DB.endpoints))
    assert told["explanation"] is None
    told = json.loads(play(SCENES["stays-relayed"], "json")[0])
    assert (told["explanation"]["blame"], told["report"]) == ("peer", None)
    told = json.loads(play(SCENES["levels-icmp"], "json")[0])
    assert (told["first_failing_level"], [level["answered"] for level in told["levels"]]) == (
        "icmp", [True, True, False, False],
    )  # fmt: skip
    told = json.loads(play(SCENES["this-node"], "json")[0])
    assert (told["this_node"], told["summary"], told["exit_code"]) == (True, None, 0)


def test_what_is_wrong_with_a_way_that_works() -> None:
    told = json.loads(play(SCENES["loss-in-a-pattern"], "json")[0])
    pattern = told["summary"]["loss_pattern"]
    assert (pattern["period"], pattern["lost"], pattern["periods"], pattern["misfits"]) == (18, 15, 4, 0)
    assert pattern["chance"] < 1e-6
    assert [(found["id"], found["certainty"]) for found in told["findings"]] == [("NS-PERF-06", "likely")]
    (found,) = json.loads(play(SCENES["direct-is-a-detour"], "json")[0])["findings"]
    assert (found["id"], found["certainty"]) == ("NS-PERF-02", "likely")
    assert [fix["effort"] for fix in found["fixes"]] == ["E2", "E5"]
    for name in ("relay-then-direct", "stays-relayed", "lossy", "lan", "silent", "levels-all", "this-node"):
        told = json.loads(play(SCENES[name], "json")[0])
        assert told["findings"] == []
        assert told["summary"] is None or told["summary"]["loss_pattern"] is None


def test_json_lines() -> None:
    lines = [json.loads(line) for line in play(SCENES["stays-relayed-quiet"], "jsonl")[0].splitlines()]
    assert [line["type"] for line in lines] == ["start", "ping", "ping", "end"]
    assert {line["schema"] for line in lines} == {"natscope.ping-line/1"}
    assert lines[-1]["exit_code"] == 10
    lines = [json.loads(line) for line in play(SCENES["levels-none"], "jsonl")[0].splitlines()]
    assert [line["type"] for line in lines] == ["start", *["level"] * 4, "end"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": "x"}, "--count x: not a whole number from 0"),
        ({"count": "-1"}, "--count -1: not a whole number"),
        ({"count": "1.5"}, "--count 1.5"),
        ({"interval": "0"}, "--interval 0: not a number from 0.1"),
        ({"wait": "nan"}, "--wait nan"),
        ({"wait": "inf"}, "--wait inf"),
        ({"deadline": "1e99"}, "--deadline 1e99"),
        ({"size": "99999"}, "--size 99999"),
        ({"size": "100", "kinds": ("tsmp",)}, "--size is for disco pings"),
        ({"kinds": ("tsmp", "icmp")}, "--tsmp and --icmp contradict each other"),
        ({"levels": True, "kinds": ("icmp",)}, "--levels and --icmp contradict each other"),
        ({"levels": True, "size": "5"}, "--levels and --size"),
        ({"levels": True, "until_direct": False}, "--levels and --until-direct"),
        ({"both_forms": True}, "--json and --jsonl"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        plan_of(PingCommand(peer="nas", **options))
    assert caught.value.message.startswith(message)


def test_plans() -> None:
    plan = plan_of(PingCommand(peer="nas"))
    assert (plan.count, plan.interval_s, plan.wait_s, plan.deadline_s, plan.until_direct) == (10, 1.0, 5.0, None, True)
    assert plan_of(PingCommand(peer="nas", deadline="3")).count == 0
    plan = plan_of(PingCommand(peer="nas", kinds=("peerapi",)))
    assert (plan.kind, plan.stop_at_first, plan.until_direct) == (PingKind.PEER_API, True, False)
    assert not plan_of(PingCommand(peer="nas", kinds=("icmp",), count="2")).stop_at_first
    assert not plan_of(PingCommand(peer="nas", kinds=("icmp",), until_direct=False)).stop_at_first


def ping(natscope: Runner, socket: str, *arguments: str) -> Any:
    return natscope("ping", *arguments, "--socket", socket, "-i", "0.1")


def test_an_address_that_is_another_node_s_own(natscope: Runner, tmp_path: Path) -> None:
    router = StandInPeer("router", "100.64.0.4", routes=("192.168.50.0/24",), direct="192.0.2.9:1", way=Way.DIRECT)
    cam = StandInPeer("cam", "100.64.0.5", endpoints=("192.168.50.7:41641",))
    with serving(StandInMesh(peers=(router, cam)), tmp_path) as daemon:
        result = ping(natscope, daemon.socket, "192.168.50.7")
        quiet = ping(natscope, daemon.socket, "192.168.50.7", "-q")
    words = " ".join(result.out.split())
    assert result.code == 0
    assert "Packets to 192.168.50.7 go through router, but cam has that address" in words
    assert "but cam has" not in quiet.out


def test_a_phone_that_says_nothing(natscope: Runner, tmp_path: Path) -> None:
    phone = StandInPeer("phone", "100.64.0.5", os="iOS", levels=frozenset())
    with serving(StandInMesh(peers=(phone,)), tmp_path) as daemon:
        result = ping(natscope, daemon.socket, "phone", "-c", "1", "-W", "0.1")
    words = " ".join(result.out.split())
    assert result.code == 20
    assert "Perhaps phone is asleep: iOS stops programs to save power." in words
    assert "→ On phone's side: Wake the device and open the mesh program there. owner of phone" in words
    assert "possible · NS-ENV-12" in words


def test_over_a_real_socket(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        result = ping(natscope, daemon.socket, "db-1")
        assert (result.code, result.err) == (0, "")
        assert "✓ Direct after 0." in result.out
        asked = daemon.stand_in.asked
        assert asked == ["GET status", "GET whois", *["POST ping"] * 3]
        result = ping(natscope, daemon.socket, "nas", "-c", "2", "--json")
        assert (result.code, json.loads(result.out)["summary"]["outcome"]) == (10, "relayed")
        assert asked[5:] == [
            "GET status", "GET whois", *["POST ping"] * 2, "GET status", "GET debug-peer-endpoint-changes",
            "GET whois",
        ]  # fmt: skip
        assert ping(natscope, daemon.socket, "gone", "-c", "1", "-W", "0.1").code == 20
        result = ping(natscope, daemon.socket, "nass")
        assert (result.code, result.out) == (2, "")
        listed = f"natscope status --socket {daemon.socket} lists them"
        assert result.err == f'error: no node of your mesh is called "nass". Did you mean nas?\n  → {listed}\n'


@pytest.mark.parametrize(
    ("mesh", "code", "words", "hint"),
    [
        (StandInMesh(state="NeedsLogin"), 3, "is logged out", "sudo tailscale up"),
        (StandInMesh(state="Stopped"), 3, "is stopped", "sudo tailscale up"),
        (StandInMesh(state="NeedsMachineAuth"), 3, "waits for approval", "admin"),
        (replace(MESH, faults={"status": Fault.DENIED}), 3, "does not allow this to you", "sudo"),
        (replace(MESH, faults={"status": Fault.HTML}), 3, "no JSON", "is this the socket of a tailscaled?"),
        (replace(MESH, faults={"status": Fault.HALF}), 3, "breaks off", "is this the socket of a tailscaled?"),
        (replace(MESH, faults={"ping": Fault.DENIED}), 3, "does not allow this to you: ping access denied", "sudo"),
        (replace(MESH, faults={"ping": Fault.HTML}), 3, "no JSON", "tailscaled"),
    ],
)
def test_a_daemon_that_cannot_be_asked(
    natscope: Runner, tmp_path: Path, mesh: StandInMesh, code: int, words: str, hint: str
) -> None:
    with serving(mesh, tmp_path) as daemon:
        result = ping(natscope, daemon.socket, "nas", "-c", "1")
    assert result.code == code
    assert words in result.err
    assert hint in result.err
    assert len([line for line in result.err.splitlines() if line.startswith("error: ")]) == 1


def test_no_daemon(natscope: Runner, tmp_path: Path) -> None:
    result = ping(natscope, str(tmp_path / "none.sock"), "nas")
    assert (result.code, result.out) == (3, "")
    assert "does not run" in result.err


def test_missing_parts_cost_reasons_only(natscope: Runner, tmp_path: Path) -> None:
    faults = {"whois": Fault.DENIED, "debug-peer-endpoint-changes": Fault.BROKEN}
    with serving(replace(MESH, faults=faults), tmp_path) as daemon:
        result = ping(natscope, daemon.socket, "nas", "-c", "1")
    assert (result.code, result.err) == (10, "")
    assert "! Relayed: no direct path" in result.out
    assert "details of the peer:" in result.out


def test_a_mesh_of_a_thousand(natscope: Runner, tmp_path: Path) -> None:
    from natscope.lab.stand_in import many_peers

    with serving(StandInMesh(peers=(*many_peers(1000), NAS)), tmp_path) as daemon:
        assert ping(natscope, daemon.socket, "nas", "-c", "1").code == 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_shows_what_came(natscope: Runner, tmp_path: Path, number: signal.Signals) -> None:
    with (
        serving(MESH, tmp_path) as daemon,
        natscope.child("ping", "nas", "-c", "0", "-i", "0.1", "--socket", daemon.socket) as child,
    ):
        assert child.stdout is not None
        assert any(b"   2   relay fra" in line for line in child.stdout), "it ended before the second pong"
        child.send_signal(number)
        out, err = child.communicate(timeout=20)
    text = out.decode()
    assert (child.returncode, err) == (130, b"")
    assert "! Relayed: no direct path" in text
    assert "interrupted · exit 130" in text


def test_ctrl_c_before_the_first_pong_of_one_that_is_silent(natscope: Runner, tmp_path: Path) -> None:
    mesh = StandInMesh(peers=(SILENT,))
    with serving(mesh, tmp_path) as daemon, natscope.child("ping", "gone", "--socket", daemon.socket) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith(b"Pinging gone")
        until = time.monotonic() + 10
        while "POST ping" not in daemon.stand_in.asked and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (130, b"")
    assert "? Not known: stopped before gone answered the first ping" in out.decode()
    assert out.decode().endswith("interrupted · exit 130\n")


def commands(out: str) -> list[list[str]]:
    """Those that a screen shows to be copied, without the remark behind."""
    told = re.sub(r"\n +(?=\S)", " ", out)
    shown = re.findall(r"natscope (?:ping|path) .+?(?=  | measures| shows|$)", told, re.MULTILINE)
    return [shlex.split(text)[1:] for text in shown]


def test_commands_to_copy_lead_to_the_same_daemon(
    natscope: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    socket = "a b/t.sock"
    with serving(MESH, folder) as daemon:
        for arguments in (("nas", "-c", "1"), ("gone", "-c", "1", "-W", "0.1"), ("nas", "--levels", "-c", "1")):
            shown = commands(ping(natscope, socket, *arguments).out)
            assert shown
            for command in shown:
                assert command[-2:] == ["--socket", socket]
        result = natscope("ping", "nas", "-c", "1", NATSCOPE_TAILSCALED_SOCKET=daemon.socket)
        assert "Next: natscope path nas  (" in result.out  # the environment leads there again


def test_a_netcheck_of_another_network_explains_nothing_and_is_not_said_to(natscope: Runner, tmp_path: Path) -> None:
    file = Path(__file__).parents[2] / "fixtures" / "recordings" / "tailscale-netcheck" / "nat-hard.json"
    with serving(replace(MESH, endpoints=("192.0.2.77:41641",)), tmp_path) as daemon:
        out = ping(natscope, daemon.socket, "nas", "-c", "1", "--report", str(file)).out
    told = " ".join(out.split())
    assert "is of another network than the status, so it is not used" in told
    assert "This side is judged by" not in told


def test_ctrl_c_while_the_daemon_keeps_silent(natscope: Runner, tmp_path: Path) -> None:
    with (
        serving(replace(MESH, faults={"status": Fault.SILENT}), tmp_path) as daemon,
        natscope.child("ping", "nas", "--socket", daemon.socket) as child,
    ):
        until = time.monotonic() + 10
        while "GET status" not in daemon.stand_in.asked and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, out, err) == (130, b"", b"natscope: interrupted\n")


def test_help_names_every_option(natscope: Runner) -> None:
    text = natscope("ping", "--help").out
    for option in (
        "-c",
        "-i",
        "-W",
        "-w",
        "-s",
        "-D",
        "-q",
        "--until-direct",
        "--disco",
        "--tsmp",
        "--icmp",
        "--peerapi",
    ):
        assert option in text
    for option in ("--levels", "--verbose", "--json", "--jsonl", "--netcheck", "--socket"):
        assert option in text


def test_a_tag_pings_its_first_node_and_says_which(natscope: Runner, tmp_path: Path) -> None:
    peers = (DB, StandInPeer("db-0", "100.64.0.70", tags=("tag:db",), online=False))
    with serving(StandInMesh(peers=peers), tmp_path) as daemon:
        result = ping(natscope, daemon.socket, "tag:db", "-c", "1")
    assert result.out.startswith("Pinging db-1 (100.64.0.7)")
    assert "tag:db is 2 nodes: this is db-1; the others are db-0" in result.out


OLD = replace(
    MESH,
    version="1.56.1",
    capability=82,
    without=frozenset({
        "NodeID", "PeerRelay", "TaildropTarget", "HaveNodeKey", "ClientVersion", "TUN", "ExtraRecords", "HomeDERP",
        "Cap", "OSHasIPv6", "AllowedIPs", "InNetworkMap", "Container", "IsLocalIP", "Health", "LastHandshake",
    }),
    faults=dict.fromkeys(("whois", "debug-peer-endpoint-changes", "usermetrics"), Fault.MISSING),
)  # fmt: skip
"""No recording: today's daemon without fields and questions that came later."""


def test_an_old_daemon(natscope: Runner, tmp_path: Path) -> None:
    with serving(OLD, tmp_path) as daemon:
        assert ping(natscope, daemon.socket, "db-1").code == 0
        result = ping(natscope, daemon.socket, "nas", "-c", "1", "--json")
        assert (result.code, json.loads(result.out)["program"]) == (10, "1.56.1")
        assert ping(natscope, daemon.socket, "acl", "--levels", "-W", "0.2").code == 11
        assert natscope("status", "--socket", daemon.socket).code == 0
        assert natscope("path", "nas", "--no-probe", "--socket", daemon.socket).code == 10


@pytest.mark.parametrize(
    "name",
    ["neighbours", "pair-cone-symmetric", "pair-cones", "pair-restricted-symmetric", "pair-symmetric", "two-hosts"],
)
def test_every_pair_of_a_scenario_ends_as_its_truth_says(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.pairs
    for pair in scenario.pairs:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            drawn, code, run = play(Scene(PingCommand(peer=other), mesh=mesh_of(scenario, one)))
            assert code == (0 if pair.direct is PairDirect.YES else 10), drawn
            ways = [shot.way for shot in run.shots]
            assert ways[:2] == [PingWay.RELAY, PingWay.RELAY]
            assert (len(ways) == 3) == (code == 0)
