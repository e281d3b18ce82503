"""Clients that others wrote use the mapping services of the kernel lab's routers: natpmpc, upnpc, tailscale.

Outside addresses are of 11.0.0.0/8, which nobody outside this lab sees: upnpc takes the documentation ones for private.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import pytest

from natscope.lab.kernel.bed import Running
from tests.interop import peers
from tests.interop.local_api import local_api
from tests.lab.kernel_lab import lab_of

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

SERVICES = {
    "all": "{}",
    "all-2": "{ upnp = { version = 2 } }",
    "pmp": '{ protocols = ["nat-pmp"] }',
    "pcp": '{ protocols = ["pcp"] }',
    "upnp": '{ protocols = ["upnp"] }',
    "refused": '{ manner = "refused" }',
    "down": '{ manner = "network-failure" }',
    "old": '{ manner = "unsupported-version" }',
    "full": "{ capacity = 0 }",
    "taken": "{ taken = [7000] }",
    "permanent": '{ upnp = { leases = "permanent-only" } }',
    "invalid": '{ upnp = { leases = "invalid-args" } }',
    "equal": "{ upnp = { same_port = true } }",
    "two": '{ upnp = { services = ["wan-ip-1", "wan-ppp-1"], first_down = true } }',
    "base": '{ upnp = { urls = "url-base" } }',
    "elsewhere": '{ upnp = { location_host = "192.168.1.254", search_port = 49200 } }',
    "useless": "{ upnp = { useless_first = true } }",
    "unicast": '{ upnp = { searches = "unicast-only" } }',
    "multicast": '{ upnp = { searches = "multicast-only" } }',
    "bare": "{ upnp = { services = [] } }",
    "legacy": '{ upnp = { services = ["dslforum-ppp"] } }',
    "zero": '{ external = "0.0.0.0" }',
    "none": "",
}
"""The `mapping_service` of each router."""
HOST = "192.168.1.10"
GRANTED, NO_SERVICE = "is redirected to internal", "No IGD UPnP Device found on the network !"
KNOWN = ("-u", "http://192.168.1.1:5000/rootDesc.xml")
"""Spares upnpc its two seconds of waiting for devices."""
RECEIVE = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("0.0.0.0", int(sys.argv[1])))
    s.settimeout(4)
    data, source = s.recvfrom(100)
    s.sendto(b"got it", source)
    print(data.decode())
"""
SEND = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(0.1)
    for _ in range(50):
        s.sendto(b"from outside", (sys.argv[1], int(sys.argv[2])))
        try:
            print(s.recvfrom(100)[0].decode())
            break
        except TimeoutError:
            pass
"""


def outside(name: str) -> str:
    """The public address of a router."""
    return f"11.0.0.{10 + list(SERVICES).index(name)}"


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    lines = ["[hosts.stranger]"]
    for name, service in SERVICES.items():
        lines += [f"[sites.{name}]", f'external = ["{outside(name)}"]', f"[hosts.{name}-host]", f'at = "{name}"']
        if service:
            lines.insert(-2, f"mapping_service = {service}")
    with lab_of("\n".join(lines)) as running:
        yield running


def natpmpc(lab: Running, name: str, *arguments: str) -> str:
    done = lab.exec(f"{name}-host", [peers.require("natpmpc"), *arguments])
    return done.stdout + done.stderr


def upnpc(lab: Running, name: str, *arguments: str) -> str:
    done = lab.exec(f"{name}-host", [peers.require("upnpc"), *arguments])
    return done.stdout + done.stderr


def arrives(lab: Running, name: str, inside: int, external: int) -> bool:
    """Whether a stranger's datagram to the router's outside port comes in, and the answer goes out."""
    with ThreadPoolExecutor(1) as pool:
        receiving = pool.submit(lab.exec, f"{name}-host", [sys.executable, "-c", RECEIVE, str(inside)])
        sent = lab.exec("stranger", [sys.executable, "-c", SEND, outside(name), str(external)])
        got = "from outside" in receiving.result().stdout
        assert got is ("got it" in sent.stdout)
        return got


def test_natpmpc_opens_lists_and_closes(lab: Running) -> None:
    assert f"Public IP address : {outside('pmp')}" in natpmpc(lab, "pmp")
    opened = natpmpc(lab, "pmp", "-a", "7000", "5000", "udp", "600")
    assert "Mapped public port 7000 protocol UDP to local port 5000 liftime 600" in opened
    assert arrives(lab, "pmp", 5000, 7000)
    closed = natpmpc(lab, "pmp", "-a", "0", "5000", "udp", "0")
    assert "Mapped public port 0 protocol UDP to local port 5000 liftime 0" in closed
    assert not arrives(lab, "pmp", 5000, 7000)


REFUSED_BY_NAT_PMP = {
    "refused": "failed : not authorized",
    "down": "failed : network failure",
    "old": "failed : unsupported nat-pmp version error from server",
    "pcp": "failed : unsupported nat-pmp version error from server",
    "full": "failed : nat-pmp server out of resources",
    "none": "failed : the gateway does not support nat-pmp",
}


@pytest.mark.parametrize("name", REFUSED_BY_NAT_PMP)
def test_natpmpc_names_the_refusal(lab: Running, name: str) -> None:
    assert REFUSED_BY_NAT_PMP[name] in natpmpc(lab, name, "-a", "7500", "5500", "udp", "600")


def test_natpmpc_gets_another_port_where_the_wished_one_is_taken(lab: Running) -> None:
    assert "Mapped public port 5500 protocol UDP to local port 5500" in natpmpc(
        lab, "taken", "-a", "7000", "5500", "udp", "600"
    )


def test_upnpc_opens_lists_and_closes(lab: Running) -> None:
    opened = upnpc(lab, "all", "-e", "by hand", "-a", HOST, "5100", "7100", "UDP", "300")
    assert f"external {outside('all')}:7100 UDP {GRANTED} {HOST}:5100 (duration=300)" in opened
    assert arrives(lab, "all", 5100, 7100)
    listed = upnpc(lab, "all", *KNOWN, "-l")
    assert re.search(rf"0 UDP +7100->{HOST}:5100 +'by hand' '' (?:2\d\d|300)$", listed, re.MULTILINE), listed
    assert "713 (SpecifiedArrayIndexInvalid)" in listed
    assert "UPNP_DeletePortMapping() returned : 0" in upnpc(lab, "all", *KNOWN, "-d", "7100", "UDP")
    assert "failed with code : 714" in upnpc(lab, "all", *KNOWN, "-d", "7100", "UDP")
    assert not arrives(lab, "all", 5100, 7100)


SAID_BY_UPNPC = {
    **dict.fromkeys(("all-2", "upnp", "two", "base", "useless", "multicast"), GRANTED),
    **dict.fromkeys(("pmp", "pcp", "unicast", "none"), NO_SERVICE),
    **dict.fromkeys(("down", "old", "legacy"), "Found a (not connected?) IGD"),
    "refused": "failed with code 606 (Action not authorized)",
    "full": "failed with code 728",
    "taken": "failed with code 718 (ConflictInMappingEntry)",
    "permanent": "failed with code 725 (OnlyPermanentLeasesSupported)",
    "invalid": "failed with code 402 (Invalid Args)",
    "equal": "failed with code 724 (SamePortValuesRequired)",
    "elsewhere": "connect: No route to host",
    "bare": "Is it an IGD ?",
    "zero": "Found a (not connected?) IGD",
}


@pytest.fixture(scope="module")
def said(lab: Running) -> dict[str, str]:
    """What upnpc says about a lease of 300 s behind each router; it waits for devices, so all wait together."""
    peers.require("upnpc")
    with ThreadPoolExecutor(len(SAID_BY_UPNPC)) as pool:
        add = ("-a", HOST, "5200", "7000", "UDP", "300")
        running = {name: pool.submit(upnpc, lab, name, *add) for name in SAID_BY_UPNPC}
        return {name: future.result() for name, future in running.items()}


@pytest.mark.parametrize("name", SAID_BY_UPNPC)
def test_upnpc_finds_each_router_as_it_is(said: dict[str, str], name: str) -> None:
    assert SAID_BY_UPNPC[name] in said[name]


def test_upnpc_leaves_a_router_without_connection_for_the_one_that_has(said: dict[str, str]) -> None:
    assert "Found valid IGD : http://192.168.1.1:5000/ctl/wan1" in said["two"]


@pytest.mark.parametrize("name", ["permanent", "invalid"])
def test_upnpc_gets_a_permanent_lease_where_others_are_refused(lab: Running, name: str) -> None:
    assert GRANTED in upnpc(lab, name, *KNOWN, "-a", HOST, "5300", "7300", "UDP", "0")
    assert arrives(lab, name, 5300, 7300)


ALL = (True, True, True)
TAILSCALE = {
    "all": ALL,
    "all-2": ALL,
    "upnp": (True, False, False),
    "pmp": (False, True, False),
    "pcp": (False, False, True),
    "refused": (True, False, False),
    "down": (True, False, False),
    "old": (True, False, False),
    "elsewhere": ALL,
    "useless": ALL,
    "unicast": ALL,
    "multicast": ALL,
    "none": (False, False, False),
}
"""UPnP, NAT-PMP, PCP: that a search is answered is all that upstream wants of UPnP."""


def test_tailscale_netcheck(lab: Running, tmp_path: Path) -> None:
    tailscale = peers.require("tailscale")

    def netcheck(name: str) -> tuple[bool, ...]:
        home = tmp_path / name
        home.mkdir()
        argv = ["env", f"HOME={home}", "TS_NO_LOGS_NO_SUPPORT=true", tailscale, f"--socket={socket}", "netcheck"]
        done = lab.exec(f"{name}-host", [*argv, "--format=json"], timeout_s=30)
        report, _ = json.JSONDecoder().raw_decode(done.stdout)
        return tuple(report[field] for field in ("UPnP", "PMP", "PCP"))

    with local_api(tmp_path / "api.sock", json.loads(lab.map_file.read_bytes())) as socket:
        assert {name: netcheck(name) for name in TAILSCALE} == TAILSCALE


DAEMON = """
folder=$1 tailscaled=$2 tailscale=$3
shift 3
export TS_NO_LOGS_NO_SUPPORT=true HOME=$folder
$tailscaled --tun=userspace-networking --state=mem: --statedir=$folder --socket=$folder/sock >$folder/log 2>&1 &
for n in $(seq 100); do [ -S $folder/sock ] && break; sleep 0.1; done
while [ $# -gt 0 ]; do
  echo "== $1"
  timeout 20 $tailscale --socket=$folder/sock debug portmap --type=$1 --duration=$2 2>&1
  shift 2
done
kill $!
wait
"""
ANY_KIND = {"pmp": True, "pcp": True, "upnp": True}
NO_KIND = dict.fromkeys(ANY_KIND, False)
BY_UPNP = {"upnp": True}
MAPPED_BY_TAILSCALED = {
    "all": ANY_KIND,
    "refused": NO_KIND,
    "full": NO_KIND,
    "old": NO_KIND,
    "pmp": {"pmp": True, "pcp": False},
    "pcp": {"pmp": False, "pcp": True},
    **dict.fromkeys(("all-2", "permanent", "invalid", "two", "base", "elsewhere", "useless", "legacy"), BY_UPNP),
    **dict.fromkeys(("unicast", "multicast"), BY_UPNP),
    "zero": {"pmp": False, "upnp": False},
    "bare": {"upnp": False},
}
"""By each protocol alone, as upstream's own client does it with all its workarounds."""


@pytest.fixture(scope="module")
def mapped(lab: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `tailscale debug portmap` says behind each router, one protocol after the other; nobody is logged in."""
    programs = [peers.require("tailscaled"), peers.require("tailscale")]
    with ThreadPoolExecutor(6) as pool:
        running = {
            name: pool.submit(
                lab.exec, f"{name}-host",
                ["sh", "-c", DAEMON, "sh", str(tmp_path_factory.mktemp("ts")), *programs, *_with_patience(kinds)],
                timeout_s=90,
            )
            for name, kinds in MAPPED_BY_TAILSCALED.items()
        }  # fmt: skip
        return {name: future.result().stdout for name, future in running.items()}


def _with_patience(kinds: dict[str, bool]) -> list[str]:
    """Where nothing is opened it tries again as long as it may."""
    return [word for kind, opens in kinds.items() for word in (kind, "5s" if opens else "1s")]


@pytest.mark.parametrize("name", MAPPED_BY_TAILSCALED)
def test_tailscaled_maps_its_port(mapped: dict[str, str], name: str) -> None:
    parts = re.split(r"^== (\w+)$", mapped[name], flags=re.MULTILINE)[1:]
    said = dict(zip(parts[::2], parts[1::2], strict=True))
    found = {kind: f"cb: mapping: {outside(name)}:" in words for kind, words in said.items()}
    assert found == MAPPED_BY_TAILSCALED[name], mapped[name]


LISTEN = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("224.0.0.1", 5350))
    s.settimeout(20)
    for _ in range(2):
        data, (ip, port) = s.recvfrom(100)
        print(ip, port, data.hex())
"""


def test_a_restart_of_the_router_is_announced() -> None:
    """RFC 6886 §3.2.1, RFC 6887 §14.1.3: to everybody inside; the old mapping is gone and the address is another."""
    text = """
[sites.home]
external = ["11.0.0.5"]
mapping_service = {}
[hosts.alice]
at = "home"
[[faults]]
kind = "nat-reboot"
on = "home"
at_s = 4
"""
    with lab_of(text) as lab:
        listened = lab.exec("alice", [sys.executable, "-c", LISTEN]).stdout.split("\n")
        asked = lab.exec("alice", [peers.require("natpmpc")]).stdout
    found = re.search(r"Public IP address : ([\d.]+)\nepoch = (\d+)", asked)
    assert found is not None
    assert found[1] != "11.0.0.5"
    assert int(found[2]) < 4
    address = ip_address(found[1]).packed.hex()
    assert listened[0] == f"192.168.1.1 5351 0080000000000000{address}"
    assert listened[1] == f"192.168.1.1 5351 0280{'00' * 22}"
