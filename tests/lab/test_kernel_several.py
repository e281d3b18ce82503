"""Several labs of one user at once: none disturbs another, and what killed ones leave is removed all the same."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from natscope.errors import NatscopeError
from natscope.lab.kernel import leftovers
from natscope.lab.kernel.bed import Running, open_bed, standing
from natscope.lab.scenario_values import read_scenario
from tests.lab.kernel_lab import require_lab

pytestmark = pytest.mark.kernel

SMALL = 'title = "Small"\n[sites.home]\n[hosts.alice]\nat = "home"\n'
RUN = f"""
import sys
from natscope.lab.kernel.bed import standing
from natscope.lab.scenario_values import read_scenario
with standing(read_scenario("small", {SMALL!r})) as lab:
    print(lab.folder, flush=True)
    sys.stdin.read()
"""
AT_ONCE = 4


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of labs; whatever happens, none is left up."""
    require_lab()
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield tmp_path / "natscope" / "labs"
    open_bed().down()


def is_well(lab: Running) -> bool:
    return lab.exec("alice", ["cat", "/etc/resolv.conf"]).stdout == "nameserver 203.0.113.53\n"


def test_labs_of_threads_stand_beside_one_that_comes_and_goes(labs: Path) -> None:
    scenario, bed = read_scenario("small", SMALL), open_bed()

    def one(_number: int) -> tuple[bool, bool]:
        with standing(scenario) as lab:
            before = is_well(lab)
            with contextlib.suppress(NatscopeError):  # another thread's is up, or it took ours down
                bed.up(scenario)
            bed.down()
            return before, is_well(lab)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(one, range(2 * AT_ONCE))) == [(True, True)] * 2 * AT_ONCE
    bed.down()
    assert [path.name for path in labs.iterdir()] == ["lock"]


def test_a_matrix_that_is_ended_ends_its_labs(labs: Path, tmp_path: Path) -> None:
    """By SIGTERM as by Ctrl-C: one line, at once, nothing left."""
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    argv = [sys.executable, "-m", "natscope", "lab", "matrix", "--jobs", "3", *[str(file)] * 9]
    running = subprocess.Popen(argv, stdout=-1, stderr=-1, text=True)
    deadline = time.monotonic() + 30
    while not list(labs.glob("run-*/state.json")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert [path.name for path in labs.iterdir()] == ["lock"]


def test_what_a_killed_one_leaves_is_swept_and_the_living_are_not(labs: Path) -> None:
    asking = [subprocess.Popen([sys.executable, "-c", RUN], stdin=-1, stdout=-1) for _ in range(2)]
    folders = [Path(os.fsdecode(p.stdout.readline().strip())) for p in asking if p.stdout is not None]
    states = [Running(folder) for folder in folders]
    asking[0].kill()
    asking[0].communicate()
    with standing(read_scenario("small", SMALL)):
        pass
    assert not folders[0].exists()
    assert leftovers.started(states[0].state.first) is None
    assert is_well(states[1])
    asking[1].send_signal(signal.SIGINT)
    asking[1].communicate()
    assert [path.name for path in labs.iterdir()] == ["lock"]
