"""`natscope path PEER`: the candidates, the history, prediction against fact, exit codes as ping's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from natscope.lab.stand_in import Fault, StandInMesh, StandInPeer
from natscope.model.mesh_status import Way
from tests.cli.runner import Runner
from tests.cli.stand_in import serving
from tests.mesh.saved_mesh import FOLDER as SAVED
from tests.wire.local_api.recorded import FOLDER

NAS = StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217", "192.168.178.4:41641"), way=Way.RELAYED)
OFFICE = StandInPeer("office", "100.64.0.3", direct="203.0.113.9:41641", endpoints=("203.0.113.9:41641",))
PHONE = StandInPeer("phone", "100.64.0.5", endpoints=("198.51.100.61:1",))
GONE = StandInPeer("lab-pi", "100.64.0.8", online=False)
MESH = StandInMesh(peers=(NAS, PHONE, GONE, OFFICE))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natscope.apps.mesh_path.INTERVAL_S", 0.0)
    monkeypatch.setattr("natscope.apps.mesh_path.PING_S", 0.2)
    monkeypatch.setattr("natscope.apps.mesh_star.PAUSE_S", 0.0)


def test_a_relayed_peer_shows_each_candidate_and_that_it_was_tried(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        result = natscope("path", "nas", "--socket", daemon.socket)
        asked = daemon.stand_in.asked
    assert result.code == 10
    assert result.out.startswith("! nas (100.64.0.9): relayed through fra, 4")
    for endpoint in NAS.endpoints:
        row = next(line for line in result.out.splitlines() if endpoint in line)
        assert "tried" in row or "no answer" in row
    assert "control tells its addresses: 198.51.100.60:33217," in result.out
    assert asked.count("POST ping") == 4


def test_a_direct_peer_is_pinged_once_and_its_candidate_answered(natscope: Runner, tmp_path: Path) -> None:
    peer = StandInPeer("office", "100.64.0.3", direct="203.0.113.9:41641", direct_after=1)
    with serving(StandInMesh(peers=(peer,)), tmp_path) as daemon:
        result = natscope("path", "OFFICE", "--socket", daemon.socket, "--json")
        asked = daemon.stand_in.asked
    told = json.loads(result.out)
    assert (result.code, told["schema"], told["peer"]["natscope"]["state"]) == (0, "natscope.path/1", "direct")
    assert [row["answered"] for row in told["candidates"] if row["endpoint"] == "203.0.113.9:41641"] == ["yes"]
    assert asked.count("POST ping") == 2  # through the relay first
    assert [step["kind"] for step in told["history"]][-1] == "direct"
    assert told["peer"]["HostName"] == "office"
    assert [ping["endpoint"] for ping in told["pings"]] == [None, "203.0.113.9:41641"]


def test_an_address_behind_a_peer_leads_to_that_peer(natscope: Runner, tmp_path: Path) -> None:
    router = StandInPeer(
        "router", "100.64.0.4", way=Way.RELAYED, routes=("192.168.50.0/24",), endpoints=("192.0.2.9:1",)
    )
    with serving(StandInMesh(peers=(router,)), tmp_path) as daemon:
        result = natscope("path", "192.168.50.7", "--no-probe", "--socket", daemon.socket)
    assert result.code == 10
    assert result.out.startswith("! router (100.64.0.4): relayed")
    assert "192.0.2.9:1" in result.out  # its own history and details
    assert "192.168.50.7 lies behind router" in result.out


def test_an_address_behind_a_peer_that_is_another_node_s_own(natscope: Runner, tmp_path: Path) -> None:
    router = StandInPeer(
        "router", "100.64.0.4", routes=("192.168.50.0/24",), direct="192.0.2.9:1", way=Way.DIRECT, direct_ms=50.0
    )
    cam = StandInPeer("cam", "100.64.0.5", endpoints=("192.168.50.7:41641",), direct="192.0.2.8:1", direct_after=0)
    with serving(StandInMesh(peers=(router, cam)), tmp_path) as daemon:
        result = natscope("path", "192.168.50.7", "--socket", daemon.socket)
    words = " ".join(result.out.split())
    assert result.code == 0
    assert "Packets to 192.168.50.7 go through router, but cam has that address and is in the mesh itself." in words
    assert "ms through router, " in words
    assert "ms directly to cam." in words
    assert "→ Use the node's name in the mesh" in words
    assert "likely · NS-PERF-07" in words


def test_both_legs_of_a_peer_relay(natscope: Runner, tmp_path: Path) -> None:
    hub = StandInPeer("vps", "100.64.0.4", direct="203.0.113.7:40000", way=Way.DIRECT, direct_ms=5.0)
    far = StandInPeer("far", "100.64.0.6", peer_relay="203.0.113.7:40000:vni:7", way=Way.PEER_RELAY)
    with serving(StandInMesh(peers=(hub, far)), tmp_path) as daemon:
        words = " ".join(natscope("path", "far", "--socket", daemon.socket).out.split())
    assert "Packets to far go through vps, another node of the mesh. Round trip to far: " in words
    assert "ms to vps and " in words
    assert "tailscaled does not tell answers through a peer relay from direct ones here." in words


def test_silence_is_exit_20_and_control_s_word_comes_first(natscope: Runner, tmp_path: Path) -> None:
    silent = StandInPeer("mute", "100.64.0.7", levels=frozenset(), way=Way.RELAYED)
    with serving(StandInMesh(peers=(silent, GONE)), tmp_path) as daemon:
        mute = natscope("path", "mute", "--socket", daemon.socket)
        gone = natscope("path", "lab-pi", "--socket", daemon.socket)
    assert mute.code == gone.code == 20
    assert mute.out.startswith("✗ mute (100.64.0.7): no answer to 4 pings")
    assert gone.out.startswith("✗ lab-pi (100.64.0.8): no answer to 1 ping")


def test_each_kind_of_address_is_told_apart(natscope: Runner, tmp_path: Path) -> None:
    ends = ("100.70.3.4:1", "192.168.9.5:2", "[2001:db8::9]:3")
    mixed = StandInPeer("mixed", "100.64.0.5", endpoints=ends)
    direct = StandInPeer("customer", "100.64.0.6", direct="100.70.3.5:1", way=Way.DIRECT)
    with serving(StandInMesh(peers=(mixed, direct)), tmp_path) as daemon:
        out = natscope("path", "mixed", "--socket", daemon.socket).out
        status = natscope("status", "--socket", daemon.socket).out
    rows = [line for line in out.splitlines() if any(f" {end} " in line for end in ends)]
    assert [row[2:16].strip() for row in rows] == ["local network", "CGNAT", "IPv6"]
    words = " ".join(out.split())
    assert "its side: tells IPv6 addresses, but no public IPv4 one, and one of a carrier's network (CGNAT)" in words
    assert "direct CGNAT" in status


def test_nothing_is_sent_with_no_probe(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        result = natscope("path", "phone", "--no-probe", "--socket", daemon.socket)
        assert "POST ping" not in daemon.stand_in.asked
    assert result.code == 3  # nothing was sent, so nothing can be told
    assert "idle, so no way is in use" in result.out
    assert "Next: natscope path phone" in result.out


def test_nobody_of_that_name_and_oneself(natscope: Runner, tmp_path: Path) -> None:
    with serving(MESH, tmp_path) as daemon:
        wrong = natscope("path", "nass", "--socket", daemon.socket)
        own = natscope("path", "laptop", "--socket", daemon.socket)
    assert wrong.code == own.code == 2
    assert "Did you mean nas?" in wrong.err
    assert "is this node itself" in own.err
    assert f"natscope status --socket {daemon.socket} lists them" in wrong.err
    assert f"natscope status --socket {daemon.socket} lists them" in own.err
    assert natscope("path", "nas", "--socket", str(tmp_path / "none")).code == 3


def test_refused_history_and_details_are_a_note(natscope: Runner, tmp_path: Path) -> None:
    faults = {"whois": Fault.DENIED, "debug-peer-endpoint-changes": Fault.MISSING}
    with serving(StandInMesh(peers=(NAS,), faults=faults), tmp_path) as daemon:
        result = natscope("path", "nas", "--socket", daemon.socket)
        told = json.loads(natscope("path", "nas", "--socket", daemon.socket, "--json").out)
    assert result.code == 10
    assert "details of the peer: " in result.out
    assert "History: none is told." in result.out
    assert told["history"] is None


def test_logged_out_is_exit_3_with_the_command_that_helps(natscope: Runner, tmp_path: Path) -> None:
    with serving(StandInMesh(state="NeedsLogin"), tmp_path) as daemon:
        result = natscope("path", "nas", "--socket", daemon.socket)
    assert result.code == 3
    assert "sudo tailscale up" in result.err


@pytest.mark.parametrize(("peer", "code"), [("node-b", 0), ("node-u", 10), ("node-h", 3), ("100.64.0.2", 0)])
def test_a_saved_status_tells_what_it_can(natscope: Runner, peer: str, code: int) -> None:
    file = str(FOLDER / "status-active.json")
    result = natscope("path", peer, "--from", file)
    assert result.code == code
    assert result.out
    assert natscope("path", peer, "--no-probe", "--from", file).code == code
    for flag in ("--netcheck", "--probe"):
        refused = natscope("path", peer, flag, "--from", file)
        assert (refused.code, refused.out) == (2, "")
        assert f"{flag} and --from contradict each other" in refused.err


def test_commands_to_copy_lead_to_the_same_daemon_and_peer(
    natscope: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = StandInPeer("pc;reboot", "100.64.0.66", endpoints=("198.51.100.62:1",))
    with serving(StandInMesh(peers=(odd, NAS)), tmp_path):
        for peer, command in (("nas", "nas --netcheck"), ("100.64.0.66", "100.64.0.66")):
            out = natscope("path", peer, "--no-probe", "--socket", "t.sock").out
            assert f"natscope path {command} --socket t.sock " in " ".join(out.split())
            assert "natscope path pc" not in out


def test_what_to_do_with_the_report_of_the_other_side(natscope: Runner) -> None:
    folder = SAVED.relative_to(Path.cwd()) if SAVED.is_relative_to(Path.cwd()) else SAVED
    status, netcheck = str(folder / "status.json"), str(folder / "netcheck.json")
    alone = natscope("path", "alice", "--from", status)
    assert "natscope pair this.json peer.json" in " ".join(alone.out.split())
    both = natscope("path", "alice", "--from", status, "--from", netcheck)
    assert f"then here: natscope pair {netcheck} peer.json" in " ".join(both.out.split())


def test_strangers_cannot_draw(natscope: Runner, tmp_path: Path) -> None:
    evil = StandInPeer(
        "nas", "100.64.0.9", endpoints=("198.51.100.60:1",), way=Way.RELAYED, relay="\x1b]0;x\x07", owner="\u202e"
    )
    with serving(StandInMesh(peers=(evil,)), tmp_path) as daemon:
        for flags in ((), ("--ascii",)):
            out = natscope("path", "nas", "--socket", daemon.socket, *flags).out
            assert not set("\x1b\x07\u202e") & set(out)


def test_the_hint_lists_the_peers_of_the_same_file(natscope: Runner) -> None:
    data = (FOLDER / "status-active.json").read_bytes()
    this = json.loads(data)["Self"]["HostName"]
    Path("my status.json").write_bytes(data)
    for word in ("nobody-here", "100.64.77.77", "", this):
        told = natscope("path", word, "--from", "my status.json")
        assert (told.code, told.out) == (2, "")
        assert told.err.endswith("\n  → natscope status --from 'my status.json' lists them\n"), told.err
    piped = natscope("path", "nobody-here", "--from", "-", stdin=data)
    assert piped.err.endswith("\n  → natscope status --from - lists them\n")
