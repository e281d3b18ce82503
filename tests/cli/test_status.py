"""`natscope status`: against a stand-in daemon on a real socket and saved files; states, exit codes, contradictions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from natscope.lab.library import load_scenario
from natscope.lab.stand_in import Fault, StandInMesh, StandInPeer
from natscope.lab.stand_in_scenario import mesh_of
from natscope.model.mesh_status import Way
from tests.cli.runner import Runner
from tests.cli.stand_in import serving
from tests.wire.local_api.recorded import FOLDER

NAS = StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217",), way=Way.RELAYED)
OFFICE = StandInPeer("office", "100.64.0.3", direct="203.0.113.9:41641", way=Way.DIRECT)
PHONE = StandInPeer("phone", "100.64.0.5")
GONE = StandInPeer("lab-pi", "100.64.0.8", online=False)
MESH = StandInMesh(peers=(PHONE, GONE, OFFICE, NAS))


def recorded(name: str) -> str:
    return str(FOLDER / name)


def test_the_first_line_counts_and_trouble_stands_first(
    natscope: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(MESH, tmp_path):
        result = natscope("status", "--socket", "t.sock")
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "! 4 peers: 1 direct, 1 relayed, 1 idle, 1 offline"
    assert lines[1].startswith("  you are laptop, 100.64.0.2 · home relay fra")
    rows = [line.split()[0] for line in lines[4:8]]
    assert rows == ["!", "office", "phone", "lab-pi"]
    assert "relay fra" in lines[4]
    assert "direct v4" in lines[5]
    assert "RTT" not in lines[3]  # nobody measured one
    again = "natscope status --netcheck --socket t.sock"
    assert f"Next: {again}\n" in result.out  # nothing was measured yet
    assert " ".join(result.out.split()).count(again) == 2


def test_details_and_history_are_asked_of_those_that_need_them(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        natscope("status", "--socket", daemon.socket)
        asked = daemon.stand_in.asked
    assert asked.count("GET status") == 1
    assert asked.count("GET debug-peer-endpoint-changes") == 2  # the active ones
    assert asked.count("GET whois") == 2  # the relayed one, and of this node for want of a netcheck
    assert "POST ping" not in asked


def test_probe_measures_round_trips_but_of_nobody_who_is_away(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        result = natscope("status", "--probe", "--socket", daemon.socket, "--json")
        asked = daemon.stand_in.asked
    peers = {peer["HostName"]: peer["natscope"] for peer in json.loads(result.out)["Peer"].values()}
    assert 30 < peers["nas"]["rtt_ms"] < 60
    assert 5 < peers["office"]["rtt_ms"] < 25
    assert peers["phone"]["state"] == "relayed"  # its pong says so
    assert (peers["lab-pi"]["rtt_ms"], peers["lab-pi"]["pinged"]) == (None, False)
    assert asked.count("POST ping") == 3 + 2 * 2  # two more where none came directly


def test_the_json_has_upstreams_names_and_ours(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        told = json.loads(natscope("status", "--json", "--socket", daemon.socket).out)
    assert (told["schema"], told["BackendState"], told["natscope"]["state"]) == (
        "natscope.status/1",
        "Running",
        "running",
    )
    assert told["natscope"]["counts"]["relayed"] == 1
    assert told["natscope"]["report"] is None
    assert set(told["natscope"]["traffic"]) >= {"derp"}
    nas = next(peer for peer in told["Peer"].values() if peer["HostName"] == "nas")
    assert (nas["Relay"], nas["natscope"]["state"], nas["natscope"]["why"]["short"] != "") == ("fra", "relayed", True)


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("relayed", 10), ("offline", 20)])
def test_relayed_fails_only_where_asked(natscope: Runner, tmp_path: Path, fail_on: str, code: int) -> None:
    with serving(MESH, tmp_path) as daemon:
        assert natscope("status", "--socket", daemon.socket, "--fail-on", fail_on).code == code
    with serving(StandInMesh(peers=(OFFICE,)), tmp_path) as daemon:
        assert natscope("status", "--socket", daemon.socket, "--fail-on", fail_on).code == 0


@pytest.mark.parametrize(
    ("state", "words", "hint"),
    [
        ("NeedsLogin", "is logged out", "sudo tailscale up"),
        ("Stopped", "is stopped", "sudo tailscale up"),
        ("NeedsMachineAuth", "waits for approval", "admin"),
        ("Starting", "is still starting", "wait some seconds"),
        ("Dreaming", 'does not know ("Dreaming")', ""),
    ],
)
def test_a_daemon_without_a_mesh_has_a_screen_of_its_own(
    natscope: Runner, tmp_path: Path, state: str, words: str, hint: str
) -> None:
    with serving(StandInMesh(state=state), tmp_path) as daemon:
        result = natscope("status", "--socket", daemon.socket)
        told = natscope("status", "--socket", daemon.socket, "--json")
    assert result.code == told.code == 3
    assert words in " ".join(result.out.split())
    assert hint in result.out
    assert json.loads(told.out)["BackendState"] == state


def test_logged_out_as_recorded_is_told_once(natscope: Runner) -> None:
    result = natscope("status", "--from", recorded("status-needslogin.json"))
    assert result.code == 3
    assert result.out.count("sudo tailscale up") == 1
    assert "is stopped" not in result.out


def test_no_daemon_no_permission_and_strangers(natscope: Runner, tmp_path: Path) -> None:
    missing = natscope("status", "--socket", str(tmp_path / "none.sock"))
    assert (missing.code, missing.out) == (3, "")
    assert "error: " in missing.err
    assert "→" in missing.err
    for fault, words in (
        (Fault.DENIED, "sudo"),
        (Fault.HTML, "is this the socket of a tailscaled?"),
        (Fault.HALF, "error: "),
        (Fault.GARBAGE, "error: "),
        (Fault.BROKEN, "500"),
    ):
        with serving(StandInMesh(faults={"status": fault}), tmp_path) as daemon:
            result = natscope("status", "--socket", daemon.socket)
        assert (result.code, result.out) == (3, "")
        assert words in result.err
        assert "Traceback" not in result.err
        assert len(result.err.splitlines()) <= 2


def test_what_single_questions_are_refused_costs_a_note(natscope: Runner, tmp_path: Path) -> None:
    faults = {"whois": Fault.DENIED, "debug-peer-endpoint-changes": Fault.DENIED, "usermetrics": Fault.BROKEN}
    with serving(StandInMesh(peers=(NAS,), faults=faults), tmp_path) as daemon:
        result = natscope("status", "--socket", daemon.socket)
    assert result.code == 0
    assert "the history of paths: " in result.out
    assert "bytes by path are not told" in result.out


def test_no_peers_is_said_kindly(natscope: Runner, tmp_path: Path) -> None:
    with serving(StandInMesh(), tmp_path) as daemon:
        result = natscope("status", "--socket", daemon.socket)
        alone = natscope("status", "--no-peers", "--socket", daemon.socket)
        quiet = natscope("status", "-q", "--socket", daemon.socket)
    assert result.code == alone.code == 0
    assert result.out.startswith("No peers yet\n")
    assert "has joined the same network" in " ".join(result.out.split())
    assert alone.out.startswith("This node alone")
    assert quiet.out == "No peers yet\n"


def test_quiet_is_the_whole_first_line_on_any_screen(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        out = natscope("status", "-q", "--socket", daemon.socket, COLUMNS="30").out
    assert out == "! 4 peers: 1 direct, 1 relayed, 1 idle, 1 offline\n"


def test_active_leaves_the_others_out_of_the_list_but_not_of_the_count(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        out = natscope("status", "--active", "--socket", daemon.socket).out
        told = json.loads(natscope("status", "--active", "--json", "--socket", daemon.socket).out)
    assert "4 peers" in out
    assert "phone" not in out
    assert sorted(peer["HostName"] for peer in told["Peer"].values()) == ["nas", "office"]


@pytest.mark.parametrize("name", ["status-active.json", "status-idle.json", "status-peer-offline.json"])
def test_saved_files_need_no_daemon(natscope: Runner, name: str) -> None:
    result = natscope("status", "--from", recorded(name))
    assert result.code == 0
    assert "this is node-a, 100.64.0.1" in result.out


def test_a_saved_status_from_standard_input(natscope: Runner) -> None:
    data = Path(recorded("status-active.json")).read_bytes()
    assert natscope("status", "--from", "-", stdin=data).out.startswith("! 3 peers: 1 direct, 1 relayed, 1 idle")


@pytest.mark.parametrize("flag", ["--watch", "--probe", "--netcheck"])
def test_a_saved_status_cannot_be_watched_or_measured(natscope: Runner, flag: str) -> None:
    result = natscope("status", flag, "--from", recorded("status-active.json"))
    assert result.code == 2
    assert f"{flag} and --from contradict each other" in result.err
    assert natscope("status", "--probe", "--no-peers").code == 2


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"a":', b"[]", b"\xff\xfe{", b'{"Self":' * 20000])
def test_a_file_that_is_no_status_is_one_line(natscope: Runner, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    result = natscope("status", "--from", str(file))
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {file}")
    assert "Traceback" not in result.err


def test_names_of_strangers_cannot_draw(natscope: Runner, tmp_path: Path) -> None:
    evil = StandInPeer("x\x1b]0;owned\x07\u202ename", "100.64.0.66", way=Way.RELAYED, relay="\x1b[31mfra\n")
    mesh = StandInMesh(peers=(evil,), health=("evil \x1b[2J text\nwith lines",), name="me\x9b31m")
    with serving(mesh, tmp_path) as daemon:
        for flags in ((), ("-v",), ("--ascii",), ("--json",)):
            out = natscope("status", "--socket", daemon.socket, *flags).out
            assert not set("\x1b\x07\x9b\u202e") & set(out) or "--json" in flags
            assert "\x1b" not in out


def test_our_own_json_is_a_saved_status_too(natscope: Runner, tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    first = natscope("status", "--from", recorded("status-active.json"), "--json").out
    file.write_text(first)
    again = natscope("status", "--from", str(file), "--json").out
    assert again == first.replace(recorded("status-active.json"), str(file))


def test_this_computer_s_netcheck_explains_a_live_mesh_and_never_a_saved_one(natscope: Runner, tmp_path: Path) -> None:
    kept_report(natscope)
    with serving(StandInMesh(peers=(NAS,), endpoints=("198.51.100.13:5",)), tmp_path) as daemon:
        told = json.loads(natscope("status", "--json", "--socket", daemon.socket).out)
        screen = natscope("status", "--socket", daemon.socket).out
    with serving(StandInMesh(peers=(NAS,), endpoints=("203.0.113.200:5",)), tmp_path) as daemon:
        elsewhere = json.loads(natscope("status", "--json", "--socket", daemon.socket).out)
    saved = json.loads(natscope("status", "--json", "--from", recorded("status-active.json")).out)
    assert (told["natscope"]["report"]["origin"], told["natscope"]["report"]["used"]) == ("kept", True)
    assert "This side is judged by this computer's last netcheck" in screen
    assert "Next: natscope path nas" in screen
    assert elsewhere["natscope"]["report"]["used"] is False
    assert saved["natscope"]["report"] is None


def test_a_report_of_last_week_is_not_used(natscope: Runner, tmp_path: Path) -> None:
    kept_report(natscope, age_s=6 * 86_400)
    with serving(StandInMesh(peers=(NAS,), endpoints=("198.51.100.13:5",)), tmp_path) as daemon:
        screen = " ".join(natscope("status", "--socket", daemon.socket).out.split())
    assert "This computer's last netcheck, 6 d old, is too old to be used." in screen


def kept_report(natscope: Runner, age_s: float = 60) -> None:
    """As a netcheck in this very network leaves it."""
    import asyncio

    import msgspec

    from natscope.apps.last_report import keep_report
    from natscope.host.real.host import build_real_host
    from natscope.netcheck.link_record import LinkRecord
    from natscope.wire.local_api.netcheck import decode_netcheck
    from tests.netcheck.observed import record, refusal
    from tests.wire.local_api.test_netcheck import recorded as netcheck

    links = LinkRecord.of(asyncio.run(build_real_host().links.look()))
    started = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
    report = msgspec.structs.replace(decode_netcheck(netcheck("nat-hard")), started_at=started)
    keep_report(record(refusal(1), links=links), report, str(natscope.home / "state" / "natscope"))


def test_a_damaged_report_is_a_warning_and_no_more(natscope: Runner, tmp_path: Path) -> None:
    folder = natscope.home / "state" / "natscope"
    folder.mkdir(parents=True)
    (folder / "last-report.json").write_text("{half")
    with serving(MESH, tmp_path) as daemon:
        result = natscope("status", "--socket", daemon.socket)
    assert result.code == 0
    assert "last-report.json is not used: it is damaged" in result.err


@pytest.mark.parametrize(("families", "same"), [("both", "yes"), ("4", "unknown")])  # a part of it
def test_a_fresh_netcheck_is_measured_first(
    natscope: Runner, tmp_path: Path, healthy_map: str, families: str, same: str
) -> None:
    with serving(MESH, tmp_path) as daemon:
        result = natscope(
            "status", "--netcheck", "--json", "--socket", daemon.socket,
            NATSCOPE_DERP_MAP=healthy_map, NATSCOPE_NETCHECK_PROFILE="quick", NATSCOPE_NETCHECK_FAMILY=families,
        )  # fmt: skip
    report = json.loads(result.out)["natscope"]["report"]
    assert (report["origin"], report["same_network"]) == ("fresh", same)
    assert 0.0 <= report["age_s"] < 60.0


@pytest.mark.parametrize(
    ("scenario", "this", "peer", "state"),
    [
        ("pair-cones", "alice", "bob", "direct"),
        ("pair-cone-symmetric", "alice", "bob", "relayed"),
        ("pair-symmetric", "alice", "bob", "relayed"),
    ],
)
def test_a_probe_of_a_scenario_s_mesh_finds_its_truth(
    natscope: Runner, tmp_path: Path, scenario: str, this: str, peer: str, state: str
) -> None:
    with serving(mesh_of(load_scenario(scenario), this), tmp_path) as daemon:
        told = json.loads(natscope("status", "--probe", "--json", "--socket", daemon.socket).out)
        code = natscope("status", "--fail-on", "relayed", "--socket", daemon.socket).code
    found = {node["HostName"]: node["natscope"] for node in told["Peer"].values()}
    assert found[peer]["state"] == state
    assert found[peer]["rtt_ms"] > 0
    assert code == (10 if state == "relayed" else 0)


def test_a_saved_status_alone_says_why_where_its_own_addresses_do(natscope: Runner, tmp_path: Path) -> None:
    """The addresses that a recorded node behind a symmetric NAT told of itself; with one port there is no sign."""
    tree = json.loads((FOLDER / "status-active.json").read_bytes())
    file = tmp_path / "status.json"
    ends = ["198.51.100.13:42085", "198.51.100.13:41641", "198.51.100.13:43288", "192.168.13.2:41641"]
    screens = []
    for told in (ends, ends[1:2]):
        file.write_text(json.dumps(tree | {"Self": tree["Self"] | {"Addrs": told}}))
        screens.append(natscope("status", "--from", str(file)).out)
    several, one = (" ".join(screen.split()) for screen in screens)
    assert "node-u: This node tells 3 ports of one public address, 198.51.100.13: perhaps its router" in several
    assert "A port that was opened for it, or that changed a moment ago, looks the same." in several
    assert "possible · NS-NAT-01" in several
    assert "→ Turn on" in several
    assert "add --from netcheck.json, made there by: natscope netcheck --json" in several
    assert "perhaps random ports" in screens[0]
    assert "NS-NAT-01" not in one
    assert "no netcheck of this side" in one


def test_keys_that_run_out_are_said(natscope: Runner, tmp_path: Path) -> None:
    soon, late = datetime.now(UTC) + timedelta(days=3, hours=1), datetime.now(UTC) + timedelta(days=90)
    peers = (StandInPeer("soon", "100.64.0.20", key_expiry=soon), StandInPeer("late", "100.64.0.21", key_expiry=late))
    with serving(StandInMesh(peers=peers), tmp_path) as daemon:
        out = natscope("status", "--socket", daemon.socket).out
    assert out.count("key expires in 3 d") == 1


def test_nodes_of_other_networks_keep_their_whole_name(natscope: Runner, tmp_path: Path) -> None:
    shared = StandInPeer("theirs", "100.64.0.30", more={"DNSName": "nas.friends.example."})
    alike = StandInPeer("alike", "100.64.0.31", more={"DNSName": "nas.notlab.internal."})
    with serving(StandInMesh(peers=(NAS, shared, alike)), tmp_path) as daemon:
        out = natscope("status", "--socket", daemon.socket).out
    assert "nas.friends.example  100.64.0.30" in out
    assert "nas.notlab.internal  100.64.0.31" in out
    assert "! nas                  100.64.0.9" in out


def test_a_socket_beside_files_is_a_mistake(natscope: Runner) -> None:
    for command in (("status",), ("path", "node-b")):
        result = natscope(*command, "--socket", "/x", "--from", recorded("status-active.json"))
        assert result.code == 2
        assert "--socket and --from contradict each other" in result.err
