"""This computer as a `Host`, on loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from natscope.host.api import Failure, HostError, Stream, UdpError
from natscope.host.real.host import build_real_host
from natscope.host.real.links_other import OtherLinks
from natscope.host.real.udp import QUEUE_DATAGRAMS
from natscope.lab.loopback_sockets import BlackHole
from natscope.model.endpoint import Endpoint, Family
from tests.host.contract import Bench, HostContract, failure_of, next_datagram

LOOPBACK = ipaddress.ip_address("127.0.0.1")


@pytest.fixture
def bench() -> Bench:
    host = build_real_host()
    return Bench(
        host=host,
        peer=host,
        peer_at={4: LOOPBACK, 6: ipaddress.ip_address("::1")},
        foreign=ipaddress.ip_address("198.51.100.1"),
        hosts_file={"localhost": LOOPBACK},
        loops=True,
    )


class TestRealHost(HostContract):
    """The contract, on this computer."""


async def test_a_connection_that_never_comes_up_times_out(bench: Bench) -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    hole = BlackHole(listener)
    target = Endpoint(LOOPBACK, listener.getsockname()[1])
    assert await failure_of(bench.host.streams.connect(target, timeout_s=0.05)) is Failure.TIMEOUT
    hole.close()


async def test_unix_sockets_carry_streams(bench: Bench, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    stream = await bench.host.streams.connect_unix(path, timeout_s=5)
    assert str(stream.remote) == "0.0.0.0:0"
    accepted, _ = listener.accept()
    accepted.sendall(b"hi")
    accepted.close()
    assert await stream.read(10) == b"hi"
    await stream.close()
    listener.close()
    assert await failure_of(bench.host.streams.connect_unix(path, timeout_s=5)) is Failure.REFUSED
    assert await failure_of(bench.host.streams.connect_unix("/x" * 200, timeout_s=5)) is Failure.OTHER


async def test_a_flood_waits_in_the_kernel_and_loses_no_order(bench: Bench) -> None:
    here, there = await bench.host.udp.open(4), await bench.host.udp.open(4, address=LOOPBACK)
    count = QUEUE_DATAGRAMS + 1000
    read: list[int] = []
    for start in range(0, count, 500):
        for number in range(start, min(count, start + 500)):
            here.send(number.to_bytes(4, "big"), there.local)
        await bench.host.clock.sleep(0)
    while len(read) < count:
        read.append(int.from_bytes((await next_datagram(there)).data, "big"))
    assert read == list(range(count))
    here.close()
    there.close()


async def test_sockets_can_be_bound_to_an_interface(bench: Bench) -> None:
    loopback = next(i for i in (await bench.host.links.look()).interfaces if i.kind == "loopback")
    here = await bench.host.udp.open(4, interface=loopback.name)
    here.send(b"x", Endpoint(LOOPBACK, here.local.port))
    assert (await next_datagram(here)).data == b"x"
    here.close()


async def test_connections_can_be_bound_to_an_interface(bench: Bench) -> None:
    async def serve(stream: Stream) -> None:
        await stream.write(b"x")

    server = await bench.host.streams.listen(Endpoint(LOOPBACK, 0), serve)
    loopback = next(i for i in (await bench.host.links.look()).interfaces if i.kind == "loopback")
    stream = await bench.host.streams.connect(server.local, timeout_s=5, interface=loopback.name)
    assert await stream.read(1) == b"x"
    await stream.close()
    unknown = bench.host.streams.connect(server.local, timeout_s=5, interface="nosuch0")
    assert await failure_of(unknown) is Failure.ADDRESS_NOT_AVAILABLE
    await server.close()


async def test_ipv6_sockets_carry_no_ipv4(bench: Bench) -> None:
    six = await bench.host.udp.open(6)
    four = await bench.host.udp.open(4, port=six.local.port)
    assert four.local.port == six.local.port
    six.close()
    four.close()


async def test_an_icmp_error_about_a_closed_port_has_no_reply_data(bench: Bench) -> None:
    here = await bench.host.udp.open(4)
    here.send(b"q", Endpoint(LOOPBACK, 1))
    error = await here.receive()
    assert isinstance(error, UdpError)
    assert error.received_at <= bench.host.clock.now()
    here.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell an unconnected socket nothing")
@pytest.mark.parametrize("family", [4, 6])
async def test_an_icmp_error_comes_with_what_it_says(bench: Bench, family: Family) -> None:
    gone = await bench.peer.udp.open(family, address=bench.peer_at[family])
    gone.close()
    here = await bench.host.udp.open(family)
    here.send(b"hello", gone.local)
    error = await here.receive()
    here.close()
    assert isinstance(error, UdpError)
    assert error.words == "port unreachable"


async def test_too_large_an_echo_is_not_sent(bench: Bench) -> None:
    echo = bench.host.icmp.echo(LOOPBACK, payload=bytes(2000), timeout_s=1)
    assert await failure_of(echo) is Failure.MESSAGE_TOO_LONG


async def test_psutil_sees_the_same_addresses(bench: Bench) -> None:
    ours, theirs = await bench.host.links.look(), await OtherLinks().look()
    assert not theirs.routes_known
    by_name = {interface.name: interface for interface in theirs.interfaces}
    for interface in ours.interfaces:
        other = by_name[interface.name]
        assert sorted(map(str, interface.addresses)) == sorted(map(str, other.addresses))
        assert (interface.index, interface.mtu) == (other.index, other.mtu)


def test_identity_names_this_computer() -> None:
    identity = build_real_host().identity
    assert identity.name == socket.gethostname()
    assert identity.python == sys.version.split()[0]


async def test_handler_errors_reach_the_loop_not_the_peer(bench: Bench) -> None:
    seen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context.get("exception")))

    async def broken(stream: Stream) -> None:
        raise ZeroDivisionError

    server = await bench.host.streams.listen(Endpoint(LOOPBACK, 0), broken)
    stream = await bench.host.streams.connect(server.local, timeout_s=5)
    with contextlib.suppress(HostError):
        assert await stream.read(1) == b""
    await stream.close()
    await server.close()
    assert [type(error) for error in seen] == [ZeroDivisionError]


def test_importing_the_host_loads_nothing_costly() -> None:
    code = (
        "import sys; import natscope.host.real.host as h; h.build_real_host();"
        "costly = ('aiodns', 'pycares', 'httpx', 'httpcore', 'cryptography', 'psutil', 'certifi');"
        "print([m for m in costly if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
