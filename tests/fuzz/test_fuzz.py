"""The fuzzer itself: it finds what is planted, repeats itself, and known troublemakers do nothing any more."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from natscope.machines.derp import greeting
from natscope.machines.derp.registry import Registry
from tests.fuzz.engine import attempt, fuzz
from tests.fuzz.mutate import MAX_BYTES, mutated
from tests.fuzz.program import Op, pack, unpack
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS
from tests.house.tree import ROOT

KNOWN = sorted((ROOT / "fixtures/hostile/relay").glob("*.bin"))


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_inputs_of_each_target(name: str) -> None:
    run = fuzz(TARGETS[name], seed=1, rounds=60)
    assert run.finding is None
    assert run.rounds == 60


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.stem)
def test_known_troublemakers(path: Path) -> None:
    finding = attempt(TARGETS[path.stem.partition("-")[0]], 0, path.read_bytes(), set())
    assert finding is None


def test_there_are_troublemakers_of_several_targets() -> None:
    assert len({path.stem.partition("-")[0] for path in KNOWN}) >= 4


def fails_on_a_long_length(data: bytes) -> int:
    if len(data) > 4 and data[:2] == b"AB" and int.from_bytes(data[2:4], "big") > len(data):
        raise IndexError("beyond the end")
    return len(data) // 8


def test_a_planted_fault_is_found_and_found_again() -> None:
    target = Target("planted", fails_on_a_long_length, lambda: [b"AB\0\2xy", b"something else"])
    runs = [fuzz(target, seed=3, rounds=5000) for _ in range(2)]
    finding = runs[0].finding
    assert finding is not None
    assert "IndexError: beyond the end" in finding.words
    assert runs[0] == runs[1]
    assert attempt(target, 0, finding.data, set()) is not None


def test_a_finding_is_kept(tmp_path: Path) -> None:
    finding = attempt(Target("planted", fails_on_a_long_length, list), 0, b"AB\xff\xff?", set())
    assert finding is not None
    assert finding.save(tmp_path / "new").read_bytes() == b"AB\xff\xff?"


def spends_time(data: bytes) -> int:
    return sum(number * number for number in range(10_000_000 if data else 1))


def test_an_input_that_takes_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.engine.CPU_LIMIT_S", 0.01)
    assert attempt(Target("planted", spends_time, list), 0, b"", set()) is None
    finding = attempt(Target("planted", spends_time, list), 0, b"x", set())
    assert finding is not None
    assert "of processor time" in finding.words


def planted_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that leaves stays the active one of its key."""
    right = Registry.remove

    def wrong(self: Registry, client: object) -> bool:
        active = dict(self.active)
        result = right(self, client)  # type: ignore[arg-type]
        self.active.update({key: found for key, found in active.items() if key in self.active})
        return result

    monkeypatch.setattr(Registry, "remove", wrong)


def planted_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stranger sends before it is let in is not counted."""

    def wrong(relay: object, client: object, data: bytes) -> None:
        client.held += data  # type: ignore[attr-defined]

    monkeypatch.setattr(greeting, "_keep", wrong)


@pytest.mark.parametrize("plant", [planted_twins, planted_hold])
def test_a_fault_in_the_relay_is_found(monkeypatch: pytest.MonkeyPatch, plant: object) -> None:
    plant(monkeypatch)  # type: ignore[operator]
    run = fuzz(TARGETS["derp_session"], seed=5, rounds=400)
    assert run.finding is not None


def test_any_bytes_are_a_program() -> None:
    rng = random.Random(1)
    assert list(unpack(pack([Op(1, 2, b"abc"), Op(3)]))) == [Op(1, 2, b"abc"), Op(3)]
    for _ in range(200):
        program = rng.randbytes(rng.randrange(300))
        assert all(len(op.data) < 65_536 for op in unpack(program))


def test_inputs_stay_short() -> None:
    rng, data = random.Random(1), b"x"
    for _ in range(300):
        data = mutated(rng, data, [data, b"y" * 5000])
        assert len(data) <= MAX_BYTES


def test_the_command(tmp_path: Path) -> None:
    words = ["stun_message", "derp_frame", "--seconds", "0.2", "--jobs", "2", "--seed", "1", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(line.partition(":")[0] for line in done.stdout.splitlines()) == ["derp_frame", "stun_message"]
    path = tmp_path / "x"
    path.write_bytes(b"\0")
    again = [sys.executable, "-m", "tests.fuzz", "derp_frame", "--replay", str(path)]
    assert subprocess.run(again, cwd=ROOT, capture_output=True, text=True, timeout=60).stdout == "nothing found\n"
