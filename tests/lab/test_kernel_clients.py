"""Plain clients of the kernel work through every kind of router: ping, UDP, TCP, TLS, traceroute's errors, path MTU."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from natscope.lab.kernel.bed import Running
from tests.interop import peers
from tests.lab.kernel_lab import KERNEL_NATS, NATS, every_router, lab_of

pytestmark = pytest.mark.kernel

ROUTERS = (*NATS, *KERNEL_NATS, "wall", "inner")
BOTH_FAMILIES = (*NATS, *KERNEL_NATS, "wall")
RELAY_4, RELAY_6, NAME_SERVER = "192.0.2.101", "2001:db8::101", "203.0.113.53"
PAGE = """
import socket, ssl, sys
tls = ssl.create_default_context()
plain = socket.create_connection((sys.argv[1], 443), 10)
with tls.wrap_socket(plain, server_hostname="relay1.test") as s:
    s.sendall(b"GET /robots.txt HTTP/1.1\\r\\nHost: relay1.test\\r\\nConnection: close\\r\\n\\r\\n")
    print(b"".join(iter(lambda: s.recv(65536), b"")).decode())
"""
BIG = """
import socket, sys
server = socket.create_server(("0.0.0.0", 9000))
print("ready", flush=True)
while True:
    client, _ = server.accept()
    total = 0
    while data := client.recv(65536):
        total += len(data)
    client.sendall(str(total).encode())
    client.close()
"""
SEND_BIG = """
import socket, sys
with socket.create_connection((sys.argv[1], 9000), 10) as s:
    s.settimeout(20)
    for _ in range(16):
        s.sendall(bytes(65536))
    s.shutdown(socket.SHUT_WR)
    print(s.recv(100).decode())
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    with lab_of(every_router("[hosts.server]\n")) as running:
        yield running


@pytest.mark.parametrize("router", ROUTERS)
def test_ping_and_its_ttl(lab: Running, router: str) -> None:
    """Two routers and the internet each take one off the TTL once."""
    done = lab.exec(f"{router}-host", [peers.require("ping"), "-c", "2", "-i", "0.1", "-W", "5", NAME_SERVER])
    assert done.returncode == 0, done.stdout + done.stderr
    hops = 3 if router == "inner" else 2
    assert re.findall(r"ttl=(\d+)", done.stdout) == [str(64 - hops)] * 2


@pytest.mark.parametrize("router", BOTH_FAMILIES)
def test_ping_over_ipv6(lab: Running, router: str) -> None:
    done = lab.exec(f"{router}-host", [peers.require("ping"), "-6", "-c", "1", "-W", "5", "2001:db8::53"])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("router", ROUTERS)
def test_an_expired_ttl_is_told_by_the_hop_that_counted_it_down(lab: Running, router: str) -> None:
    """The error of a hop beyond the NAT comes back translated, outside and inside."""
    done = lab.exec(f"{router}-host", [peers.require("ping"), "-c", "1", "-W", "5", "-t", "2", NAME_SERVER])
    hop = "192.168.1.1" if router == "inner" else "203.0.113.1"
    assert f"From {hop} icmp_seq=1 Time to live exceeded" in done.stdout, done.stdout


@pytest.mark.parametrize("router", ROUTERS)
def test_udp(lab: Running, router: str) -> None:
    argv = [sys.executable, "-m", "natscope", "stun", "query", f"{RELAY_4}:3478"]
    done = lab.exec(f"{router}-host", argv)
    assert done.returncode == 0, done.stderr
    assert re.search(r"seen as +203\.0\.113\.\d+:\d+", done.stdout)


@pytest.mark.parametrize("router", ROUTERS)
def test_tls_by_name(lab: Running, router: str) -> None:
    done = lab.exec(f"{router}-host", [sys.executable, "-c", PAGE, "relay1.test"])
    assert "HTTP/1.1 200" in done.stdout, done.stderr


@pytest.mark.parametrize("router", BOTH_FAMILIES)
def test_tls_over_ipv6(lab: Running, router: str) -> None:
    done = lab.exec(f"{router}-host", [sys.executable, "-c", PAGE, RELAY_6])
    assert "HTTP/1.1 200" in done.stdout, done.stderr


@pytest.mark.parametrize("router", ROUTERS)
def test_curl(lab: Running, router: str) -> None:
    done = lab.exec(f"{router}-host", [peers.require("curl"), "-sS", "-m", "10", "https://relay1.test/robots.txt"])
    assert done.stdout == "User-agent: *\nDisallow: /\n", done.stderr


@pytest.fixture(scope="module")
def iperf(lab: Running) -> Iterator[str]:
    """A server of iperf3 on the internet; the address that it listens on."""
    program = peers.require("iperf3")
    shown = lab.exec("server", ["ip", "-4", "address"]).stdout
    target = re.search(r"inet (203[\d.]+)/", shown)
    assert target is not None
    server = subprocess.Popen(lab.command("server", [program, "-s", "--forceflush"]), stdout=-1, text=True)
    try:
        assert server.stdout is not None
        assert any("listening" in line for line in server.stdout), "iperf3 ended before it listened"
        yield target[1]
    finally:
        server.terminate()
        server.communicate()


@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("router", ROUTERS)
def test_twenty_megabits_a_second(lab: Running, iperf: str, router: str, kind: str) -> None:
    """What is sent arrives: as many bytes over TCP, and over UDP but for what a busy computer may lose."""
    argv = [peers.require("iperf3"), "-c", iperf, "-b", "20M", "-t", "1", "-l", "1200", "--json"]
    done = lab.exec(f"{router}-host", [*argv, *(["-u"] if kind == "udp" else [])], timeout_s=60)
    end = json.loads(done.stdout)["end"]
    if kind == "tcp":
        assert end["sum_received"]["bytes"] >= 0.7 * end["sum_sent"]["bytes"] > 0.7e6  # the rest is still on its way
    else:
        assert end["sum"]["packets"] > 1500
        assert end["sum"]["lost_packets"] <= 0.2 * end["sum"]["packets"]


def test_a_mebibyte_over_tcp_through_every_router(lab: Running) -> None:
    server = subprocess.Popen(lab.command("server", [sys.executable, "-c", BIG]), stdout=-1, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        target = re.search(r"inet (203[\d.]+)/", lab.exec("server", ["ip", "-4", "address"]).stdout)
        assert target is not None
        for router in ROUTERS:
            done = lab.exec(f"{router}-host", [sys.executable, "-c", SEND_BIG, target[1]])
            assert done.stdout == f"{1 << 20}\n", (router, done.stderr)
    finally:
        server.terminate()
        server.communicate()
