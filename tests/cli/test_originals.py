"""What a command reads is never what it writes over, and what was measured is not measured otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from natscope.cli.originals import MEASURING, check_apart, check_keeps, check_measured
from natscope.errors import UserError
from tests.cli.runner import Runner

ROOT = Path(__file__).parents[2]
BLOCKED = ROOT / "fixtures" / "reports" / "udp-blocked.json"


@pytest.fixture
def mine(natscope: Runner) -> Path:
    """A report of the user's in the folder where he stands."""
    path = natscope.home / "work" / "mine.json"
    path.write_bytes(BLOCKED.read_bytes())
    return path


@pytest.mark.parametrize(
    "words",
    [
        ("report", "view", "mine.json", "-o", "mine.json"),
        ("report", "view", "mine.json", "--format", "html", "-o", "./mine.json"),
        ("report", "view", "mine.json", "--why", "NS-UDP-01", "-o", "mine.json"),
        ("report", "redact", "mine.json", "-o", "link.json"),
        ("report", "make", "mine.json", "--json", "-o", "mine.json", "--force"),
        ("bundle", "--report", "mine.json", "-o", "mine.json"),
        ("bundle", "--report", "b.zip", "-o", "b.zip"),
        ("bundle", "--report", "b.zip", "--with-pcap", "mine.json", "-o", "mine.json"),
        ("netcheck", "--derp-map", "mine.json", "-o", "mine.json"),
        ("derp", "check", "--derp-map", "mine.json", "-o", "mine.json"),
        ("check", "--policy", "mine.json", "-o", "mine.json"),
        ("check", "--replay", "mine.json", "-o", "mine.json"),
    ],
)
def test_the_original_stays(natscope: Runner, mine: Path, words: tuple[str, ...]) -> None:
    mine.with_name("link.json").symlink_to(mine)
    with zipfile.ZipFile(mine.with_name("b.zip"), "w") as archive:
        archive.write(mine, "report.json")
    before = {path.name: path.read_bytes() for path in mine.parent.iterdir()}
    done = natscope(*words)
    assert (done.code, done.out) == (2, "")
    assert " is what the " in done.err
    assert done.err.endswith("is made from\n  → name another file with -o\n")
    assert {path.name: path.read_bytes() for path in mine.parent.iterdir()} == before


@pytest.mark.parametrize("command", [("make", "--force"), ("view",), ("redact",)])
def test_what_standard_input_is_redirected_from_stays(natscope: Runner, mine: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    with open(mine, "rb") as source:
        done = subprocess.run(
            [sys.executable, "-m", "natscope", "report", name, "-", "-o", str(mine), *options],
            stdin=source,
            capture_output=True,
            env={**natscope.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            check=False,
        )
    assert done.returncode == 2, done.stderr
    assert b"is made from" in done.stderr
    assert mine.read_bytes() == BLOCKED.read_bytes()


def test_another_file_is_free(mine: Path) -> None:
    other = mine.with_name("other.json")
    other.write_bytes(mine.read_bytes())
    for place in ("", "-", str(other), str(mine.with_name("new.json")), "/dev/null", "/dev/stdout"):
        check_keeps(place, (str(mine), "-", "", "last", "https://map.example/", "\0"), "report")


def test_a_recording_and_the_result_are_two_files(tmp_path: Path) -> None:
    (tmp_path / "run1").mkdir()
    with pytest.raises(UserError, match="is where the recording goes"):
        check_apart(f"{tmp_path}/run1/../run1/run.json", f"{tmp_path}/run1", "run.json")
    check_apart(f"{tmp_path}/run1/result.json", f"{tmp_path}/run1", "run.json")
    check_apart("-", f"{tmp_path}/run1", "run.json")
    check_apart("run.json", "", "run.json")


@pytest.mark.parametrize(
    "words",
    [
        ("netcheck", "--record", "run1", "-o", "run1/run.json"),
        ("report", "make", "--record", "run1", "--json", "-o", "run1/run.json", "--force"),
        ("derp", "check", "--record", "run1", "-o", "run1/derp-check.json"),
    ],
)
def test_a_result_in_place_of_its_recording_is_refused(natscope: Runner, words: tuple[str, ...]) -> None:
    (natscope.home / "work" / "run1").mkdir()
    done = natscope(*words, "--derp-map", "none.json")
    assert (done.code, "is where the recording goes" in done.err) == (2, True), done.err


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("netcheck",), "run.json"),
        (("preflight",), "run.json"),
        (("report", "make"), "run.json"),
        (("derp", "check"), "derp-check.json"),
    ],
)
def test_an_older_recording_stays(natscope: Runner, relay_map: str, words: tuple[str, ...], name: str) -> None:
    held = natscope.home / "work" / "run1" / name
    held.parent.mkdir()
    held.write_text("older")
    done = natscope(*words, "--derp-map", relay_map, "--record", "run1")
    assert (done.code, done.out, held.read_text()) == (2, "", "older")
    assert done.err.startswith("error: there is a recording in run1 already\n  → ")
    assert ("--force replaces it" in done.err) == (words == ("report", "make"))


def test_force_replaces_an_older_recording(natscope: Runner, healthy_map: str) -> None:
    held = natscope.home / "work" / "run1" / "run.json"
    held.parent.mkdir()
    held.write_text("older")
    words = ("--derp-map", healthy_map, "--profile", "quick", "--record", "run1", "--json", "--force")
    assert natscope("report", "make", *words).code == 0
    assert held.read_text(encoding="utf-8").startswith("{")


@pytest.mark.parametrize("spelling", MEASURING.values())
def test_every_option_that_measures_is_told(spelling: str) -> None:
    name = next(name for name, known in MEASURING.items() if known == spelling)
    with pytest.raises(UserError, match=f"{spelling} is for measuring, and run1 was measured already"):
        check_measured({name: True}, "run1")
    check_measured(dict.fromkeys(MEASURING), "run1")


def test_a_switch_that_is_off_is_an_option_too() -> None:
    with pytest.raises(UserError, match="--no-https is for measuring"):
        check_measured({"https": False}, "run1")
    check_measured({"full": False, "only_v4": False, "only_v6": False, "only": ()}, "run1")


def test_a_replay_measures_nothing(natscope: Runner, healthy_map: str) -> None:
    recorded = natscope("netcheck", "--derp-map", healthy_map, "--profile", "quick", "--record", "run1", "-q")
    assert recorded.code == 0, recorded.err
    for option in ("--full", "--https", "--no-icmp", "--offline", "-4"):
        done = natscope("netcheck", "--replay", "run1", option)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"error: {option} is for measuring, and run1 was measured already\n  → leave one out\n"
        if option in ("--full", "--offline"):
            assert natscope("report", "make", "--replay", "run1", option).err == done.err
        if option in ("--offline", "-4"):
            assert natscope("preflight", "--replay", "run1", option).err == done.err
    kept = (natscope.home / "work" / "run1" / "run.json").read_bytes()
    refused = natscope("netcheck", "--replay", "run1", "--json", "-o", "run1/run.json")
    assert (refused.code, "is made from" in refused.err) == (2, True)
    assert (natscope.home / "work" / "run1" / "run.json").read_bytes() == kept
