"""Which certificates a relay client accepts, and what it reads in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from natscope.host.api import Failure
from natscope.model.relay_map import RelayNode
from natscope.relay.meta_certificate import meta_certificate
from natscope.relay_client import (
    Step,
)
from natscope.sim.authority import Issued
from tests.sim.relay_world import (
    KEY,
    LATENCY_S,
    World,
    node,
    pem_of,
    pinned,
    relay_on,
    with_more,
)
from tests.sim.running import this_network


@pytest.fixture
async def world() -> AsyncIterator[World]:
    net = this_network()
    yield World(net)
    net.close()


class TestCertificates:
    """Names, pins, and what the map leaves unchecked."""

    @pytest.mark.parametrize(
        ("names", "fields", "words"),
        [
            (["one.test"], {}, ""),
            (["other.test"], {}, "the certificate is for another name"),
            (["other.test"], {"cert_name": "other.test"}, ""),
            (["one.test"], {"cert_name": "other.test"}, "the certificate is not for other.test"),
            (["other.test"], {"insecure_for_tests": True}, ""),
            (["other.test"], {"insecure_for_tests": True, "cert_name": "one.test"}, ""),
            (["one.test"], {"insecure_for_tests": True, "cert_name": "other.test"}, "not for other.test"),
        ],
    )
    async def test_names(self, world: World, names: list[str], fields: dict[str, Any], words: str) -> None:
        await self.judged(world, world.net.authority.issue(names), node(**fields), words)

    async def test_expired(self, world: World) -> None:
        expired = world.net.authority.issue(["one.test"], expired=True)
        await self.judged(world, expired, node(), "the certificate has expired")
        await self.judged(world, expired, pinned(expired), "the pinned certificate has expired")

    async def test_pins(self, world: World) -> None:
        own = world.net.authority.issue(["one.test"], self_signed=True)
        await self.judged(world, own, node(), "self-signed")
        await self.judged(world, own, pinned(own), "")
        await self.judged(world, own, pinned(world.issued), "not the pinned one")
        await self.judged(world, own, node(cert_name="sha256-raw:"), "not the pinned one")
        await self.judged(world, own, node(cert_name=f"sha256-raw:{own.pin.upper()}"), "not the pinned one")
        other = world.net.authority.issue(["other.test"], self_signed=True)
        await self.judged(world, other, pinned(other), "the pinned certificate is not for one.test")

    async def test_a_pinned_relay_shows_one_certificate_and_perhaps_its_key(self, world: World, tmp_path: Path) -> None:
        own = world.net.authority.issue(["one.test"], self_signed=True)
        second = pem_of(world.issued)
        two = with_more(own, tmp_path / "two.pem", second)
        await self.judged(world, two, pinned(own), "exactly one certificate, this one presents 2")
        meta = meta_certificate(KEY.public, world.client.clock.utc())
        await self.judged(world, with_more(own, tmp_path / "meta.pem", meta), pinned(own), "")

    async def judged(self, world: World, issued: Issued, wanted: RelayNode, words: str) -> None:
        async with relay_on(world.one, issued.files):
            if words:
                error = await world.refused(wanted)
                assert (error.step, error.failure) == (Step.TLS, Failure.CERTIFICATE)
                assert words in error.message
            else:
                async with await world.connect(wanted) as connection:
                    assert connection.facts.server_key == KEY.public

    async def test_fast_start_saves_the_upgrade(self, world: World, tmp_path: Path) -> None:
        meta = meta_certificate(KEY.public, world.client.clock.utc())
        issued = with_more(world.issued, tmp_path / "chain.pem", meta)
        async with (
            relay_on(world.one, issued.files),
            await world.connect(node()) as fast,
            await world.connect(node(), fast_start=False) as slow,
        ):
            assert (fast.facts.is_fast, slow.facts.is_fast) == (True, False)
            assert fast.facts.server_key == slow.facts.server_key == KEY.public
            assert fast.facts.headers == {}
            assert slow.facts.headers["derp-public-key"] == KEY.public.hex()
            saved = (slow.facts.timings.total_s or 0) - (fast.facts.timings.total_s or 0)
            assert saved == pytest.approx(4 * LATENCY_S)
            assert await fast.ping() == pytest.approx(4 * LATENCY_S)

    async def test_a_lying_meta_certificate_is_noticed(self, world: World, tmp_path: Path) -> None:
        meta = meta_certificate(bytes(range(32)), world.client.clock.utc())
        async with relay_on(world.one, with_more(world.issued, tmp_path / "chain.pem", meta).files):
            error = await world.refused(node())
        assert error.step is Step.GREETING
