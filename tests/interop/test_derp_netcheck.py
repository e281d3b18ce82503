"""A real `tailscale netcheck` measures our relay: by STUN beside a derper, and by HTTPS where only TCP passes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.interop import peers
from tests.interop.local_api import local_api
from tests.interop.netcheck_lab import NetcheckLab, RelayHost, write_certificate
from tests.interop.test_netcheck_tailscale import clean_environment
from tests.kernel.namespaces import bed

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

OURS, DERPER = "900", "901"
ONLY_TCP = """
table inet only_tcp {
  chain forward { type filter hook forward priority 0
    meta l4proto { icmp, icmpv6 } drop
  }
}
"""
"""Beside the lab's own rule against UDP: upstream would measure by echo requests."""


def start_ours(lab: NetcheckLab, host: RelayHost) -> subprocess.Popen[bytes]:
    """With the command line that derper gets there."""
    folder = lab.folder / host.name
    if host.number not in lab.pins:
        lab.pins[host.number] = write_certificate(folder, host.name)
    return lab.start(
        host, "relay ready",
        [sys.executable, "-m", "natscope", "derp", "serve", "-c", str(folder / "relay.key"), "-a", ":443",
         "-http-port", "80", "-certmode", "manual", "-certdir", str(folder), "-hostname", host.name],
    )  # fmt: skip


@pytest.fixture(scope="module", params=["public", "no-udp"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What tailscale says in that network, with the network's kind."""
    for program in ("tailscale", "derper", "nft", "ip", "unshare", "nsenter"):
        peers.require(program)
    folder = tmp_path_factory.mktemp("netcheck")
    with bed() as made:
        lab = NetcheckLab(made, folder, request.param)
        start_ours(lab, lab.add_host())
        if request.param == "public":
            lab.start_derper(lab.add_host())
        else:
            lab.router.nft(ONLY_TCP)
        relay_map = lab.relay_map()
        for region in relay_map["Regions"].values():
            region["Nodes"][0]["CanPort80"] = True
        with local_api(folder / "local.sock", relay_map) as socket:
            done = lab.bed.start(
                lab.client, peers.require("tailscale"), f"--socket={socket}", "netcheck", "--format=json",
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(folder),
            )  # fmt: skip
            text, errors = done.communicate(timeout=30)
        assert done.returncode == 0, errors
        yield json.loads(text) | {"kind": request.param}


def test_relays_are_measured(report: dict[str, Any]) -> None:
    assert report["RegionLatency"].keys() == ({OURS, DERPER} if report["kind"] == "public" else {OURS})
    assert str(report["PreferredDERP"]) in report["RegionLatency"]
    assert report["UDP"] is (report["kind"] == "public")
    assert report["ICMPv4"] is False


def test_stun_of_both_families_shows_the_address_that_derpers_shows(report: dict[str, Any]) -> None:
    if report["kind"] == "public":
        assert report["RegionV4Latency"].keys() == report["RegionV6Latency"].keys() == {OURS, DERPER}
        assert len(report["GlobalV4Counters"]) == len(report["GlobalV6Counters"]) == 1
        assert report["MappingVariesByDestIP"] is False


def test_port_80_is_no_login_page(report: dict[str, Any]) -> None:
    """Asked only where UDP gets nothing, and there our relay is the only one."""
    assert report["CaptivePortal"] is (None if report["kind"] == "public" else False)
