"""`natscope check`: a policy against relays on loopback, a first policy, one finding again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from natscope.apps.finding_again import Rechecked
from natscope.cli import check_flow
from natscope.cli.pen import Pen
from natscope.diagnosis.why import why
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.policy.lookup import PeerFacts
from tests.cli.runner import Runner
from tests.cli.stand_in import serving
from tests.reports.scenes import load

QUICK = ("--skip", "port_mapping,captive_portal,dns,path_mtu,nat_ports", "--timeout", "3")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text("[run]\nretries = 0\n[expect]\nudp = true\n", encoding="utf-8")
    return path


def test_a_first_policy_is_met_by_the_network_it_was_made_in(
    natscope: Runner, healthy_map: str, tmp_path: Path
) -> None:
    target = tmp_path / "first.toml"
    result = natscope("check", "--init", "--derp-map", healthy_map, *QUICK, "-o", str(target))
    assert result.code == 0, result.err
    assert f"next: natscope check --policy {target}" in result.err
    again = natscope("check", "--init", "--derp-map", healthy_map, *QUICK, "-o", str(target))
    assert again.code == 2
    assert "is there already" in again.err
    checked = natscope("check", "--policy", str(target), "--derp-map", healthy_map, *QUICK)
    assert checked.code == 0, checked.out
    assert checked.out.startswith("✓ All ")


def test_what_fails_is_measured_again_and_is_exit_code_1(
    natscope: Runner, relay_map: str, policy: Path, tmp_path: Path
) -> None:
    policy.write_text('[run]\nretries = 1\n[expect]\nudp = true\nrelays.answered = ">= 3"\n', encoding="utf-8")
    result = natscope("check", "--policy", str(policy), "--derp-map", relay_map, *QUICK, "--json")
    assert result.code == 1, result.err
    told = json.loads(result.out)
    kept = tmp_path / "kept.json"
    kept.write_text(result.out, encoding="utf-8")
    again = natscope("check", "--replay", str(kept), "--format", "github")
    assert again.code == 1
    assert "line=5,title=relays.answered::expected >= 3, seen 2" in again.out
    assert (told["result"], told["runs"]) == ("failed", 2)
    assert [each["seen"] for each in told["expectations"]] == [["yes", "yes"], ["2", "2"]]


def test_a_map_from_a_pipe_serves_all_runs(natscope: Runner, relay_map: str, policy: Path) -> None:
    policy.write_text("[run]\nruns = 2\nretries = 0\n[expect]\nrelays.answered = 2\n", encoding="utf-8")
    arguments = ("--derp-map", "-", *QUICK, "--only", "relay_stun", "--json")
    result = natscope("check", "--policy", str(policy), *arguments, stdin=Path(relay_map).read_bytes())
    assert result.code == 0, result.err
    assert json.loads(result.out)["expectations"][0]["seen"] == ["2", "2"]


def test_an_interruption_writes_no_policy(
    natscope: Runner, healthy_map: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "first.toml"
    monkeypatch.setattr(check_flow, "ping_peer", lambda *_: (PeerFacts(), True))
    arguments = ("--derp-map", healthy_map, *QUICK, "--only", "relay_stun", "-o", str(target), "--peer", "nas")
    assert natscope("check", "--init", *arguments).code == 130
    assert not target.exists()


def test_a_peer_without_a_daemon_is_inconclusive(natscope: Runner, policy: Path, tmp_path: Path) -> None:
    """And nothing is measured that the policy does not ask for."""
    policy.write_text('[run]\nretries = 0\n[expect]\npeers."db-1".path = "direct"\n', encoding="utf-8")
    result = natscope("check", "--policy", str(policy), "--socket", str(tmp_path / "none.sock"))
    assert result.code == 3, result.err
    assert "? peers.db-1.path" in result.out


@pytest.mark.parametrize(
    ("peer", "path", "relay"),
    [
        (StandInPeer("db-1", "100.64.0.7", direct="203.0.113.9:41641", direct_after=0), "direct", ""),
        (StandInPeer("db-1", "100.64.0.7"), "relayed", "fra"),
        (StandInPeer("db-1", "100.64.0.7", peer_relay="198.51.100.9:40000:vni:7"), "peer-relay", ""),
        (StandInPeer("db-1", "100.64.0.7", online=False), "no-answer", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_how_a_daemon_reaches_a_peer(
    natscope: Runner, policy: Path, tmp_path: Path, peer: StandInPeer, path: str, relay: str
) -> None:
    expected = f'[run]\nretries = 0\npings = 1\n[expect]\npeers."db-1".path = "{path}"\n'
    if relay:
        expected += f'peers."db-1".relay = "{relay}"\npeers."db-1".rtt_ms = "< 10000"\n'
    policy.write_text(expected, encoding="utf-8")
    with serving(StandInMesh(peers=(peer,)), tmp_path) as daemon:
        met = natscope("check", "--policy", str(policy), "--socket", daemon.socket, "--json")
        other = "relayed" if path == "direct" else "direct"
        policy.write_text(expected.replace(f'"{path}"', f'"{other}"'), encoding="utf-8")
        unmet = natscope("check", "--policy", str(policy), "--socket", daemon.socket)
    assert met.code == 0, met.out + met.err
    assert json.loads(met.out)["expectations"][0]["seen"] == [path]
    assert unmet.code == 1, unmet.out + unmet.err
    assert " ".join(unmet.out.split()).count(f"✗ peers.db-1.path {path} expected: {other}") == 1


def test_a_peer_that_the_mesh_does_not_have_and_this_computer_are_inconclusive(
    natscope: Runner, policy: Path, tmp_path: Path
) -> None:
    policy.write_text('[run]\nretries = 0\n[expect]\npeers.nobody.path = "direct"\npeers.laptop.path = "direct"\n')
    with serving(StandInMesh(peers=(StandInPeer("db-1", "100.64.0.7"),)), tmp_path) as daemon:
        result = natscope("check", "--policy", str(policy), "--socket", daemon.socket)
    assert result.code == 3, result.out + result.err
    words = " ".join(result.out.split())
    assert "? peers.nobody.path" in words
    assert "it is this computer" in words


def test_a_first_policy_expects_the_paths_of_the_peers_that_are_named(
    natscope: Runner, healthy_map: str, tmp_path: Path
) -> None:
    target = tmp_path / "first.toml"
    near = StandInPeer("db-1", "100.64.0.7", direct="203.0.113.9:41641", direct_after=0)
    arguments = ("--derp-map", healthy_map, *QUICK, "--only", "relay_stun", "--peer", "db-1", "--peer", "nobody")
    with serving(StandInMesh(peers=(near,)), tmp_path) as daemon:
        result = natscope("check", "--init", *arguments, "--socket", daemon.socket, "-o", str(target))
    assert result.code == 0, result.err
    assert 'peers.db-1.path = "direct"' in target.read_text(encoding="utf-8")
    assert "nobody is left out" in result.err


@pytest.mark.parametrize("name", ["junit", "github", "md", "text"])
def test_every_form_goes_to_a_file(natscope: Runner, healthy_map: str, policy: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "out"
    arguments = ("--derp-map", healthy_map, *QUICK, "--only", "relay_stun", "--format", name, "-o", str(target))
    result = natscope("check", "--policy", str(policy), *arguments)
    assert (result.code, result.out) == (0, ""), result.err
    assert "1 expectations" in target.read_text(encoding="utf-8") or "testsuite" in target.read_text(encoding="utf-8")


def test_one_finding_again(natscope: Runner, healthy_map: str, relay_map: str, tmp_path: Path) -> None:
    gone = natscope("check", "ns-udp-01", "--derp-map", healthy_map, *QUICK)
    assert gone.code == 0, gone.err
    assert gone.out.startswith("✓ NS-UDP-01 is not there.")
    quiet = natscope("check", "ns-udp-01", "--derp-map", healthy_map, *QUICK, "-q")
    assert (quiet.code, quiet.out) == (0, "✓ NS-UDP-01 is not there.\n")
    before = str(tmp_path / "before.json")
    assert natscope("netcheck", "--derp-map", relay_map, *QUICK, "--json", "-o", before).code in (0, 1)
    there = natscope("check", "NS-REL-15", "--report", before, "--derp-map", relay_map, *QUICK)
    assert there.code == 1, there.out
    assert there.out.startswith("✗ NS-REL-15 is still there.\n  Measured again: ")
    assert "What speaks for it" in there.out


def test_a_finding_that_another_one_hides_says_so() -> None:
    report = load("captive-portal")
    found = Rechecked(why(report, "NS-UDP-01"), report, None, ("relay_stun",), True, False, "NS-ENV-06 explains it")
    lines = check_flow._told(found, "NS-UDP-01", Pen(80, ascii_only=False, colour=False), 0)
    assert lines[:3] == [
        "? Whether NS-UDP-01 is there is not known.",
        "  NS-ENV-06 explains it.",
        "  Measured again: relay_stun.",
    ]
    assert "Its grounds hold, but NS-ENV-06 explains them" in "\n".join(lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to check"),
        (("NS-UDP-01", "--init"), "ID and --init do not go together"),
        (("--init", "--json"), "go with --policy"),
        (("NS-UDP-01", "--peer", "x"), "--peer goes with --init"),
        (("--init", "--report", "x"), "--report goes with the id"),
        (("NS-UDP-99",), "no cause"),
        (("NS-CTL-01",), "takes both sides"),
        (("rel-21",), "natscope derp check looks for it"),
        (("--replay", __file__), "not a kept result"),
        (("--replay", "none.json"), "no such file"),
        (("--policy", "none.toml"), "no such file"),
        (("--policy", "none.toml", "--format", "html"), 'no output format "html"'),
    ],
)
def test_a_mistake_is_one_line(natscope: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = natscope("check", *arguments)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert words in result.err
