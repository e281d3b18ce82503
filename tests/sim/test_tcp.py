"""A TCP connection is a byte pipe over packets: loss costs time, routers and faults hold for it, dead ones end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from natscope.host.api import Failure, Stream
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.presets import PRESETS
from natscope.model.endpoint import Endpoint
from natscope.sim import faults
from natscope.sim.link import LinkSpec
from natscope.sim.stream import PlainEnd
from natscope.sim.tcp import Connection, State
from natscope.sim.topology import Network
from tests.host.contract import failure_of
from tests.sim.ends import address
from tests.sim.running import echoing, this_network

ROUGH = LinkSpec(latency_s=0.02, jitter_s=0.02, loss=0.05, duplication=0.05, reordering=0.1, rate_bps=20e6)
BLACK_HOLE = LinkSpec(mtu=1280, tells_mtu=False)


async def roundtrip(stream: Stream, data: bytes) -> bytes:
    """Send and read as much back, side by side."""
    got = bytearray()

    async def read() -> None:
        while len(got) < len(data) and (part := await stream.read(100_000)):
            got.extend(part)

    await asyncio.gather(stream.write(data), read())
    return bytes(got)


async def test_bytes_survive_a_rough_line(seed: int) -> None:
    net = this_network(seed)
    internet = net.internet()
    here, there = net.host("here", at=internet, link=ROUGH), net.host("there", at=internet)
    data = here.rng.bytes(300_000)
    async with echoing(there):
        stream = await here.streams.connect(Endpoint(address(there), 7), timeout_s=60)
        assert await roundtrip(stream, data) == data
        await stream.close()
    assert net.trace.counts["lost"] > 10


async def test_opening_costs_one_round_trip() -> None:
    net = this_network()
    internet = net.internet()
    line = LinkSpec(latency_s=0.04)
    here, there = net.host("here", at=internet, link=line), net.host("there", at=internet)
    async with echoing(there):
        began = here.clock.now()
        await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
        assert here.clock.now() - began == pytest.approx(2 * 0.045)


async def test_a_lost_syn_costs_a_second() -> None:
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=internet), net.host("there", at=internet)
    faults.schedule(net, [faults.Partition(at_s=0, lasts_s=0.5, nodes=("here",))])
    await asyncio.sleep(0.1)
    async with echoing(there):
        began = here.clock.now()
        await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
        assert here.clock.now() - began == pytest.approx(1.02)


async def test_a_partition_that_heals_is_only_a_delay() -> None:
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=internet), net.host("there", at=internet)
    async with echoing(there):
        stream = await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
        faults.schedule(net, [faults.Partition(at_s=0, lasts_s=4, nodes=("there",))])
        await asyncio.sleep(0.001)
        began = here.clock.now()
        assert await roundtrip(stream, b"hello") == b"hello"
        assert 4 < here.clock.now() - began < 10


async def test_a_partition_that_stays_ends_the_connection() -> None:
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=internet), net.host("there", at=internet)
    async with echoing(there):
        stream = await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
        faults.schedule(net, [faults.Partition(at_s=0, lasts_s=86_400, nodes=("there",))])
        await asyncio.sleep(0.001)
        await stream.write(b"hello")
        assert await failure_of(stream.read(10)) is Failure.TIMEOUT


async def test_a_forgotten_mapping_ends_an_idle_connection() -> None:
    """The router's memory is shorter than the silence: its SYN-only rule drops what comes later."""
    net = this_network()
    internet = net.internet()
    short = Lifetimes(tcp_established_s=60, tcp_transitory_s=10)
    home = net.nat("home", at=internet, config=replace(PRESETS["port-restricted"].config, lifetimes=short))
    here, there = net.host("here", at=home), net.host("there", at=internet)
    async with echoing(there):
        stream = await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
        assert await roundtrip(stream, b"hello") == b"hello"
        await asyncio.sleep(50)
        assert await roundtrip(stream, b"again") == b"again"
        await asyncio.sleep(120)
        await stream.write(b"too late")
        assert await failure_of(stream.read(10)) is Failure.TIMEOUT
    assert net.trace.counts["tcp without a connection"] > 0


@pytest.mark.parametrize("tells", [True, False])
async def test_a_narrow_path_needs_icmp(tells: bool) -> None:
    net = this_network()
    internet = net.internet()
    home = net.nat("home", at=internet, link=replace(BLACK_HOLE, tells_mtu=tells))
    here, there = net.host("here", at=home), net.host("there", at=internet)
    async with echoing(there):
        stream = await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
        assert await roundtrip(stream, b"small") == b"small"
        if tells:
            assert await roundtrip(stream, bytes(20_000)) == bytes(20_000)
            assert net.trace.counts["too big"] > 0
        else:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(10):
                    await roundtrip(stream, bytes(20_000))


async def test_a_reader_that_sleeps_holds_the_writer_back() -> None:
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=internet), net.host("there", at=internet)
    data = bytes(range(256)) * 8192
    got = bytearray()

    async def slow(stream: Stream) -> None:
        while part := await stream.read(300_000):
            got.extend(part)
            await there.clock.sleep(30)

    listener = await there.streams.listen(Endpoint(address(there), 7), slow)
    stream = await here.streams.connect(listener.local, timeout_s=5)
    began = here.clock.now()
    await stream.write(data)
    assert here.clock.now() - began > 60
    await stream.close()
    await asyncio.sleep(1000)
    assert bytes(got) == data


async def test_both_sides_may_call_at_once() -> None:
    """Simultaneous open (RFC 9293 §3.5): two SYNs that cross make one connection."""
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=internet), net.host("there", at=internet)
    ends = (int(address(here)), 5000), (int(address(there)), 6000)
    first = Connection(here.node, *ends, 4, State.OPENING)
    second = Connection(there.node, ends[1], ends[0], 4, State.OPENING)
    one, other = PlainEnd(first), PlainEnd(second)
    first.open()
    second.open()
    await asyncio.gather(one.opened(), other.opened())
    await one.write(b"from here")
    await other.write(b"from there")
    assert (await one.read(100), await other.read(100)) == (b"from there", b"from here")


async def test_what_was_written_before_closing_arrives() -> None:
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=internet, link=ROUGH), net.host("there", at=internet)
    got = bytearray()
    done = asyncio.Event()

    async def collect(stream: Stream) -> None:
        while part := await stream.read(65_536):
            got.extend(part)
        done.set()

    listener = await there.streams.listen(Endpoint(address(there), 7), collect)
    stream = await here.streams.connect(listener.local, timeout_s=60)
    await stream.write(bytes(100_000))
    await stream.close()
    await done.wait()
    assert len(got) == 100_000


async def test_nothing_is_left_of_ended_connections() -> None:
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=net.nat("home", at=internet)), net.host("there", at=internet)
    async with echoing(there):
        for _ in range(20):
            stream = await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
            await roundtrip(stream, b"hello")
            await stream.close()
    await asyncio.sleep(120)
    assert (here.node.stack.connections, there.node.stack.connections) == ({}, {})


async def test_a_dark_machine_times_out_and_a_crashed_program_resets() -> None:
    net = this_network()
    internet = net.internet()
    here, there = net.host("here", at=internet), net.host("there", at=internet)
    async with echoing(there):
        stream = await here.streams.connect(Endpoint(address(there), 7), timeout_s=5)
        faults.schedule(net, [faults.Crash(at_s=0, host=there, lasts_s=5)])
        assert await failure_of(stream.read(10)) is Failure.RESET
        assert await failure_of(connect(net)) is Failure.REFUSED
        faults.schedule(net, [faults.Crash(at_s=0, host=there, lasts_s=500, power=True)])
        await asyncio.sleep(0.001)
        assert await failure_of(connect(net)) is Failure.TIMEOUT


async def connect(net: Network) -> None:
    await net.hosts["here"].streams.connect(Endpoint(address(net.hosts["there"]), 7), timeout_s=5)
