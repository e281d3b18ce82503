"""Tools that others wrote name each NAT of the kernel lab as its parameters say.

What they cannot tell: stun-client names no filtering of symmetric NATs and has one word for the mapping of all of them;
pystun3 tests the mapping only where the filter lets nothing through, so its words are compared for kinds that have a
name in RFC 3489.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from natscope.lab.kernel.bed import Running
from tests.interop import peers
from tests.interop.local_api import local_api
from tests.lab.kernel_lab import every_router, lab_of

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

SERVER = "198.51.100.10"
STUN_CLIENT = {
    "full-cone": "Independent Mapping, Independent Filter, preserves ports, no hairpin",
    "restricted": "Independent Mapping, Address Dependent Filter, preserves ports, no hairpin",
    "port-restricted": "Independent Mapping, Port Dependent Filter, preserves ports, no hairpin",
    "symmetric-random": "Dependent Mapping, random port, no hairpin",
    "masquerade": "Independent Mapping, Port Dependent Filter, preserves ports, no hairpin",
    "fully-random": "Dependent Mapping, random port, no hairpin",
    "wall": "Firewall",
    "inner": "Independent Mapping, Port Dependent Filter, preserves ports, no hairpin",
    "symmetric-sequential": "Dependent Mapping, random port, no hairpin",
    "symmetric-open": "Dependent Mapping, random port, no hairpin",
    "address-dependent": "Dependent Mapping, random port, no hairpin",
    "voip-helper": "Independent Mapping, Address Dependent Filter, random port, no hairpin",
    "cgnat": "Independent Mapping, Independent Filter, random port, will hairpin",
}
DISCOVERY = {
    "full-cone": ("Endpoint Independent Mapping", "Endpoint Independent Filtering"),
    "restricted": ("Endpoint Independent Mapping", "Address Dependent Filtering"),
    "port-restricted": ("Endpoint Independent Mapping", "Address and Port Dependent Filtering"),
    "symmetric-random": ("Address and Port Dependent Mapping", "Address and Port Dependent Filtering"),
    "masquerade": ("Endpoint Independent Mapping", "Address and Port Dependent Filtering"),
    "fully-random": ("Address and Port Dependent Mapping", "Address and Port Dependent Filtering"),
    "symmetric-sequential": ("Address and Port Dependent Mapping", "Address and Port Dependent Filtering"),
    "symmetric-open": ("Address and Port Dependent Mapping", "Endpoint Independent Filtering"),
    "address-dependent": ("Address Dependent Mapping", "Address Dependent Filtering"),
    "voip-helper": ("Endpoint Independent Mapping", "Address Dependent Filtering"),
    "cgnat": ("Endpoint Independent Mapping", "Endpoint Independent Filtering"),
}
PYSTUN = {
    "full-cone": "Full Cone",
    "restricted": "Restric NAT",
    "port-restricted": "Restric Port NAT",
    "symmetric-random": "Symmetric NAT",
    "symmetric-sequential": "Symmetric NAT",
    "voip-helper": "Restric NAT",
    "cgnat": "Full Cone",
}
VARIES = {
    "full-cone": False, "restricted": False, "port-restricted": False, "symmetric-random": True, "masquerade": False,
    "fully-random": True, "symmetric-sequential": True, "symmetric-open": True, "address-dependent": True,
    "voip-helper": False, "cgnat": False,
}  # fmt: skip
MORE_NATS = ("symmetric-sequential", "symmetric-open", "address-dependent", "voip-helper", "cgnat")


TOOLS: dict[str, Mapping[str, object]] = {"stun": STUN_CLIENT, "turnutils_natdiscovery": DISCOVERY, "pystun3": PYSTUN}
LIMIT_S = 60


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    peers.require("turnserver")
    more = "".join(f'[sites.{nat}]\nnat = "{nat}"\n[hosts.{nat}-host]\nat = "{nat}"\n' for nat in MORE_NATS)
    with lab_of(every_router(f'{more}[servers.tools]\nkind = "coturn"')) as running:
        yield running


@pytest.fixture(scope="module")
def said(lab: Running) -> dict[tuple[str, str], str]:
    """What each tool prints behind each router. They wait for silence most of the time, so they run side by side."""
    with ThreadPoolExecutor(max_workers=32) as pool:
        running = {
            (tool, kind): pool.submit(lab.exec, f"{kind}-host", command(lab, tool, kind), timeout_s=LIMIT_S + 10)
            for tool, kinds in TOOLS.items()
            for kind in kinds
        }
        return {key: future.result().stdout for key, future in running.items()}


def command(lab: Running, tool: str, kind: str) -> list[str]:
    """Each under a time limit: some of these wait for ever."""
    limited = ["timeout", str(LIMIT_S)]
    if tool == "stun":
        return [*limited, peers.require("stun"), SERVER]
    if tool == "pystun3":
        return [*limited, str(Path(sys.executable).with_name("pystun3")), "-H", SERVER, "-P", "3478"]
    return [*limited, peers.require(tool), "-m", "-f", "-L", own_address(lab, kind), SERVER]


@pytest.mark.parametrize("kind", STUN_CLIENT)
def test_stun_client(said: dict[tuple[str, str], str], kind: str) -> None:
    assert STUN_CLIENT[kind] in " ".join(said["stun", kind].split())


@pytest.mark.parametrize("kind", DISCOVERY)
def test_turnutils_natdiscovery(said: dict[tuple[str, str], str], kind: str) -> None:
    words = re.findall(r"NAT with ([A-Za-z ]+(?:Mapping|Filtering))!", said["turnutils_natdiscovery", kind])
    assert tuple(words) == DISCOVERY[kind]


@pytest.mark.parametrize("kind", PYSTUN)
def test_pystun3(said: dict[tuple[str, str], str], kind: str) -> None:
    assert f"NAT Type: {PYSTUN[kind]}\n" in said["pystun3", kind]


def test_tailscale_netcheck(lab: Running, tmp_path: Path) -> None:
    tailscale = peers.require("tailscale")
    with local_api(tmp_path / "api.sock", json.loads(lab.map_file.read_bytes())) as socket:
        argv = ["env", f"HOME={tmp_path}", "TS_NO_LOGS_NO_SUPPORT=true", "TS_DISABLE_PORTMAPPER=1", tailscale]
        argv += [f"--socket={socket}", "netcheck", "--format=json"]
        with ThreadPoolExecutor(max_workers=4) as pool:
            running = {kind: pool.submit(lab.exec, f"{kind}-host", argv, timeout_s=40) for kind in VARIES}
        reports = {kind: json.JSONDecoder().raw_decode(future.result().stdout)[0] for kind, future in running.items()}
    assert {kind: report["UDP"] for kind, report in reports.items()} == dict.fromkeys(VARIES, True)
    assert {kind: report["MappingVariesByDestIP"] for kind, report in reports.items()} == VARIES


def own_address(lab: Running, kind: str) -> str:
    shown = json.loads(lab.exec(f"{kind}-host", ["ip", "-json", "-4", "address", "show", "dev", "eth0"]).stdout)
    address: str = shown[0]["addr_info"][0]["local"]
    return address
