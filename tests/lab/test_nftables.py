"""Rules that the kernel takes, and what they do: judged by the kernel itself, in a namespace."""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Iterator

import pytest

from natscope.lab.kernel import nftables
from natscope.lab.kernel.bed import Running
from natscope.lab.scenario import KernelNat
from tests.interop import peers
from tests.lab.kernel_lab import lab_of

pytestmark = pytest.mark.kernel

ALL = {
    "masquerade": nftables.kernel_router(KernelNat.MASQUERADE, ipv6_firewall=False),
    "fully-random": nftables.kernel_router(KernelNat.FULLY_RANDOM, ipv6_firewall=True),
    "web redirect": nftables.web_redirect(),
    "keeps own": nftables.keeps_own([ipaddress.ip_address("203.0.113.10"), ipaddress.ip_address("203.0.113.11")]),
    "silent ports": nftables.silent_ports([("udp", 3478), ("tcp", 443)]),
    "cut": nftables.cut("lan"),
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    with lab_of('[sites.home]\n[hosts.alice]\nat = "home"\n[hosts.bob]\n[relays.near]\n') as running:
        yield running


def load(lab: Running, where: str, rules: str) -> subprocess.CompletedProcess[str]:
    return lab.exec(where, ["nft", "-f", "-"], text=rules)


@pytest.mark.parametrize("name", ALL)
def test_the_kernel_takes_them(lab: Running, name: str) -> None:
    """Without loading them: `-c`."""
    done = lab.exec("home", ["nft", "-c", "-f", "-"], text=ALL[name])
    assert done.returncode == 0, done.stderr


def test_no_ports_are_no_rules() -> None:
    assert nftables.silent_ports([]) == ""


def test_a_cut_device_hears_nothing_until_it_is_mended(lab: Running) -> None:
    def pings() -> bool:
        return lab.exec("bob", [peers.require("ping"), "-c", "1", "-W", "1", "203.0.113.53"]).returncode == 0

    assert pings()
    assert load(lab, "bob", nftables.cut("eth0")).returncode == 0
    assert not pings()
    assert load(lab, "bob", nftables.mended("eth0")).returncode == 0
    assert pings()


def test_a_silent_port_does_not_even_refuse(lab: Running) -> None:
    """A closed port refuses at once; a silent one lets `curl` wait for its limit."""

    def code() -> int:
        return lab.exec("bob", [peers.require("curl"), "-s", "-m", "1", "http://192.0.2.101:8080/"]).returncode

    assert code() == 7
    assert load(lab, "near", nftables.silent_ports([("tcp", 8080)])).returncode == 0
    assert code() == 28
