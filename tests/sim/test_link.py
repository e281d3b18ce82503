"""Each quality of a link does what its name says, within its bounds, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from natscope.host.api import Failure, HostError, Stream, TlsOptions
from natscope.model.endpoint import Endpoint
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.meddler import MeddlerSpec
from natscope.sim.topology import Network
from tests.sim.ends import End, address

PERFECT = LinkSpec(latency_s=0.0)
COUNT = 2000


@dataclass(frozen=True)
class Crossing:
    """The one-way times of packets over one link and their numbers, both in order of arrival."""

    times: list[float]
    order: list[int]


def cross(seed: int, spec: LinkSpec, count: int = COUNT, every_s: float = 0.001) -> Crossing:
    """Send packets of 500 bytes over the link under test and a perfect one."""
    with Network(seed) as net:
        internet = net.internet(dns=False)
        here = End(net.host("here", at=internet, link=spec, back=PERFECT))
        there = End(net.host("there", at=internet, link=PERFECT))
        start = net.timeline.now
        for number in range(count):
            net.timeline.at(start + number * every_s, send_number, here, there, number)
        net.timeline.run_all()
        order = [int.from_bytes(payload, "big") for payload in there.payloads if isinstance(payload, bytes)]
        times = [at - start - number * every_s for (at, _), number in zip(there.got, order, strict=True)]
        return Crossing(times, order)


def send_number(here: End, there: End, number: int) -> None:
    here.send(there.at, number.to_bytes(4, "big"), length=500)


def test_latency_is_exact() -> None:
    assert cross(1, LinkSpec(latency_s=0.03), 20).times == pytest.approx([0.03] * 20)


def test_jitter_stays_within_its_bound_and_keeps_the_order(seed: int) -> None:
    crossing = cross(seed, LinkSpec(latency_s=0.03, jitter_s=0.02))
    times = crossing.times
    assert min(times) >= 0.03
    assert max(times) <= 0.05 + 1e-9
    assert max(times) - min(times) > 0.01
    assert crossing.order == list(range(COUNT))


def test_loss_has_its_rate(seed: int) -> None:
    assert pytest.approx(COUNT - len(cross(seed, LinkSpec(loss=0.2)).order), rel=0.2) == COUNT * 0.2
    assert cross(seed, LinkSpec(loss=1.0), 50).order == []


def test_duplicates_have_their_rate(seed: int) -> None:
    order = cross(seed, LinkSpec(duplication=0.1)).order
    assert pytest.approx(len(order) - COUNT, rel=0.3) == COUNT * 0.1
    assert sorted(dict.fromkeys(order)) == list(range(COUNT))


def test_reordered_packets_are_overtaken(seed: int) -> None:
    crossing = cross(seed, LinkSpec(latency_s=0.01, reordering=0.1, held_back_s=0.0055))
    held = [t for t in crossing.times if t > 0.0101]
    assert held == pytest.approx([0.0155] * len(held))
    assert pytest.approx(len(held), rel=0.3) == COUNT * 0.1
    assert crossing.order != sorted(crossing.order)


def test_a_rate_spaces_packets_and_its_queue_is_bounded() -> None:
    """500 bytes at 400 kbit/s are 10 ms each; 5,000 bytes of queue hold ten."""
    times = cross(1, LinkSpec(latency_s=0.0, rate_bps=400e3, queue_bytes=5000), 30, every_s=0.0).times
    assert times == pytest.approx([0.01 * n for n in range(1, 11)])


def test_a_slow_link_passes_what_fits_its_rate() -> None:
    assert len(cross(1, LinkSpec(rate_bps=400e3, queue_bytes=5000), 100, every_s=0.011).order) == 100


def test_ipv6_may_go_another_way() -> None:
    """With a latency of its own, and without waiting for packets of the other family."""
    spec = LinkSpec(latency_s=0.03, ipv6_latency_s=0.01, jitter_s=0.001)
    assert not spec.is_plain
    with Network(1) as net:
        internet = net.internet(dns=False)
        here = net.host("here", at=internet, link=spec, back=PERFECT)
        there = net.host("there", at=internet, link=PERFECT)
        start, times = net.timeline.now, []
        for family in (4, 6):
            target = End(there, family=family)
            End(here, family=family).send(target.at)
            times.append(target.got)
        net.timeline.run_all()
        four, six = (got[0][0] - start for got in times)
    assert 0.01 <= six <= 0.011
    assert 0.03 <= four <= 0.031


def test_a_greeting_with_a_name_resets_both_ends() -> None:
    spec = LinkSpec(latency_s=0.01, meddler=MeddlerSpec(resets=("relay3.test",)))
    assert greet(spec, "relay3.test") == (Failure.RESET, Failure.RESET)
    assert greet(spec, "relay2.test")[1] is None, "the server got the whole greeting"


def greet(spec: LinkSpec, name: str) -> tuple[Failure | None, Failure | None]:
    """How a client's handshake fails, and how the server's connection, on which nothing is ever answered."""
    ends: list[Failure | None] = [None, None]

    async def serve(stream: Stream) -> None:
        try:
            await stream.read(100)
        except HostError as error:
            ends[1] = error.failure

    async def call(client: SimHost, server: SimHost) -> None:
        await server.streams.listen(Endpoint(address(server), 443), serve)
        stream = await client.streams.connect(Endpoint(address(server), 443), timeout_s=5)
        try:
            await stream.start_tls(TlsOptions(name))
        except HostError as error:
            ends[0] = error.failure

    with Network(1) as net:
        internet = net.internet(dns=False)
        client = net.host("client", at=internet, link=spec, back=PERFECT)
        net.run(call(client, net.host("server", at=internet, link=PERFECT)))
    return ends[0], ends[1]


def test_nonsense_is_refused() -> None:
    for bad in (
        {"loss": 1.5},
        {"latency_s": -1.0},
        {"ipv6_latency_s": -1.0},
        {"rate_bps": 0.0},
        {"mtu": 10},
        {"queue_bytes": 100},
    ):
        with pytest.raises(ValueError, match=r"chance|negative|positive|at least"):
            LinkSpec(**bad)
