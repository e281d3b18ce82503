"""Who is alive, who is left over, and that nothing else is ended: with plain processes, no namespaces."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from natscope.errors import CannotMeasure, UserError
from natscope.lab.kernel import leftovers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="labs of namespaces are Linux'")

SLEEP = "import sys; print('here', flush=True); sys.stdin.read()"
SLOW_TO_WRITE_ITSELF_DOWN = (
    "import os, pathlib, sys, time; from natscope.lab.kernel import leftovers; time.sleep(0.3);"
    "leftovers.record_process(pathlib.Path(sys.argv[1]), os.getpid()); print('here', flush=True); sys.stdin.read()"
)
Starter = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts Python with what it runs, the lock that it keeps, and arguments."""
    running: list[subprocess.Popen[bytes]] = []

    def started(code: str, lock: int | None = None, *arguments: str, wait: bool = True) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdin=-1, stdout=-1, pass_fds=() if lock is None else (lock,)
        )
        running.append(process)
        if wait:
            assert process.stdout is not None
            assert process.stdout.readline() == b"here\n"
        return process

    yield started
    for process in running:
        process.kill()
        process.communicate()


def lab(folder: Path, start: Starter, code: str = SLEEP, *arguments: str, wait: bool = True) -> subprocess.Popen[bytes]:
    """A folder that is locked by one process and by nobody else."""
    lock = leftovers.reserve(folder)
    process = start(code, lock, *arguments, wait=wait)
    os.close(lock)
    return process


def test_alive_as_long_as_somebody_keeps_the_lock(tmp_path: Path, start: Starter) -> None:
    process = lab(tmp_path / "lab", start)
    assert leftovers.is_locked(tmp_path / "lab")
    assert leftovers.is_held(tmp_path / "lab")
    process.kill()
    process.wait()
    assert not leftovers.is_locked(tmp_path / "lab")
    assert not leftovers.is_held(tmp_path / "lab")
    assert not leftovers.is_locked(tmp_path / "no lab at all")


def test_known_to_be_gone_although_others_still_end(tmp_path: Path, start: Starter) -> None:
    lab(tmp_path / "lab", start)
    first = start(SLEEP)
    leftovers.record_process(tmp_path / "lab" / leftovers.FIRST, first.pid)
    assert leftovers.is_held(tmp_path / "lab")
    first.kill()
    first.wait()
    assert not leftovers.is_held(tmp_path / "lab")


def test_end_kills_who_is_written_down_and_removes_the_folder(tmp_path: Path, start: Starter) -> None:
    process = lab(tmp_path / "lab", start)
    leftovers.record_process(tmp_path / "lab" / leftovers.HOLDER, process.pid)
    ended = leftovers.end(tmp_path / "lab")
    assert ended == leftovers.Ended(1, tmp_path / "lab")
    assert process.wait(5) == -9
    assert not (tmp_path / "lab").exists()
    assert leftovers.end(tmp_path / "lab") is None


def test_end_waits_for_a_holder_that_is_only_just_starting(tmp_path: Path, start: Starter) -> None:
    where = tmp_path / "lab" / leftovers.HOLDER
    process = lab(tmp_path / "lab", start, SLOW_TO_WRITE_ITSELF_DOWN, str(where), wait=False)
    assert leftovers.end(tmp_path / "lab") == leftovers.Ended(1, tmp_path / "lab")
    assert process.wait(5) == -9


def test_a_later_process_with_the_same_number_is_left_alone(tmp_path: Path, start: Starter) -> None:
    (tmp_path / "lab").mkdir()
    other = start(SLEEP)
    record = leftovers.ProcessRecord(
        pid=other.pid, started=1, boot=leftovers.boot_id(), space=leftovers.process_space()
    )
    (tmp_path / "lab" / leftovers.HOLDER).write_bytes(msgspec.json.encode(record))
    assert leftovers.end(tmp_path / "lab") == leftovers.Ended(0, tmp_path / "lab")
    assert other.poll() is None


def test_a_lab_of_another_container_is_left_alone(
    tmp_path: Path, start: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers mean other processes here; the lock tells that it is alive."""
    process = lab(tmp_path / "lab", start)
    other = leftovers.ProcessRecord(pid=process.pid, started=1, boot=leftovers.boot_id(), space="pid:[1]")
    (tmp_path / "lab" / leftovers.HOLDER).write_bytes(msgspec.json.encode(other))
    assert leftovers.is_held(tmp_path / "lab")
    with pytest.raises(CannotMeasure, match="in another container"):
        leftovers.end(tmp_path / "lab")
    assert process.poll() is None


def test_something_that_does_not_end_is_said(tmp_path: Path, start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "END_LIMIT_S", 0.05)
    lab(tmp_path / "lab", start)
    with pytest.raises(CannotMeasure, match="do not end"):
        leftovers.end(tmp_path / "lab")


def test_the_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert leftovers.runtime_folder() == tmp_path / f"natscope-{os.geteuid()}" / "labs"
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "own"))
    assert leftovers.runtime_folder() == tmp_path / "own" / "natscope" / "labs"
    assert (tmp_path / "own" / "natscope").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_somebody_put_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "natscope").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="belongs to somebody else"):
        leftovers.runtime_folder()
