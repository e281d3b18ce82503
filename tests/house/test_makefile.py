"""The Makefile names the Debian package of what is missing, before it makes anything."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="make is missing: apt install make")


def command(folder: Path, name: str, script: str) -> None:
    """A program of that name, in sh."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def make_venv(tmp_path: Path, *commands: tuple[str, str]) -> tuple[int, str]:
    """`make venv` where nothing but `commands` can be found; its exit code and what it said on standard error."""
    for name, script in commands:
        command(tmp_path / "bin", name, script)
    (tmp_path / "bin").mkdir(exist_ok=True)
    assert MAKE is not None
    done = subprocess.run(
        [MAKE, "--no-print-directory", "-C", str(ROOT), "venv", f"VENV={tmp_path / 'venv'}", "PYTHON=python3"],
        env={"PATH": str(tmp_path / "bin"), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not (tmp_path / "venv").exists()
    return done.returncode, done.stderr.splitlines()[0]


PYTHON = ("python3", "exit 0")
GIT = ("git", "exit 0")


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ((GIT,), "python3 is missing: apt install python3"),
        ((PYTHON,), "git is missing: apt install git"),
        (
            (GIT, ("python3", 'case "$*" in *ensurepip*) exit 1;; esac')),
            "venv is missing: apt install python3-venv",
        ),
        (
            (GIT, ("python3", 'case "$*" in *version_info*) exit 1;; esac')),
            "Python 3.11 or later is needed: make venv PYTHON=python3.11",
        ),
    ],
    ids=["python3", "git", "python3-venv", "version"],
)
def test_what_is_missing_is_named(commands: tuple[tuple[str, str], ...], words: str, tmp_path: Path) -> None:
    assert make_venv(tmp_path, *commands) == (2, words)


def test_a_machine_that_has_everything_gets_further(tmp_path: Path) -> None:
    """The complaint is the next step's: the lines above are not said to everyone."""
    failing = ("python3", 'case "$*" in "-m venv"*) echo "reached venv" >&2; exit 1;; esac')
    assert make_venv(tmp_path, GIT, ("echo", "exit 0"), failing) == (2, "reached venv")
