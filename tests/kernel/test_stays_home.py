"""The demo and a netcheck against loopback send nothing to any other interface, with a way out in front of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.kernel.test_sealed import run_sealed

pytestmark = pytest.mark.kernel

ALL = """
import subprocess, sys
from pathlib import Path
from natscope.lab.demo import clean_environment, natscope
from tests.lab.loopback_process import relays
folder = Path(sys.argv[1])
environment = clean_environment(folder)
with relays(folder / "map.json", environment):
    code, text = natscope([*sys.argv[2:], "--derp-map", str(folder / "map.json")], environment)
    print(text)
sys.exit(code)
"""


def test_the_demo_stays_home() -> None:
    done = run_sealed(sys.executable, "-m", "natscope.lab.demo")
    assert done.returncode == 0, done.stderr
    assert "Direct: " in done.stdout


@pytest.mark.parametrize("flags", [["--icmp", "--https"], ["--profile", "full"], ["--gentle", "-4"]])
def test_a_netcheck_of_loopback_relays_stays_home(tmp_path: Path, flags: list[str]) -> None:
    done = run_sealed(sys.executable, "-c", ALL, str(tmp_path), "netcheck", "--json", *flags)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["udp"] == "yes"
