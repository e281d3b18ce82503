"""Fixtures of the command line: a user with an own home, relays on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import Runner


@pytest.fixture
def natscope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A user who stands in an empty directory."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return Runner(tmp_path)


@pytest.fixture(scope="session")
def relay_map(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The map of three relays on loopback, one of them dead."""
    yield from relays(tmp_path_factory.mktemp("relays"), "--regions", "3", "--dead", "1")


@pytest.fixture(scope="session")
def healthy_map(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The map of two relays on loopback that both answer at once."""
    yield from relays(tmp_path_factory.mktemp("relays"), "--regions", "2")


def relays(folder: Path, *arguments: str) -> Iterator[str]:
    """Embedded relays in a process of their own, which ends with its standard input."""
    path = folder / "map.json"
    command = [sys.executable, "-m", "natscope.lab.loopback", "--latency", "1..5", *arguments, "--map", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "READY\n"
            yield str(path)
        finally:
            process.stdin.close()
            process.wait(timeout=20)
