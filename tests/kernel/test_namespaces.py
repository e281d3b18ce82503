"""The namespace helper itself: two namespaces reach each other, nothing else, and nothing is left behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.kernel.namespaces import Namespace, addresses, bed, route

pytestmark = pytest.mark.kernel

ASK = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as udp:
    udp.settimeout(5)
    udp.sendto(b"here", (sys.argv[1], 4000))
    print(udp.recvfrom(100)[0].decode())
"""
ECHO = """
import socket
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
    udp.bind(("::", 4000))
    print("ready", flush=True)
    while True:
        data, source = udp.recvfrom(100)
        udp.sendto(data, source)
"""


def interfaces(space: Namespace) -> list[str]:
    lines = space.must("cat", "/proc/net/dev").splitlines()[2:]
    return sorted(line.split(":")[0].strip() for line in lines)


def test_two_namespaces_talk_over_both_families() -> None:
    with bed() as made:
        near, far = made.add("near"), made.add("far")
        made.connect(near, "eth0", far, "eth0")
        addresses(near, "eth0", ["192.0.2.1/24", "2001:db8::1/64"])
        addresses(far, "eth0", ["192.0.2.2/24", "2001:db8::2/64"])
        assert interfaces(near) == interfaces(far) == ["eth0", "lo"]
        echo = made.start(far, sys.executable, "-c", ECHO, stdout=-1, text=True)
        assert echo.stdout is not None
        assert echo.stdout.readline() == "ready\n"
        assert near.must(sys.executable, "-c", ASK, "192.0.2.2").strip() == "here"
        assert near.must(sys.executable, "-c", ASK, "2001:db8::2").strip() == "here"


def test_an_unknown_address_is_refused_at_once_behind_a_router() -> None:
    with bed() as made:
        near, router = made.add("near"), made.add("router")
        made.connect(near, "eth0", router, "eth0")
        addresses(near, "eth0", ["192.0.2.1/24"])
        addresses(router, "eth0", ["192.0.2.2/24"])
        router.sysctl("net/ipv4/ip_forward=1")
        route(near, "default via 192.0.2.2")
        router.ip("route add unreachable default")
        refused = near.run(sys.executable, "-c", "import socket; socket.create_connection(('203.0.113.9', 80), 10)")
        assert "No route to host" in refused.stderr


def test_nothing_is_left_behind() -> None:
    with bed() as made:
        holder = made.add("near").holder
        assert Path(f"/proc/{holder}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    with pytest.raises(ProcessLookupError):
        os.kill(holder, 0)


def test_a_failed_command_says_what_failed() -> None:
    with bed() as made, pytest.raises(RuntimeError, match=r"near: cat /nowhere: exit 1: .*No such file"):
        made.add("near").must("cat", "/nowhere")
