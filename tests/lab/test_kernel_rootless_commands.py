"""`natscope lab up`, `exec`, `status`, `run` and `down` as an ordinary user, from the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop import peers
from tests.lab.kernel_lab import require_lab
from tests.lab.test_kernel_rootless import AS_NOBODY, NOBODY, SOURCE_ROOTS, usable_python

pytestmark = pytest.mark.kernel

SCENARIO = """
title = "Small"
[sites.home]
nat = "restricted"
[hosts.alice]
at = "home"
[truth.alice]
udp = "yes"
mapping_varies = "no"
"""
COMMANDS = """
trap '$LAB down' EXIT
$LAB up $FILE
$LAB exec alice -- cat /etc/resolv.conf
$LAB exec alice -- id -u
$LAB exec alice -- ping -c 1 -W 5 192.0.2.101 >/dev/null && echo pinged
$LAB status
$LAB run $FILE
"""


def test_a_lab_from_the_command_line(tmp_path: Path) -> None:
    require_lab()
    peers.require("ping")
    as_user = [peers.require("unshare"), "-m", "sh", "-ec", AS_NOBODY, "sh"] if os.geteuid() == 0 else []
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
    packages = [p for p in sys.path if p.endswith("site-packages")]
    roots = [str(peers.ROOT), *(str(peers.ROOT / p) for p in SOURCE_ROOTS), *packages]
    environment |= {"HOME": "/nonexistent", "PYTHONPATH": os.pathsep.join(roots), "TMPDIR": "/tmp"}
    python = usable_python(environment) if as_user else sys.executable
    own = Path("/tmp", f"natscope-rootless-{os.getpid()}")
    own.mkdir(mode=0o755)
    try:
        file = own / "small.toml"
        file.write_text(SCENARIO)
        if as_user:
            os.chown(own, int(NOBODY), int(NOBODY))
        own.chmod(0o700)
        environment |= {"XDG_RUNTIME_DIR": str(own), "FILE": str(file), "LAB": f"{python} -B -m natscope lab"}
        done = subprocess.run(
            [*as_user, "sh", "-ec", COMMANDS], capture_output=True, text=True, timeout=120, check=False,
            env=environment, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        assert lines[:3] == ["nameserver 203.0.113.53", "0", "pinged"]
        assert "small is up: home, alice, relay1, relay2, relay3, name-server" in lines
        assert any(line.split()[:4] == ["✓", "alice", "udp", "yes"] for line in lines), done.stdout
        assert "small is up; hosts: alice" in done.stderr
        assert "removed: lab up: 2 processes" in done.stderr
        assert [path.name for path in (own / "natscope" / "labs").iterdir()] == ["lock"]
    finally:
        shutil.rmtree(own)
