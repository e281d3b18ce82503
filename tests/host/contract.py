"""What every `Host` must do, real or simulated: one suite, run on each by a subclass that provides a `Bench`.

A subclass is a test class with an async fixture `bench`. No test waits for real time to pass except through the host's
own clock and limits.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address

import pytest

from natscope.host.api import Datagram, Failure, Host, HostError, Listener, Stream, UdpError, UdpSocket
from natscope.model.endpoint import Endpoint, Family, IPAddress

FAMILIES: tuple[Family, ...] = (4, 6)


@dataclass(frozen=True)
class Bench:
    """`host` is under test; `peer` is what it talks to (it may be the same), reached at `peer_at` per family.

    `foreign` is an address that neither has. `hosts_file` names in the host's own file with their addresses.
    """

    host: Host
    peer: Host
    peer_at: dict[Family, IPAddress]
    foreign: IPAddress
    hosts_file: dict[str, IPAddress] = field(default_factory=dict)
    loops: bool = False
    """A socket can be bound to the loopback interface: then nothing is sent to groups elsewhere."""


async def failure_of(awaitable: object) -> Failure:
    """The failure with which it ends."""
    with pytest.raises(HostError) as caught:
        await awaitable  # type: ignore[misc]
    assert caught.value.message
    assert "Errno" not in caught.value.message
    return caught.value.failure


async def next_datagram(socket: UdpSocket) -> Datagram:
    item = await socket.receive()
    assert isinstance(item, Datagram), item
    return item


@asynccontextmanager
async def echo_server(bench: Bench, family: Family = 4) -> AsyncIterator[Listener]:
    async def echo(stream: Stream) -> None:
        while data := await stream.read(65_536):
            await stream.write(data)

    listener = await bench.peer.streams.listen(Endpoint(bench.peer_at[family], 0), echo)
    try:
        yield listener
    finally:
        await listener.close()


class ClockAndRngContract:
    async def test_time_grows_and_sleep_lasts(self, bench: Bench) -> None:
        clock = bench.host.clock
        before = clock.now()
        await clock.sleep(0.01)
        assert clock.now() - before >= 0.0099
        await clock.sleep(0)
        await clock.sleep(-1)
        assert clock.utc().utcoffset() is not None

    async def test_random_numbers_stay_below_their_limit(self, bench: Bench) -> None:
        rng = bench.host.rng
        assert len(rng.bytes(12)) == 12
        assert rng.bytes(12) != rng.bytes(12)
        assert {rng.below(3) for _ in range(200)} == {0, 1, 2}
        assert rng.below(1) == 0
        with pytest.raises(ValueError, match="at least 1"):
            rng.below(0)


class UdpContract:
    @pytest.mark.parametrize("family", FAMILIES)
    async def test_datagrams_go_there_and_back_in_order(self, bench: Bench, family: Family) -> None:
        here = await bench.host.udp.open(family)
        there = await bench.peer.udp.open(family, address=bench.peer_at[family])
        assert here.local.port != 0
        assert there.local.ip == bench.peer_at[family]
        sent_at = [here.send(bytes([number]), there.local) for number in range(20)]
        for number in range(20):
            request = await next_datagram(there)
            assert request.data == bytes([number])
            assert request.source.port == here.local.port
            there.send(request.data * 2, request.source)
        for number in range(20):
            answer = await next_datagram(here)
            assert answer.data == bytes([number]) * 2
            assert answer.source == there.local
            assert answer.received_at >= sent_at[number]
            assert answer.received_at <= bench.host.clock.now()
        here.close()
        there.close()

    async def test_empty_and_large_datagrams_arrive_whole(self, bench: Bench) -> None:
        here, there = await bench.host.udp.open(4), await bench.peer.udp.open(4, address=bench.peer_at[4])
        for data in (b"", bytes(1200)):
            here.send(data, there.local)
            assert (await next_datagram(there)).data == data
        here.close()
        there.close()

    @pytest.mark.parametrize("family", FAMILIES)
    async def test_a_closed_port_is_told(self, bench: Bench, family: Family) -> None:
        gone = await bench.peer.udp.open(family, address=bench.peer_at[family])
        gone.close()
        here = await bench.host.udp.open(family)
        for payload in (b"first", b"second"):
            here.send(payload, gone.local)
            error = await here.receive()
            assert isinstance(error, UdpError)
            assert error.failure is Failure.REFUSED
            assert error.target == gone.local
            assert error.reporter == bench.peer_at[family]
            assert error.data == payload
            assert error.words == "port unreachable"
            assert (error.icmp_type, error.icmp_code) == ((3, 3) if family == 4 else (1, 4))
            assert error.mtu is None
            assert not error.is_time_exceeded
        here.close()

    @pytest.mark.parametrize("family", FAMILIES)
    async def test_a_datagram_can_be_special_and_the_next_is_not(self, bench: Bench, family: Family) -> None:
        here, there = (
            await bench.host.udp.open(family),
            await bench.peer.udp.open(family, address=bench.peer_at[family]),
        )
        here.send(b"special", there.local, ttl=33, tos=0x29)
        special = await next_datagram(there)
        here.send(b"ordinary", there.local)
        ordinary = await next_datagram(there)
        assert special.ttl is None or 28 <= special.ttl <= 33
        assert special.tos in (None, 0x29)
        assert ordinary.ttl is None or ordinary.ttl > 40
        assert ordinary.tos in (None, 0)
        here.close()
        there.close()

    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("whole", [True, False])
    async def test_fragmentation_can_be_chosen(self, bench: Bench, family: Family, whole: bool) -> None:
        here, there = (
            await bench.host.udp.open(family),
            await bench.peer.udp.open(family, address=bench.peer_at[family]),
        )
        here.send(bytes(1000), there.local, dont_fragment=whole)
        assert (await next_datagram(there)).data == bytes(1000)
        here.close()
        there.close()

    async def test_errors_do_not_swallow_what_is_sent_next(self, bench: Bench) -> None:
        gone = await bench.peer.udp.open(4, address=bench.peer_at[4])
        gone.close()
        there = await bench.peer.udp.open(4, address=bench.peer_at[4])
        here = await bench.host.udp.open(4)
        here.send(b"lost", gone.local)
        here.send(b"lost", gone.local)
        here.send(b"kept", there.local)
        assert (await next_datagram(there)).data == b"kept"
        assert [type(await here.receive()) for _ in range(2)] == [UdpError, UdpError]
        here.close()
        there.close()

    async def test_only_a_socket_that_was_opened_for_groups_sends_to_them(self, bench: Bench) -> None:
        group = Endpoint(IPv4Address("239.255.255.250"), 1900)
        looked = sorted((await bench.host.links.look()).interfaces, key=lambda i: i.kind != "loopback")
        interface = next(i for i in looked if i.up and (bench.loops or i.kind != "loopback"))
        plain = await bench.host.udp.open(4, interface=interface.name)
        with pytest.raises(HostError) as refused:
            plain.send(b"search", group)
        assert refused.value.failure is Failure.NOT_SUPPORTED
        plain.close()
        assert await failure_of(bench.host.udp.open(4, multicast=True)) is not Failure.CLOSED
        allowed = await bench.host.udp.open(4, interface=interface.name, multicast=True)
        assert allowed.send(b"search", group) <= bench.host.clock.now()
        allowed.close()

    async def test_closing_ends_receivers_and_senders(self, bench: Bench) -> None:
        socket = await bench.host.udp.open(4)
        waiting = [asyncio.ensure_future(socket.receive()) for _ in range(3)]
        await asyncio.sleep(0)
        socket.close()
        socket.close()
        for receiver in waiting:
            assert await failure_of(receiver) is Failure.CLOSED
        assert await failure_of(socket.receive()) is Failure.CLOSED
        with pytest.raises(HostError) as caught:
            socket.send(b"x", Endpoint(bench.peer_at[4], 9))
        assert caught.value.failure is Failure.CLOSED

    async def test_a_cancelled_receiver_loses_no_datagram(self, bench: Bench) -> None:
        here, there = await bench.host.udp.open(4), await bench.peer.udp.open(4, address=bench.peer_at[4])
        first, second = (asyncio.ensure_future(there.receive()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        here.send(b"x", there.local)
        item = await second
        assert isinstance(item, Datagram)
        assert item.data == b"x"
        assert first.cancelled()
        here.close()
        there.close()

    async def test_bind_failures_have_names(self, bench: Bench) -> None:
        taken = await bench.peer.udp.open(4, address=bench.peer_at[4])
        again = bench.peer.udp.open(4, address=bench.peer_at[4], port=taken.local.port)
        assert await failure_of(again) is Failure.ADDRESS_IN_USE
        foreign_family: Family = 4 if bench.foreign.version == 4 else 6
        foreign = bench.host.udp.open(foreign_family, address=bench.foreign)
        assert await failure_of(foreign) is Failure.ADDRESS_NOT_AVAILABLE
        assert await failure_of(bench.host.udp.open(4, interface="nosuch0")) is Failure.ADDRESS_NOT_AVAILABLE
        taken.close()

    async def test_too_long_datagrams_are_refused(self, bench: Bench) -> None:
        socket = await bench.host.udp.open(4)
        with pytest.raises(HostError) as caught:
            socket.send(bytes(65_508), Endpoint(bench.peer_at[4], 9))
        assert caught.value.failure is Failure.MESSAGE_TOO_LONG
        socket.close()


class StreamsContract:
    @pytest.mark.parametrize("family", FAMILIES)
    async def test_bytes_go_there_and_back(self, bench: Bench, family: Family) -> None:
        async with echo_server(bench, family) as server:
            stream = await bench.host.streams.connect(server.local, timeout_s=5)
            assert stream.remote == server.local
            assert stream.tls is None
            await stream.write(b"hello")
            assert await stream.read(100) == b"hello"
            await stream.close()
            await stream.close()

    async def test_a_megabyte_passes_a_slow_reader(self, bench: Bench) -> None:
        sent = bytes(range(256)) * 4096

        async def give(stream: Stream) -> None:
            await stream.write(sent)

        server = await bench.peer.streams.listen(Endpoint(bench.peer_at[4], 0), give)
        stream = await bench.host.streams.connect(server.local, timeout_s=5)
        got = bytearray()
        while part := await stream.read(10_000):
            assert len(part) <= 10_000
            got += part
        assert bytes(got) == sent
        await stream.close()
        await server.close()

    async def test_nothing_listens(self, bench: Bench) -> None:
        async with echo_server(bench) as server:
            local = server.local
        assert await failure_of(bench.host.streams.connect(local, timeout_s=5)) is Failure.REFUSED

    async def test_the_end_of_the_stream_is_empty_for_ever(self, bench: Bench) -> None:
        async def hang_up(stream: Stream) -> None:
            await stream.write(b"bye")

        server = await bench.peer.streams.listen(Endpoint(bench.peer_at[4], 0), hang_up)
        stream = await bench.host.streams.connect(server.local, timeout_s=5)
        assert await stream.read(10) == b"bye"
        assert await stream.read(10) == b""
        assert await stream.read(10) == b""
        await stream.close()
        assert await failure_of(stream.write(b"x")) in (Failure.CLOSED, Failure.RESET)
        await server.close()

    async def test_closing_a_listener_ends_its_connections(self, bench: Bench) -> None:
        async with echo_server(bench) as server:
            stream = await bench.host.streams.connect(server.local, timeout_s=5)
            await stream.write(b"x")
            assert await stream.read(1) == b"x"
        with contextlib.suppress(HostError):  # a reset is an end too
            assert await stream.read(1) == b""
        await stream.close()

    async def test_listening_failures_have_names(self, bench: Bench) -> None:
        async def refuse(stream: Stream) -> None:
            await stream.close()

        async with echo_server(bench) as server:
            assert await failure_of(bench.peer.streams.listen(server.local, refuse)) is Failure.ADDRESS_IN_USE
        foreign = bench.host.streams.listen(Endpoint(bench.foreign, 0), refuse)
        assert await failure_of(foreign) is Failure.ADDRESS_NOT_AVAILABLE

    async def test_the_source_can_be_chosen(self, bench: Bench) -> None:
        async with echo_server(bench) as server:
            source = await bench.host.links.source_for(server.local.ip)
            stream = await bench.host.streams.connect(server.local, timeout_s=5, source=source)
            assert stream.local.ip == source
            await stream.close()
            wrong = bench.host.streams.connect(server.local, timeout_s=5, source=bench.foreign)
            assert await failure_of(wrong) is Failure.ADDRESS_NOT_AVAILABLE

    async def test_no_unix_socket(self, bench: Bench) -> None:
        connecting = bench.host.streams.connect_unix("/nonexistent/natscope.sock", timeout_s=5)
        assert await failure_of(connecting) is Failure.REFUSED


class NamesLinksAndIcmpContract:
    async def test_literals_are_returned_as_they_are(self, bench: Bench) -> None:
        for family, ip in bench.peer_at.items():
            assert await bench.host.resolver.addresses(str(ip), family, timeout_s=5) == (ip,)
        wrong = bench.host.resolver.addresses(str(bench.peer_at[4]), 6, timeout_s=5)
        assert await failure_of(wrong) is Failure.NAME_NO_ADDRESS

    async def test_the_hosts_file_is_honoured(self, bench: Bench) -> None:
        for name, ip in bench.hosts_file.items():
            family: Family = 4 if ip.version == 4 else 6
            assert ip in await bench.host.resolver.addresses(name, family, timeout_s=5)

    async def test_what_is_no_name_is_not_found(self, bench: Bench) -> None:
        for name in ("", "x" * 300):
            assert await failure_of(bench.host.resolver.addresses(name, 4, timeout_s=5)) is Failure.NAME_NOT_FOUND

    async def test_the_resolver_tells_whom_it_asks(self, bench: Bench) -> None:
        facts = await bench.host.resolver.facts()
        assert facts.ndots >= 0
        assert all(1 <= server.port <= 65535 for server in facts.servers + facts.behind)
        assert bool(facts.source) or not facts.servers

    async def test_links_name_a_loopback_interface(self, bench: Bench) -> None:
        facts = await bench.host.links.look()
        loopback = [interface for interface in facts.interfaces if interface.kind == "loopback"]
        assert loopback
        assert loopback[0].up
        assert any(ip.is_loopback for ip in loopback[0].addresses)
        assert facts.os_ipv4
        names = {interface.name for interface in facts.interfaces}
        assert all(route.interface in names for route in facts.default_routes)

    async def test_the_source_towards_the_peer_is_ours(self, bench: Bench) -> None:
        facts = await bench.host.links.look()
        ours = {ip for interface in facts.interfaces for ip in interface.addresses}
        for ip in bench.peer_at.values():
            assert await bench.host.links.source_for(ip) in ours

    @pytest.mark.parametrize("family", FAMILIES)
    async def test_the_peer_answers_an_echo(self, bench: Bench, family: Family) -> None:
        try:
            reply = await bench.host.icmp.echo(bench.peer_at[family], payload=b"natscope", timeout_s=5)
        except HostError as error:
            if error.failure is not Failure.PERMISSION:
                raise
            pytest.skip(error.message)  # this user may not, and is told so
        assert reply.failure is None
        assert reply.source == bench.peer_at[family]
        assert 0 <= reply.rtt_s < 5


class HostContract(ClockAndRngContract, UdpContract, StreamsContract, NamesLinksAndIcmpContract):
    """The whole of it."""
