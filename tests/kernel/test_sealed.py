"""The seal has teeth: it sees a packet of each family that leaves, and a process that stays."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.interop import peers
from tests.kernel import sealed

pytestmark = pytest.mark.kernel

SEND = "import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM).sendto(b'x', ('{target}', 9))"


def run_sealed(*command: str) -> subprocess.CompletedProcess[str]:
    peers.require("unshare")
    peers.require("ip")
    done = subprocess.run(
        [sys.executable, sealed.__file__, "--", *command],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if "unshare:" in done.stderr:
        peers.missing(f"no namespaces here: {done.stderr.strip()}")
    return done


@pytest.mark.parametrize(("family", "target"), [("AF_INET", "198.51.100.7"), ("AF_INET6", "2001:db8::7")])
def test_a_packet_that_leaves_is_seen(family: str, target: str) -> None:
    done = run_sealed(sys.executable, "-c", SEND.format(family=family, target=target))
    assert done.returncode == sealed.LEAK
    assert f"-> {target} port 9" in done.stderr


@pytest.mark.parametrize(("family", "target"), [("AF_INET", "127.0.0.2"), ("AF_INET6", "::1")])
def test_loopback_is_no_leak_and_the_exit_code_is_the_commands(family: str, target: str) -> None:
    done = run_sealed(sys.executable, "-c", SEND.format(family=family, target=target) + "; raise SystemExit(7)")
    assert (done.returncode, done.stderr) == (7, "")


def test_a_process_that_stays_is_seen_and_ended() -> None:
    done = run_sealed("/bin/sh", "-c", "sleep 300 & echo $!")
    assert done.returncode == sealed.LEFT_OVER
    assert "sleep 300" in done.stderr


def test_reports_of_multicast_groups_are_the_kernels_own() -> None:
    report = bytes.fromhex("3333000000160200000000018 6dd".replace(" ", ""))
    head = bytes.fromhex("6000000000240001") + bytes(32)
    assert sealed.describe(report + head + bytes.fromhex("3a00050200000100") + bytes([143]) + bytes(7)) is None
    assert sealed.describe(report + head + bytes.fromhex("1100050200000100") + bytes(8)) is not None
