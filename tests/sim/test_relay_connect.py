"""Which relay a client connects to and when, and what it says of each bad server: in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from natscope.host.api import Failure, Stream
from natscope.model.endpoint import Endpoint
from natscope.relay.meta_certificate import meta_certificate
from natscope.relay_client import (
    Step,
    Target,
)
from natscope.sim.name_answers import Manner
from natscope.wire.derp.frames import HEADER, FrameType, Pong, ServerKey, encode
from tests.relay_client.relays import node_at
from tests.sim.ends import address
from tests.sim.relay_world import (
    KEY,
    LATENCY_S,
    UPGRADE,
    World,
    head,
    listening,
    node,
    region,
    relay_on,
    says,
    with_more,
)
from tests.sim.running import this_network


@pytest.fixture
async def world() -> AsyncIterator[World]:
    net = this_network()
    yield World(net)
    net.close()


class TestOrder:
    """Which node, which family, how long."""

    async def test_the_first_node_is_taken_by_name(self, world: World) -> None:
        async with (
            relay_on(world.one, world.issued.files),
            await world.connect(region(node("one"), node("two"))) as connection,
        ):
            facts = connection.facts
        assert facts.node == node("one")
        round_trip = 4 * LATENCY_S
        assert facts.timings.dns_s == pytest.approx(round_trip)
        assert facts.timings.tcp_s == pytest.approx(2 * round_trip)
        assert facts.timings.tls_s == pytest.approx(round_trip)
        assert facts.timings.http_s == pytest.approx(round_trip)
        assert facts.timings.greeting_s == pytest.approx(round_trip)
        assert facts.timings.total_s == pytest.approx(5 * round_trip)

    async def test_a_silent_node_has_its_time_and_the_next_one_is_told(self, world: World) -> None:
        world.one.node.stack.refuses = False
        asked: list[bytes] = []

        async def note(stream: Stream) -> None:
            asked.append(await stream.read(4096))

        began = world.now
        async with listening(world.two, note, world.issued.files):
            error = await world.refused(region(node("one"), node("s", stun_only=True), node("two")))
        assert error.node == node("two")
        assert b"\r\nIdeal-Node: one\r\n" in asked[0]
        assert world.now - began == pytest.approx(1.5, abs=0.2)

    async def test_where_no_node_answers_the_first_ones_reason_is_told(self, world: World) -> None:
        world.one.node.stack.refuses = False
        began = world.now
        error = await world.refused(region(node("one"), node("two")))
        assert (error.step, error.failure, error.node) == (Step.TCP, Failure.TIMEOUT, node("one"))
        assert "relay one (one.test), connecting over TCP" in error.message
        assert world.now - began == pytest.approx(1.5, abs=0.1)  # the second one refuses at once

    async def test_refused(self, world: World) -> None:
        error = await world.refused(node())
        assert (error.step, error.failure) == (Step.TCP, Failure.REFUSED)
        assert error.address is not None

    async def test_no_relay_at_all(self, world: World) -> None:
        error = await world.refused(region(node(stun_only=True)))
        assert (error.step, error.message) == (Step.DNS, "region 1 (r) has no relay, only STUN servers or nothing")
        error = await world.refused(node(ipv4="none", ipv6="none"))
        assert "neither IPv4 nor IPv6" in error.message

    @pytest.mark.parametrize(("manner", "within_s"), [(Manner.HANG, 1.5), (Manner.FAIL, 0.1)])
    async def test_names_that_are_not_found(self, world: World, manner: Manner, within_s: float) -> None:
        assert world.net.dns is not None
        world.net.dns.manner = manner
        began = world.now
        error = await world.refused(node())
        assert error.step is Step.DNS
        assert "looking up its name" in error.message
        assert world.now - began <= within_s + 0.01

    async def test_ipv6_can_have_a_start(self, world: World) -> None:
        async with (
            relay_on(world.one, world.issued.files, 4),
            relay_on(world.one, world.issued.files, 6),
            await world.connect(node(), prefer_ipv6=True) as connection,
        ):
            assert connection.facts.address.family == 6
        async with relay_on(world.one, world.issued.files, 4):
            began = world.now
            async with await world.connect(node(), prefer_ipv6=True) as connection:
                assert connection.facts.address.family == 4
            assert world.now - began < 0.2  # IPv6 was refused: nobody waits for the start to pass
            async with await world.connect(node(), families=(4,)) as connection:
                assert connection.facts.address.family == 4
        async with relay_on(world.one, world.issued.files, 6), await world.connect(node(ipv4="none")) as connection:
            assert connection.facts.address.family == 6

    async def test_a_literal_needs_no_name_server(self, world: World) -> None:
        assert world.net.dns is not None
        world.net.dns.manner = Manner.HANG
        async with relay_on(world.one, world.issued.files):
            at = Endpoint(address(world.one), 443)
            async with await world.connect(node_at(at, "one", host_name="one.test")) as connection:
                assert connection.facts.timings.dns_s is None

    async def test_a_url_with_another_address(self, world: World) -> None:
        async with relay_on(world.two, world.issued.files, port=8443):
            target = Target.of_url("https://one.test:8443/derp", dial_host="two.test")
            async with await world.connect(target) as connection:
                assert connection.facts.address == Endpoint(address(world.two), 8443)
        async with (
            relay_on(world.two, None, port=80),
            await world.connect(Target.of_url("http://two.test/derp")) as connection,
        ):
            assert connection.facts.tls is None


BAD_SERVERS = {
    "never answers": (says(), Step.HTTP, Failure.TIMEOUT, "did not answer within 10 s"),
    "closes": (says(stays=False), Step.HTTP, Failure.CLOSED, "closed the connection without an answer"),
    "half a head": (says(b"HTTP/1.1 101 Sw"), Step.HTTP, Failure.TIMEOUT, "asking for the upgrade"),
    "garbage": (says(b"SSH-2.0-x\r\n\r\n"), Step.HTTP, Failure.OTHER, "is no HTTP"),
    "endless head": (says(head("101 Sw") * 1, stays=True), Step.GREETING, Failure.TIMEOUT, "DERP greeting"),
    "huge head": (says(b"HTTP/1.1 101 S\r\nA: " + bytes(40_000)), Step.HTTP, Failure.OTHER, "is no HTTP"),
    "HTTP 500": (says(head("500 No", "Content-Length: 0")), Step.HTTP, Failure.REFUSED, "answers HTTP 500 instead"),
    "HTTP 426": (says(head("426 Upgrade", "Content-Length: 0")), Step.HTTP, Failure.REFUSED, "answers HTTP 426"),
    "redirect": (
        says(head("302 Found", "Location: https://login.test/", "Content-Length: 0")),
        Step.HTTP, Failure.REFUSED, "answers HTTP 302 instead of switching to DERP and sends us to https://login.test/",
    ),
    "page": (says(head("200 OK", "Content-Length: 9000000")), Step.HTTP, Failure.REFUSED, "HTTP 200"),
    "switches and is silent": (says(UPGRADE), Step.GREETING, Failure.TIMEOUT, "in the DERP greeting"),
    "switches to garbage": (says(UPGRADE + b"\0" * 100), Step.GREETING, Failure.OTHER, "no ServerKey"),
    "switches to another frame": (says(UPGRADE + encode(Pong(bytes(8)))), Step.GREETING, Failure.OTHER, "ServerKey"),
    "huge first frame": (
        says(UPGRADE + HEADER.pack(FrameType.SERVER_KEY, 70_000) + bytes(70_000)),
        Step.GREETING, Failure.OTHER, "a frame of 70000 bytes",
    ),
    "wrong magic": (
        says(UPGRADE + HEADER.pack(FrameType.SERVER_KEY, 40) + bytes(40)), Step.GREETING, Failure.OTHER, "the magic",
    ),
    "key and nothing else": (
        says(UPGRADE + encode(ServerKey(KEY.public))), Step.GREETING, Failure.TIMEOUT, "in the DERP greeting",
    ),
    "key and a huge frame": (
        says(UPGRADE + encode(ServerKey(KEY.public)) + HEADER.pack(FrameType.SERVER_INFO, 1 << 30)),
        Step.GREETING, Failure.OTHER, "a frame of 1073741824 bytes",
    ),
    "key and a box of somebody else": (
        says(UPGRADE + encode(ServerKey(KEY.public)) + HEADER.pack(FrameType.SERVER_INFO, 60) + bytes(60)),
        Step.GREETING, Failure.OTHER, "box",
    ),
    "key and the end": (
        says(UPGRADE + encode(ServerKey(KEY.public)), stays=False), Step.GREETING, Failure.CLOSED,
        "does not let this client in",
    ),
}  # fmt: skip


class TestBadServers:
    """One clear error each, in bounded time."""

    @pytest.mark.parametrize("name", BAD_SERVERS)
    async def test_each_has_its_words(self, world: World, name: str) -> None:
        handler, step, failure, words = BAD_SERVERS[name]
        began = world.now
        async with listening(world.one, handler, world.issued.files):
            error = await world.refused(node())
        assert (error.step, error.failure) == (step, failure)
        assert words in error.message
        assert error.message.count("one.test") == 1
        assert error.node == node()
        assert world.now - began <= 10.0 + 0.01
        assert error.timings.total_s == pytest.approx(world.now - began, abs=1.1)

    async def test_the_status_and_a_redirect_are_values(self, world: World) -> None:
        async with listening(world.one, BAD_SERVERS["redirect"][0], world.issued.files):
            error = await world.refused(node())
        assert (error.status, error.location) == (302, "https://login.test/")

    async def test_a_refusal_in_the_middle_of_a_fast_start(self, world: World, tmp_path: Path) -> None:
        meta = meta_certificate(KEY.public, world.client.clock.utc())
        issued = with_more(world.issued, tmp_path / "chain.pem", meta)
        async with listening(world.one, says(head("503 Busy", "Content-Length: 0")), issued.files):
            error = await world.refused(node())
        assert (error.status, error.failure) == (503, Failure.REFUSED)

    async def test_plain_http_where_tls_should_be(self, world: World) -> None:
        async with listening(world.one, says(b"HTTP/1.1 400 Bad\r\n\r\n"), None):
            error = await world.refused(node())
        assert (error.step, error.failure) == (Step.TLS, Failure.TLS)
        assert "does not speak TLS" in error.message

    async def test_silence_in_tls(self, world: World) -> None:
        began = world.now
        async with listening(world.one, says(), None):
            error = await world.refused(node())
        assert (error.step, error.failure) == (Step.TLS, Failure.TIMEOUT)
        assert world.now - began == pytest.approx(10.0, abs=0.01)

    async def test_tls_is_never_left_out_unasked(self, world: World) -> None:
        async with relay_on(world.one, None):
            assert (await world.refused(node())).step is Step.TLS
            async with await world.connect(node(derp_port=443), plain=True) as connection:
                assert connection.facts.tls is None

    async def test_a_cancelled_connect_leaves_nothing_open(self, world: World) -> None:
        ends: list[float] = []

        async def notice_the_end(stream: Stream) -> None:
            while await stream.read(4096):
                pass
            ends.append(world.now)

        async with listening(world.one, notice_the_end, world.issued.files):
            began = world.now
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(3):
                    await world.connect(node())
            await asyncio.sleep(1)
        assert ends == [pytest.approx(began + 3, abs=0.1)]
