"""The recorded list of derper's flags is that of the program itself."""

from __future__ import annotations

import subprocess

import pytest

from tests.apps.derper_help import as_lines, flags_of
from tests.house.tree import ROOT
from tests.interop.peers import require

pytestmark = pytest.mark.interop


def test_the_recorded_flags_are_derpers() -> None:
    ended = subprocess.run(
        [require("derper"), "-help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"HOME": "/h", "PATH": "/usr/bin"},
    )
    assert as_lines(flags_of(ended.stderr)) == (ROOT / "fixtures" / "peers" / "derper" / "flags.txt").read_text()
