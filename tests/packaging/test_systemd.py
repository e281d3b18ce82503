"""The systemd unit: its flags exist, its settings are right for systemd, and the relay lives with what they forbid."""

from __future__ import annotations

import ctypes
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_readme import wrong
from tests.house.tree import ROOT
from tests.interop.peers import require
from tests.relay.served import process

UNIT = ROOT / "packaging" / "systemd" / "natscope-derp.service"
TEXT = UNIT.read_text()
PR_SET_MDWE = 65


def value(name: str) -> str:
    [found] = re.findall(rf"^{name}=(.*)$", TEXT, re.MULTILINE)
    return str(found)


def test_the_command_and_its_flags_exist() -> None:
    words = shlex.split(value("ExecStart"))
    assert words[0].endswith("/natscope")
    assert wrong(["natscope", *words[1:]]) == []
    comments = [line for line in TEXT.splitlines() if line.startswith("#") and "systemctl" not in line]
    flags = re.findall(r"--[a-z-]+", "\n".join(comments))
    assert "--mesh-key-file" in flags
    assert wrong(["natscope", "derp", "serve", *flags]) == []


def test_what_it_promises() -> None:
    assert value("DynamicUser") == "yes"
    assert value("ExecReload") == "/bin/kill -HUP $MAINPID"
    assert value("AmbientCapabilities") == value("CapabilityBoundingSet") == "CAP_NET_BIND_SERVICE"
    assert value("ProtectSystem") == "strict"
    assert value("StateDirectoryMode") == "0700"
    assert value("Type") != "notify" or "NOTIFY_SOCKET" in TEXT


@pytest.fixture
def runnable(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    copy = tmp_path / UNIT.name
    program = Path(sys.executable).with_name("natscope")
    copy.write_text(TEXT.replace(shlex.split(value("ExecStart"))[0], str(program)))
    return copy


@pytest.mark.interop
def test_systemd_finds_nothing_wrong(runnable: Path) -> None:
    program = require("systemd-analyze")
    done = subprocess.run([program, "verify", str(runnable)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.interop
def test_systemd_finds_it_well_locked_up(runnable: Path) -> None:
    program = require("systemd-analyze")
    command = [program, "security", "--offline=true", "--threshold=20", "--no-pager", str(runnable)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-500:]


def test_the_relay_needs_no_memory_that_is_writable_and_executable(tmp_path: Path) -> None:
    """What MemoryDenyWriteExecute forbids, forbidden by the kernel itself."""
    if ctypes.CDLL(None).prctl(PR_SET_MDWE + 1, 0, 0, 0, 0) < 0:  # PR_GET_MDWE
        pytest.skip("the kernel is older than 6.3")
    wrapper = tmp_path / "python"
    wrapper.write_text(
        f"#!{sys.executable}\nimport ctypes, os, sys\n"
        f"assert ctypes.CDLL(None).prctl({PR_SET_MDWE}, 1, 0, 0, 0) == 0\n"
        f"os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])\n"
    )
    wrapper.chmod(0o755)
    words = ("--tls", "self-signed", "--hostname", "127.0.0.1", "--cert-dir", str(tmp_path), "--http", "127.0.0.1:0")
    with process(*words, "--stun", "127.0.0.1:0", "--metrics", "127.0.0.1:0", python=str(wrapper)) as relay:
        assert relay.ready["tls"] == "self-signed"
        assert relay.end() == 0
