"""Ports, hairpinning and interrupted lifetimes on real sockets, behind TUN routers and Linux's NAT."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from natscope.lab.kernel.bed import Running
from natscope.model.endpoint import Endpoint
from natscope.model.nat import AddressPooling, PortAllocation
from natscope.netcheck.classify_ports import PortSample, classify_ports
from tests.lab.kernel_lab import lab_of

pytestmark = pytest.mark.kernel

SITES = {
    "cone": 'nat = "port-restricted"',
    "random": 'nat = "cgnat-symmetric"',
    "row": 'nat = "symmetric-sequential"',
    "masquerade": 'kernel_nat = "masquerade"',
    "fully": 'kernel_nat = "fully-random"',
    "behind": 'at = "row"',
    "turning": 'nat = { kind = "port-restricted", hairpin = "external-source" }',
}
ALLOCATIONS = {
    "cone": PortAllocation.PRESERVING,
    "random": PortAllocation.RANDOM,
    "row": PortAllocation.SEQUENTIAL,
    "masquerade": PortAllocation.PRESERVING,
    "fully": PortAllocation.RANDOM,
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    text = "".join(
        f'[sites.{name}]\n{nat}\nlan = "192.168.{number}.0/24"\n[hosts.{name}-host]\nat = "{name}"\n'
        for number, (name, nat) in enumerate(SITES.items(), start=1)
    )
    with lab_of(text, "ports") as running:
        yield running


def command(lab: Running, host: str, *arguments: str) -> list[str]:
    own = [f"XDG_{kind}_HOME={lab.folder / 'home' / host / kind.lower()}" for kind in ("CONFIG", "CACHE", "STATE")]
    natscope = ["env", *own, sys.executable, "-m", "natscope", *arguments, "--json", "--derp-map", str(lab.map_file)]
    return lab.command(host, natscope)


def probed(lab: Running, site: str, probe: str) -> dict[str, Any]:
    done = subprocess.run(
        command(lab, f"{site}-host", "probe", probe, "-4"), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def samples(document: dict[str, Any]) -> list[PortSample]:
    return [
        PortSample(
            o["id"],
            Endpoint.parse(o["socket"]),
            Endpoint.parse(o["target"]),
            Endpoint.parse(o["data"]["mapped"]),
            o["data"]["order"],
            o["sent_ms"],
            o["data"]["turn"],
        )
        for o in document["observations"]
        if "order" in o["data"] and "mapped" in o["data"]
    ]


def test_every_pattern_of_new_ports(lab: Running) -> None:
    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(ALLOCATIONS, pool.map(lambda site: probed(lab, site, "nat_ports"), ALLOCATIONS), strict=True))
    for site, document in told.items():
        verdict = classify_ports(samples(document))
        assert verdict.allocation is ALLOCATIONS[site], site
        assert verdict.pooling is AddressPooling.PAIRED, site
        assert document["packets_sent"] <= 60, site
    assert classify_ports(samples(told["row"])).step == 1


@pytest.mark.parametrize(("site", "came"), [("cone", False), ("turning", True), ("masquerade", False)])
def test_hairpinning(lab: Running, site: str, came: bool) -> None:
    (seen,) = probed(lab, site, "nat_hairpin")["observations"]
    assert (seen["outcome"] == "answered") is came
    assert came or seen["data"]["controls_answered"] > 3
    assert seen["data"]["calls"] <= 12


@pytest.mark.parametrize(("site", "passes"), [("cone", False), ("masquerade", False), ("behind", True)])
def test_who_has_our_own_address(lab: Running, site: str, passes: bool) -> None:
    """Linux too keeps what is sent to its own address, and tells of other packets that end there."""
    (seen,) = probed(lab, site, "nat_own_address")["observations"]
    assert (seen["data"]["expired"], seen["outcome"]) == ((True, "icmp-error") if passes else (False, "no-answer"))
    assert passes or seen["data"]["controls_told"] == seen["data"]["calls"] == 3
    assert seen["data"]["after_answered"] == 1


def test_an_interrupt_shows_what_lived_so_far(lab: Running) -> None:
    with subprocess.Popen(
        command(lab, "cone-host", "netcheck", "--lifetime", "-4"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        time.sleep(14)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    report = json.loads(out)
    assert report["interrupted"]
    assert report["nat"]["v4"]["mapping_lifetime_s"] is None
    assert 4 <= report["nat"]["v4"]["mapping_lifetime_at_least_s"] <= 14
