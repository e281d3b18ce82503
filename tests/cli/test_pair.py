"""`natscope pair`: two reports in every form that is accepted, a node of a mesh, exit codes as ping's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from rich.cells import cell_len

from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.model.pair_report import SCHEMA
from natscope.model.report import SIMULATED
from tests.cli.runner import Runner
from tests.cli.stand_in import serving

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "fixtures" / "reports"
EASY = str(ROOT / "fixtures" / "recordings" / "tailscale-netcheck" / "nat-easy.json")
UPSTREAM = ROOT / "fixtures" / "recordings" / "tailscale-netcheck"
HARDER = str(REPORTS / "ports-in-a-row.json")
HARD, FULL, BLOCKED = (str(REPORTS / f"{name}.json") for name in ("mapping-varies", "full-cone", "udp-blocked"))
STRICT = str(REPORTS / "port-restricted.json")


@pytest.mark.parametrize(("peer", "code", "sign"), [(FULL, 0, "✓"), (BLOCKED, 10, "!"), (HARDER, 3, "?")])
def test_the_answer_and_its_exit_code(natscope: Runner, peer: str, code: int, sign: str) -> None:
    result = natscope("pair", HARD, peer)
    assert result.code == code, result.err
    assert result.out.startswith(f"{sign} mapping-varies ↔ ")
    assert f"exit {code}" in result.out
    assert natscope("pair", HARD, peer, "-q").out.startswith(f"{sign} mapping-varies ↔ ")


def test_every_way_has_its_reason(natscope: Runner) -> None:
    out = natscope("pair", HARD, FULL).out
    assert "  Public port       another for each peer         same for all peers\n" in out
    assert "  203.0.113.24:41641        ✓ yes" in out
    assert "mapping-varies has no IPv6 (NS-V6-01)" in out
    assert "Relay fra" in out


def test_ports_of_one_address_are_one_row_and_the_cause_is_on_the_first_screen(
    natscope: Runner, tmp_path: Path
) -> None:
    ran = natscope("lab", "run", "--sim", "pair-symmetric", "--keep", str(tmp_path))
    assert ran.code == 0, ran.err
    lines = natscope("pair", str(tmp_path / "alice.json"), str(tmp_path / "bob.json")).out.splitlines()
    assert "  203.0.113.11, 3 ports     ✗ no       both routers pick a new port for each" in lines
    assert sum("203.0.113.11" in line for line in lines[10:]) == 1
    assert any(line.startswith("✗ Both routers pick") for line in lines[:24])


def test_no_cell_is_empty(natscope: Runner) -> None:
    blurred = natscope("pair", HARD, str(REPORTS / "captive-portal.json")).out
    for out in (natscope("pair", HARD, BLOCKED).out, blurred):
        table = out.partition("  Way ")[0].splitlines()[-7:-1]
        assert [line[20:50].strip() != "" and line[50:].strip() != "" for line in table] == [True] * 6
    assert "not judged" in blurred


def test_old_reports_are_taken_and_said_to_be_old(natscope: Runner) -> None:
    assert "! Old: mapping-varies and full-cone." in natscope("pair", HARD, FULL).out


def test_narrow_and_ascii(natscope: Runner) -> None:
    result = natscope("pair", HARD, FULL, "--ascii", COLUMNS="50")
    assert result.out.isascii()
    assert max(map(cell_len, result.out.splitlines())) <= 52


def test_upstreams_reports_are_explained_too(natscope: Runner) -> None:
    result = natscope("pair", str(UPSTREAM / "nat-hard.json"), str(UPSTREAM / "nat-easy.json"))
    assert result.code == 3
    assert "report by tailscale" in result.out
    shown = natscope("report", str(UPSTREAM / "nat-hard.json"))
    assert shown.out.startswith("! Direct: unlikely")
    assert "NS-NAT-01" in shown.out
    assert "from :" not in shown.out


def test_what_the_mesh_tells_of_the_peer_against_its_report(natscope: Runner, tmp_path: Path) -> None:
    report = json.loads(Path(FULL).read_bytes())
    report["started_at"] = datetime.now(UTC).isoformat()
    (tmp_path / "nas.json").write_text(json.dumps(report))
    old = StandInPeer("nas", "100.64.0.9", endpoints=("192.0.2.99:41641", "192.168.1.20:41641"))
    now = StandInPeer("cam", "100.64.0.5", endpoints=("203.0.113.24:41641", "192.168.1.20:41641"))
    with serving(StandInMesh(peers=(old, now)), tmp_path) as daemon:
        given = (HARD, str(tmp_path / "nas.json"), "--socket", daemon.socket)
        stale = " ".join(natscope("pair", *given, "--node", "nas").out.split())
        fine = natscope("pair", *given, "--node", "cam").out
        aged = natscope("pair", HARD, FULL, "--socket", daemon.socket, "--node", "nas").out
        itself = natscope("pair", *given, "--node", "laptop")
        alone = natscope("pair", HARD, "nas", "--socket", daemon.socket, "--node", "nas")
    assert (
        "The mesh tells 192.0.2.99 of nas, which is not its public address any more: relays see 203.0.113.24." in stale
    )
    assert "likely · NS-CTL-02" in stale
    assert "NS-CTL-02" not in fine + aged
    assert (itself.code, alone.code) == (2, 2)
    assert "--node goes with the reports of both" in alone.err


def test_for_a_program(natscope: Runner) -> None:
    told = json.loads(natscope("pair", HARD, "-", "--json", stdin=Path(FULL).read_bytes()).out)
    assert told["schema"] == SCHEMA
    jsonschema.Draft202012Validator(json.loads(natscope("schema", "pair").out)).validate(told)
    assert told["prediction"]["path"] == "direct"
    assert {"via", "probability", "relay", "candidates"} <= set(told["prediction"])
    assert {"result", "reason"} <= set(told["prediction"]["candidates"][0])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((HARD, "none.json"), 2, "no such file"),
        (("-", "-"), 2, "standard input"),
        ((HARD, HARD), 2, "are one and the same run"),
        ((EASY, EASY), 2, "are one and the same run"),
        ((HARD, "nas"), 3, "tailscaled"),
        ((HARD, str(ROOT / "pyproject.toml")), 2, "not whole JSON"),
        ((str(REPORTS), FULL), 2, "cannot read"),
        ((HARD, FULL, "--why", "NS-X-1"), 2, "no cause"),
        ((HARD, FULL, "--why", "NS-REL-05"), 2, "NS-REL-05 is about a relay: a netcheck cannot tell"),
        ((HARD, FULL, "--why", "NS-MAP-02"), 2, "NS-MAP-02 is about one side alone"),
        ((HARD, FULL, "--why", "NS-NAT-02", "--json"), 2, "--why is text only"),
    ],
)
def test_a_mistake_is_one_line(natscope: Runner, arguments: tuple[str, ...], code: int, words: str) -> None:
    result = natscope("pair", *arguments)
    assert (result.code, result.out) == (code, "")
    assert words in result.err


def test_a_masked_copy_is_the_same_run(natscope: Runner, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.json")
    assert natscope("report", "redact", HARD, "-o", copy).code == 0
    result = natscope("pair", copy, HARD)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {copy} and {HARD} are one and the same run\n")


def test_masks_of_two_reports_are_no_common_address(natscope: Runner, tmp_path: Path) -> None:
    copies = [str(tmp_path / name) for name in ("red.json", "redh.json")]
    for report, copy in zip((HARD, str(REPORTS / "healthy.json")), copies, strict=True):
        assert natscope("report", "redact", report, "-o", copy).code == 0
    result = natscope("pair", *copies)
    said = " ".join(result.out.split())
    assert result.code == 3
    assert "red and redh are masked: addresses of two reports cannot be compared; give both unmasked." in said
    assert "one router for both" not in said
    assert "Relay " not in result.out
    half = " ".join(natscope("pair", HARD, copies[1]).out.split())
    assert " is masked: addresses of two reports cannot be compared" in half
    assert "masked" not in natscope("pair", HARD, FULL).out
    document = json.loads(natscope("pair", *copies, "--json").out)
    assert (document["this"]["masked"], document["peer"]["masked"]) == (True, True)
    assert document["prediction"]["relay"] == ""


def test_a_simulation_has_no_age(natscope: Runner, tmp_path: Path) -> None:
    """Its clock is its own."""
    tree = json.loads(Path(FULL).read_bytes())
    assert "Old: mapping-varies and full-cone." in natscope("pair", HARD, FULL).out
    tree["host"]["os"] = SIMULATED
    made_up = tmp_path / "full-cone.json"
    made_up.write_text(json.dumps(tree), encoding="utf-8")
    assert "Old: mapping-varies. " in natscope("pair", HARD, str(made_up)).out
    assert json.loads(natscope("pair", HARD, str(made_up), "--json").out)["peer"]["age_s"] is None


@pytest.mark.parametrize(
    ("network", "code", "varies"),
    [(None, 3, "unknown"), ({"MappingVariesByDestIP": False}, 0, "no"), ({"MappingVariesByDestIP": True}, 3, "yes")],
)
def test_a_node_of_the_mesh_is_taken_as_the_mesh_tells(
    natscope: Runner, tmp_path: Path, network: dict[str, bool] | None, code: int, varies: str
) -> None:
    """By name and by address; what the mesh does not tell is not known."""
    ends = ("198.51.100.99:41641", "192.168.50.20:41641")
    nas = StandInPeer("nas", "100.64.0.9", relay="ams", endpoints=ends, network=network)
    with serving(StandInMesh(peers=(nas, StandInPeer("cam", "100.64.0.5"))), tmp_path) as daemon:
        result = natscope("pair", STRICT, "nas", "--socket", daemon.socket, "--json")
        by_address = natscope("pair", STRICT, "100.64.0.9", "--socket", daemon.socket, "--json")
    assert result.code == code, result.out + result.err
    told = json.loads(result.out)
    assert (told["this"]["by"], told["peer"]["by"], told["peer"]["name"]) == ("natscope", "mesh", "nas")
    assert (told["peer"]["varies"], told["peer"]["public"], told["peer"]["home"]) == (varies, [ends[0][:-6]], "ams")
    assert told["peer"]["age_s"] is None
    assert told["prediction"]["path"] == ("direct" if code == 0 else "unknown")
    assert json.loads(by_address.out)["prediction"] == told["prediction"]


def test_this_computer_and_a_stranger_are_no_pair(natscope: Runner, tmp_path: Path) -> None:
    with serving(StandInMesh(peers=(StandInPeer("nas", "100.64.0.9"),)), tmp_path) as daemon:
        itself = natscope("pair", FULL, "laptop", "--socket", daemon.socket)
        stranger = natscope("pair", FULL, "nass", "--socket", daemon.socket)
    assert (itself.code, stranger.code) == (2, 2)
    assert "laptop is this computer itself" in itself.err
    assert "Did you mean nas?" in stranger.err


def test_why_goes_down_to_the_packets_of_both(natscope: Runner) -> None:
    result = natscope("pair", HARD, str(REPORTS / "port-restricted.json"), "--why", "nat-02")
    assert result.code == 0, result.err
    assert result.out.startswith("NS-NAT-02  mapping-varies's router picks a new port for each peer")
    assert "Found: likely." in result.out
    assert "    o1      stun.binding · 198.51.100.2:3478" in result.out
    assert "    peer:o1 stun.binding · 198.51.100.3:3478" in result.out
    other = natscope("pair", HARD, FULL, "--why", "LAN-01").out
    assert "Not found" in other
