"""Requests, pauses and challenges of the dialogue are carried out, and challenges never stay."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import pytest

from natscope.acme.conversation import hold
from natscope.errors import CannotMeasure, NatscopeError
from natscope.host.api import HostError
from natscope.machines.acme.dialogue import Answer, Command, Wait, Wish, obtain
from natscope.machines.acme.key_material import RANDOM_BYTES, new_key
from natscope.machines.acme.renewal import AcmeError
from tests.acme.paper import JumpingClock, PaperHttp, Remembered
from tests.machines.acme.fake_server import DIRECTORY, FakeAcme

KEY = new_key(bytes(range(RANDOM_BYTES)))


def dialogue() -> Generator[Command, Answer | None, bytes]:
    return obtain(Wish(DIRECTORY, "relay.example", KEY, ("http-01",)), KEY)


async def test_requests_are_signed_posts_with_our_trust() -> None:
    http, challenges = PaperHttp(FakeAcme()), Remembered()
    chain = await hold(dialogue(), http, JumpingClock(), challenges, "ca.pem")
    assert chain.startswith(b"-----BEGIN CERTIFICATE-----")
    posts = [request for request in http.requests if request.method == "POST"]
    assert {request.headers["content-type"] for request in posts} == {"application/jose+json"}
    assert all(r.tls and (r.tls.ca_file, r.tls.server_name) == ("ca.pem", "acme.test") for r in http.requests)
    assert len(challenges.shown) == 1
    assert challenges.up == []


async def test_without_a_ca_file_the_systems_authorities_are_asked() -> None:
    http = PaperHttp(FakeAcme())
    await hold(dialogue(), http, JumpingClock(), Remembered())
    assert {request.tls for request in http.requests} == {None}


@pytest.mark.parametrize("case", ["refused proof", "lost connection", "challenge cannot be put up"])
async def test_a_challenge_is_taken_down_however_it_ends(case: str) -> None:
    server = FakeAcme(proof=lambda kind: "no" if case == "refused proof" else "")
    http, challenges = PaperHttp(server), Remembered()
    if case == "challenge cannot be put up":
        challenges.refuses = CannotMeasure("no room")
    if case == "lost connection":
        server.proof = http.go_down
    expected: dict[str, type[NatscopeError]] = {"refused proof": AcmeError, "lost connection": HostError}
    with pytest.raises(expected.get(case, CannotMeasure)):
        await hold(dialogue(), http, JumpingClock(), challenges)
    assert challenges.up == []


async def test_a_challenge_is_taken_down_when_nobody_waits_any_more() -> None:
    class StandingClock(JumpingClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    server, challenges = FakeAcme(), Remembered()
    server.polls_before_valid = 5
    task = asyncio.ensure_future(hold(dialogue(), PaperHttp(server), StandingClock(), challenges))
    for _ in range(200):
        await asyncio.sleep(0)
    assert challenges.up
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert challenges.up == []


async def test_pauses_are_slept() -> None:
    def waiting() -> Generator[Command, Answer | None, bytes]:
        assert (yield Wait(7)) is None
        return b"done"

    clock = JumpingClock()
    assert await hold(waiting(), PaperHttp(FakeAcme()), clock, Remembered()) == b"done"
    assert clock.passed_s == 7
