"""Faults in time in the kernel lab: what befalls whom, when it is over, and what stays. Each lab has its own faults."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from natscope.lab.kernel.bed import Running
from tests.interop import peers
from tests.lab.kernel_lab import lab_of

pytestmark = pytest.mark.kernel

HOME = '[sites.home]\nnat = "port-restricted"\n[hosts.alice]\nat = "home"\n'
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[2])))
s.settimeout(float(sys.argv[3]))
s.sendto(bytes.fromhex("000100002112a442") + bytes(12), (sys.argv[1], 3478))
data = s.recv(2000)
at = data.index(bytes.fromhex("00200008"))
port = int.from_bytes(data[at + 6 : at + 8]) ^ 0x2112
ip = [a ^ b for a, b in zip(data[at + 8 : at + 12], bytes.fromhex("2112a442"))]
print(".".join(map(str, ip)), port)
"""
RELAY, PATIENCE_S = "192.0.2.101", 30.0


@contextmanager
def lab(faults: str, sites: str = HOME) -> Iterator[Running]:
    with lab_of(f"{sites}{faults}[relays.near]\n") as running:
        yield running


def seen(running: Running, host: str = "alice", *, port: int = 5000, wait_s: float = 0.5) -> str:
    """Our address and port as the relay sees them, empty without an answer."""
    return running.exec(host, [sys.executable, "-c", ASK, RELAY, str(port), str(wait_s)]).stdout.strip()


def until(wanted: str, running: Running, host: str = "alice", port: int = 5000) -> None:
    """The relay sees this sooner or later; asked with as little delay as can be, `x` for silence."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := seen(running, host, port=port) or "x") != wanted:
        assert time.monotonic() < deadline, f"{found}, not {wanted}"


@pytest.mark.parametrize("nat", ['nat = "port-restricted"', 'kernel_nat = "masquerade"'])
def test_a_nat_comes_back_with_another_address(nat: str) -> None:
    fault = '[[faults]]\nkind = "nat-reboot"\nat_s = 3\non = "home"\n'
    with lab(fault, f'[sites.home]\n{nat}\n[hosts.alice]\nat = "home"\n') as running:
        until("203.0.113.10 5000", running)
        until("203.0.113.200 5000", running)


def test_a_fault_can_wait_until_somebody_is_measured() -> None:
    waits = '[[faults]]\nkind = "nat-reboot"\nat_s = 2\nmeasuring = true\non = "home"\n'
    comes = '[[faults]]\nkind = "partition"\nat_s = 0.5\nlasts_s = 0.5\non = "near"\n'
    with lab(waits + comes) as running:
        time.sleep(3)
        assert seen(running) == "203.0.113.10 5000", "the other one is over, and this one has not begun"
        until("203.0.113.200 5000", running)


def test_a_nat_behind_a_nat_changes_its_address_there() -> None:
    sites = '[sites.home]\nat = "carrier"\n[sites.carrier]\nlan = "100.64.0.0/24"\n[hosts.alice]\nat = "home"\n'
    with lab('[[faults]]\nkind = "nat-reboot"\nat_s = 1\non = "home"\n', sites) as running:
        deadline = time.monotonic() + PATIENCE_S
        while "100.64.0.253" not in running.exec("home", ["ip", "-4", "address", "show", "dev", "wan"]).stdout:
            assert time.monotonic() < deadline
        until("203.0.113.10 5001", running, port=5001)


def test_a_nat_that_keeps_its_address_forgets_its_mappings() -> None:
    """With random ports the old port could come back by chance one time in 64,000 only."""
    fault = '[[faults]]\nkind = "nat-reboot"\nrenumbered = false\nat_s = 4\non = "home"\n'
    with lab(fault, '[sites.home]\nnat = { ports = "random" }\n[hosts.alice]\nat = "home"\n') as running:
        before = seen(running, wait_s=3)
        assert before == seen(running, wait_s=3)
        deadline = time.monotonic() + PATIENCE_S
        while (after := seen(running)) in ("", before):
            assert time.monotonic() < deadline
        assert after.split()[0] == "203.0.113.10"
        assert after == seen(running, wait_s=3)


@pytest.mark.parametrize("victim", ["alice", "home", "near"])
def test_a_partition_is_silence_that_ends(victim: str) -> None:
    """Nobody is told: addresses and routes stay, and nothing is refused."""
    with lab(f'[[faults]]\nkind = "partition"\nat_s = 3\nlasts_s = 4\non = "{victim}"\n') as running:
        until("203.0.113.10 5000", running)
        until("x", running)
        until("203.0.113.10 5000", running)


def test_a_relay_crashes_and_comes_back() -> None:
    with lab('[[faults]]\nkind = "crash"\nat_s = 3\nlasts_s = 4\non = "near"\n') as running:
        until("203.0.113.10 5000", running)
        until("x", running)
        until("203.0.113.10 5000", running)
        page = running.exec("alice", [peers.require("curl"), "-sS", "-m", "10", "https://near.test/robots.txt"])
        assert page.stdout == "User-agent: *\nDisallow: /\n", page.stderr


def test_the_name_server_fails_for_a_while() -> None:
    with lab('[[faults]]\nkind = "dns"\nmanner = "fail"\nat_s = 3\nlasts_s = 4\n') as running:

        def found() -> bool:
            return bool(re.search(r"192\.0\.2\.101", running.exec("alice", ["getent", "ahostsv4", "near.test"]).stdout))

        for wanted in (True, False, True):
            deadline = time.monotonic() + PATIENCE_S
            while found() is not wanted:
                assert time.monotonic() < deadline
