"""Same seed, same trace in every process; and the comparison would notice if it were not so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from natscope.sim.rng import SimRng
from tests.house.tree import ROOT
from tests.sim import story
from tests.sim.conftest import SEEDS_VARIABLE, chosen_seeds, replay_command


def told_in_a_process(seed: int, hash_seed: str, *mischief: str) -> str:
    """Digest and number of entries, from a process of its own."""
    command = [sys.executable, "-m", "tests.sim.story", str(seed), *mischief]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_seed_is_one_story_in_every_process() -> None:
    first, second, third = (told_in_a_process(1, hash_seed) for hash_seed in ("0", "1", "random"))
    assert first == second == third
    trace = story.tell(1)
    assert first == f"{trace.digest()} {sum(trace.counts.values())}\n"


def test_another_seed_is_another_story(seed: int) -> None:
    assert story.tell(seed).digest() != story.tell(seed + 1).digest()


@pytest.mark.parametrize("mischief", [story.SET, story.CHANCE])
def test_disorder_is_caught(mischief: str) -> None:
    """The order of a set of names, and chance without a seed: each makes the traces of two processes differ."""
    first, second = (told_in_a_process(1, hash_seed, mischief) for hash_seed in ("0", "1"))
    assert first != second


def test_the_story_is_full_of_events() -> None:
    """What is compared must contain what could differ."""
    counts = story.tell(1).counts
    for kind in ("sent", "received", "lost", "link down", "no route"):
        assert counts.get(kind, 0) > 0, counts


def test_one_more_host_changes_nothing_for_the_others() -> None:
    assert SimRng(1, "alice").bytes(8) == SimRng(1, "alice").bytes(8)
    assert SimRng(1, "alice").bytes(8) != SimRng(1, "bob").bytes(8)
    assert SimRng(1, "alice").bytes(8) != SimRng(2, "alice").bytes(8)


def test_a_failing_seed_prints_how_to_see_it_again() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/sim/failing_seed.py"]
    environment = os.environ | {SEEDS_VARIABLE: "16:19"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert "1 failed, 2 passed" in done.stdout
    assert f"{SEEDS_VARIABLE}=17 python -m pytest 'tests/sim/failing_seed.py::test_seed[17]'" in done.stdout


def test_the_command_names_one_seed() -> None:
    assert replay_command("a.py::test[17-x]", 17) == f"{SEEDS_VARIABLE}=17 python -m pytest 'a.py::test[17-x]'"
    assert list(chosen_seeds("17")) == [17]
    assert list(chosen_seeds("100:103")) == [100, 101, 102]
    assert len(chosen_seeds(None)) > 1
