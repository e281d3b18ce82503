"""Mapping and filtering in the kernel lab, by three kinds of servers: coturn, our own RFC 5780 server, our helpers.

Behind each router, the model's and the kernel's own, the netcheck has one plain relay and the servers of one kind. Over
IPv6 that is a firewall that translates nothing, and a router that translates it (NAT66).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from natscope.lab.kernel.bed import Running
from natscope.model.nat import Filtering, Mapping
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.interop import peers
from tests.lab.kernel_lab import every_router, lab_of

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

PROBES = ("interfaces", "relay_stun", "nat_servers", "nat_mapping", "nat_filtering")
ADDRESSES = {"coturn": ("198.51.100.10", "2001:db8::210"), "ours": ("198.51.100.20", "2001:db8::220")}
SERVERS = """
[servers.tools]
kind = "coturn"
[servers.ours]
kind = "stun"
[sites.symmetric-open]
nat = "symmetric-open"
[hosts.symmetric-open-host]
at = "symmetric-open"
[sites.six]
ipv6 = "nat66"
[hosts.six-host]
at = "six"
[relays]
relay1 = { helper = false }
relay2 = {}
relay3 = {}
"""
EI, APD, NONE = Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT, Mapping.NONE
ANY, ADDRESS, PORT = (
    Filtering.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT,
)  # fmt: skip
KINDS = {
    "full-cone": (EI, ANY),
    "restricted": (EI, ADDRESS),
    "port-restricted": (EI, PORT),
    "symmetric-random": (APD, PORT),
    "masquerade": (EI, PORT),
    "fully-random": (APD, PORT),
    "symmetric-open": (APD, ANY),
    "wall": (NONE, PORT),
    "inner": (EI, PORT),
}
KINDS_6 = {"wall": (NONE, PORT), "six": (EI, PORT)}
BY = {"coturn": "198.51.100.10:3478", "ours": "198.51.100.20:3478", "helper": "192.0.2.102:3478"}
BY_6 = {"coturn": "[2001:db8::210]:3478", "ours": "[2001:db8::220]:3478"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    peers.require("turnserver")
    with lab_of(every_router(SERVERS)) as running:
        yield running


@pytest.fixture(scope="module")
def reports(lab: Running) -> dict[tuple[str, str], Report]:
    """All kinds by all servers, some side by side."""
    for server in BY:
        (lab.folder / f"{server}.json").write_text(json.dumps(relay_map(lab, server)))
    with ThreadPoolExecutor(max_workers=4) as pool:
        running = {(server, kind): pool.submit(netcheck, lab, server, kind) for server in BY for kind in KINDS}
        return {key: future.result() for key, future in running.items()}


def relay_map(lab: Running, server: str) -> dict[str, object]:
    """The first relay, which is plain, and the servers of one kind."""
    regions = json.loads(lab.map_file.read_bytes())["Regions"]
    if server == "helper":
        return {"Regions": regions}
    four, six = ADDRESSES[server]
    node = {
        "Name": "9a",
        "RegionID": 9,
        "HostName": f"{server}.test",
        "IPv4": four,
        "IPv6": six,
        "STUNOnly": True,
    }
    nine = {"RegionID": 9, "RegionCode": server, "RegionName": server, "Nodes": [node]}
    return {"Regions": {"1": regions["1"], "9": nine}}


def netcheck(lab: Running, server: str, kind: str, *flags: str, family: str = "-4") -> Report:
    argv = [sys.executable, "-m", "natscope", "netcheck", "--json", "--derp-map", str(lab.folder / f"{server}.json")]
    probes = (*PROBES, "nat_cross_check") if flags else PROBES
    done = lab.exec(f"{kind}-host", [*argv, family, *flags, f"--only={','.join(probes)}"], timeout_s=60)
    return msgspec.json.decode(done.stdout, type=Report)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("server", BY)
def test_every_nat_is_named_by_every_kind_of_server(
    reports: dict[tuple[str, str], Report], server: str, kind: str
) -> None:
    nat = reports[server, kind].nat.v4
    assert (nat.mapping, nat.filtering) == KINDS[kind], nat.reasons
    assert nat.filtering_by == BY[server]


@pytest.fixture(scope="module")
def reports_6(lab: Running, reports: dict[tuple[str, str], Report]) -> dict[tuple[str, str], Report]:
    """Over IPv6, with the same maps."""
    assert reports
    with ThreadPoolExecutor(max_workers=4) as pool:
        running = {(s, k): pool.submit(netcheck, lab, s, k, family="-6") for s in BY_6 for k in KINDS_6}
        return {key: future.result() for key, future in running.items()}


@pytest.mark.parametrize("kind", KINDS_6)
@pytest.mark.parametrize("server", BY_6)
def test_rfc_5780_names_what_stands_before_ipv6(
    reports_6: dict[tuple[str, str], Report], server: str, kind: str
) -> None:
    """By the server's other address (OTHER-ADDRESS, CHANGE-REQUEST)."""
    nat = reports_6[server, kind].nat.v6
    assert (nat.mapping, nat.filtering) == KINDS_6[kind], nat.reasons
    assert nat.filtering_by == BY_6[server]


SECOND_OPINIONS = {
    "full-cone": ("Full Cone", Tri.YES),
    "restricted": ("Restric NAT", Tri.YES),
    "port-restricted": ("Restric Port NAT", Tri.YES),
    "symmetric-random": ("Symmetric NAT", Tri.YES),
    "symmetric-open": ("Full Cone", Tri.NO),
    "wall": ("Symmetric UDP Firewall", Tri.YES),
}


@pytest.fixture(scope="module")
def opinions(lab: Running, reports: dict[tuple[str, str], Report]) -> dict[str, Report]:
    """pystun3 waits for silence most of the time, so all stand side by side."""
    assert reports
    with ThreadPoolExecutor(max_workers=6) as pool:
        running = {kind: pool.submit(netcheck, lab, "coturn", kind, "--cross-check") for kind in SECOND_OPINIONS}
        return {kind: future.result() for kind, future in running.items()}


@pytest.mark.parametrize("kind", SECOND_OPINIONS)
def test_pystun3_is_heard_and_its_error_explained(opinions: dict[str, Report], kind: str) -> None:
    found = opinions[kind].cross_check
    assert (found.says, found.agrees) == SECOND_OPINIONS[kind], found
    assert found.server == BY["coturn"]
    assert bool(found.explanation) is (found.agrees is Tri.NO)


def test_nothing_of_it_is_left(lab: Running, opinions: dict[str, Report]) -> None:
    assert opinions
    running = lab.exec("full-cone-host", ["ps", "-A", "-o", "args"]).stdout
    assert "ps -A" in running
    assert "pystun3_child" not in running
