"""Interfaces and routes as the Linux kernel tells them: in a network namespace made for it, and from crafted bytes."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import struct
import subprocess
import sys

import pytest

from natscope.host.api import DefaultRoute
from natscope.host.real import netlink

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux")

if sys.platform == "linux":
    from natscope.host.real.links_linux import _routes_of

LOOK = """
import asyncio, json
from natscope.host.real.host import build_real_host
import ipaddress
async def main():
    host = build_real_host()
    facts = await host.links.look()
    print(json.dumps({
        "interfaces": {i.name: [i.kind, i.up, i.mtu, [str(a) for a in i.addresses]] for i in facts.interfaces},
        "routes": [[r.family, r.interface, str(r.gateway), r.metric] for r in facts.default_routes],
        "source": str(await host.links.source_for(ipaddress.ip_address("198.51.100.7"))),
        "no_route": str(await host.links.source_for(ipaddress.ip_address("2001:db8:ffff::1"))),
        "os": [facts.os_ipv4, facts.os_ipv6],
    }))
asyncio.run(main())
"""


def in_namespace(*commands: str) -> dict[str, object]:
    """Run `ip` commands in a new namespace, then look."""
    enter = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("making a network namespace needs unshare and ip")
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make a network namespace")
    script = " && ".join([*(f"ip {command}" for command in commands), 'exec "$0" -c "$1"'])
    run = subprocess.run(
        [*enter, "sh", "-c", script, sys.executable, LOOK], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    result: dict[str, object] = json.loads(run.stdout)
    return result


@pytest.mark.kernel
@pytest.mark.skipif(not os.access("/dev/net/tun", os.R_OK | os.W_OK), reason="this user may not open /dev/net/tun")
def test_a_host_with_several_links_and_routes() -> None:
    seen = in_namespace(
        "link set lo up",
        "link add v0 type veth peer name v1",
        "link add br0 type bridge",
        "tuntap add dev t0 mode tun",
        "link set v0 up mtu 1380",
        "link set v1 up",
        "addr add 192.0.2.2/24 dev v0",
        "addr add 203.0.113.2/24 dev v1",
        "addr add 2001:db8::2/64 dev v0 nodad",
        "addr add 10.9.0.1 peer 10.9.0.2 dev t0",
        "link set t0 up",
        "route add default via 192.0.2.1 metric 100",
        "route add default via 203.0.113.1 metric 50",
        "route add default dev t0 metric 900",
        "-6 route add unreachable default metric 5000",
    )
    interfaces = seen["interfaces"]
    assert isinstance(interfaces, dict)
    assert interfaces["lo"][0] == "loopback"
    assert interfaces["v0"][:3] == ["virtual", True, 1380]
    assert {"192.0.2.2", "2001:db8::2"} <= set(interfaces["v0"][3])
    assert interfaces["br0"][:2] == ["bridge", False]
    assert interfaces["t0"][0] == "tunnel"
    assert "10.9.0.1" in interfaces["t0"][3]  # our end, not the peer's
    assert seen["routes"] == [[4, "v1", "203.0.113.1", 50], [4, "v0", "192.0.2.1", 100], [4, "t0", "None", 900]]
    assert seen["source"] == "203.0.113.2"
    assert seen["no_route"] == "None"
    assert seen["os"] == [True, True]


@pytest.mark.kernel
def test_a_host_without_any_network() -> None:
    seen = in_namespace()
    assert seen["routes"] == []
    assert seen["source"] == "None"
    assert seen["os"] == [False, False] or seen["os"] == [True, False]  # kernels differ about a loopback that is down


@pytest.mark.kernel
def test_a_route_with_several_next_hops() -> None:
    seen = in_namespace(
        "link add v0 type veth peer name v1",
        "link set v0 up",
        "link set v1 up",
        "addr add 192.0.2.2/24 dev v0",
        "addr add 203.0.113.2/24 dev v1",
        "route add default nexthop via 192.0.2.1 nexthop via 203.0.113.1 weight 2",
    )
    assert seen["routes"] == [[4, "v0", "192.0.2.1", 0], [4, "v1", "203.0.113.1", 0]]


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def route(prefix_bits: int, table: int, kind: int, *attributes: bytes) -> netlink.Message:
    fixed = struct.pack("=BBBBBBBBI", 2, prefix_bits, 0, 0, table, 4, 0, kind, 0)
    return netlink.Message(netlink.RTM_NEWROUTE, fixed, dict(netlink.attributes(b"".join(attributes))))


OUT, GATEWAY, PRIORITY, MULTIPATH, VIA = 4, 5, 6, 9, 18
HOME = attribute(OUT, struct.pack("=I", 3)) + attribute(GATEWAY, bytes([192, 0, 2, 1]))


def test_routes_are_read_from_their_attributes() -> None:
    names = {3: "eth0"}
    plain = _routes_of(route(0, 254, 1, HOME, attribute(PRIORITY, struct.pack("=I", 7))), 4, names)
    assert list(plain) == [DefaultRoute(4, "eth0", ipaddress.ip_address("192.0.2.1"), 7)]
    by_neighbour = attribute(OUT, struct.pack("=I", 3)) + attribute(VIA, struct.pack("=H", 10) + bytes(15) + b"\x01")
    assert list(_routes_of(route(0, 254, 1, by_neighbour), 4, names)) == [
        DefaultRoute(4, "eth0", ipaddress.ip_address("::1"), 0)
    ]


@pytest.mark.parametrize(
    "message",
    [
        route(24, 254, 1, HOME),
        route(0, 100, 1, HOME),
        route(0, 254, 7, HOME),
        route(0, 254, 1),
        netlink.Message(netlink.RTM_NEWROUTE, b"", {}),
        netlink.Message(netlink.RTM_NEWLINK, bytes(12), {}),
    ],
)
def test_other_routes_are_not_default_routes(message: netlink.Message) -> None:
    assert not _routes_of(message, 4, {3: "eth0"})


def test_cut_attributes_end_the_list() -> None:
    whole = attribute(3, b"eth0\0") + attribute(4, struct.pack("=I", 1500))
    for length in range(len(whole)):
        found = dict(netlink.attributes(whole[:length]))
        assert found.get(3, b"eth0\0") == b"eth0\0"
