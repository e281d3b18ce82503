"""A certificate is obtained, renewed in time and kept when renewal fails; two processes do not both renew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from natscope.acme.folder import ACCOUNT, AcmeFolder
from natscope.acme.keeper import AcmeSettings, Keeper
from natscope.machines.acme.key_material import Bundle, key_pem, new_key, read_bundle
from tests.acme.paper import JumpingClock, PaperHttp, Remembered, paper_host
from tests.machines.acme.fake_server import DIRECTORY, FakeAcme

DAY = 86_400.0


class Bench:
    """A keeper with everything on paper around it."""

    def __init__(self, folder: Path, server: FakeAcme | None = None, clock: JumpingClock | None = None) -> None:
        host, self.clock = paper_host(clock)
        self.server = server or FakeAcme()
        self.http = PaperHttp(self.server)
        self.challenges = Remembered()
        self.taken: list[Bundle] = []
        self.lines: list[tuple[bool, str]] = []
        self.folder = AcmeFolder(str(folder))
        settings = AcmeSettings(name="Relay.example", directory_url=DIRECTORY)
        self.keeper = Keeper(host, self.http, self.folder, settings, self.challenges, self.taken.append, self._say)

    def _say(self, event: str, words: str, *, is_trouble: bool) -> None:
        self.lines.append((is_trouble, words))

    @property
    def trouble(self) -> list[str]:
        return [words for is_trouble, words in self.lines if is_trouble]

    async def until(self, done: Callable[[], bool]) -> None:
        """Keep until `done`; the issuer's clock goes with ours."""
        task = asyncio.ensure_future(self.keeper.keep())
        try:
            for _ in range(100_000):
                self.server.now = self.clock.utc()
                if done() or task.done():
                    break
                await asyncio.sleep(0)
            assert done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_first_certificate_account_and_files(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.until(lambda: bool(bench.taken))
    assert bench.taken[0].names == ("relay.example",)
    assert (tmp_path / "relay.example").read_bytes() == bench.taken[0].pem
    assert (tmp_path / ACCOUNT).read_bytes().startswith(b"-----BEGIN EC PRIVATE KEY-----")
    assert bench.lines == [(False, "certificate for Relay.example from Paper CA, good until 2026-04-01 00:00 UTC")]
    assert bench.challenges.shown[0].kind == "tls-alpn-01"


async def test_a_later_start_uses_what_is_there_and_the_same_account(tmp_path: Path) -> None:
    first = Bench(tmp_path)
    assert await first.keeper.try_once()
    second = Bench(tmp_path, first.server)
    assert second.keeper.look()
    assert not second.keeper.look()
    assert second.taken == first.taken
    assert second.http.requests == []
    await second.until(lambda: len(second.taken) == 2)
    assert 58 * DAY <= second.clock.passed_s <= 60 * DAY
    assert len(set(first.server.accounts)) == 1


async def test_renewals_go_on_for_a_year(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.until(lambda: len(bench.taken) == 7)
    assert 6 * 57 * DAY <= bench.clock.passed_s <= 6 * 60 * DAY + 3600
    assert bench.trouble == []
    assert len({bundle.pem for bundle in bench.taken}) == 7


async def test_a_failure_keeps_the_old_certificate_and_says_so_in_one_line(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert await bench.keeper.try_once()
    bench.http.is_down = True
    await bench.until(lambda: len(bench.trouble) == 3)
    assert len(bench.taken) == 1
    assert bench.trouble[0] == (
        "no new certificate for Relay.example: acme.test: the connection was refused; the one in use is good until "
        "2026-04-01, next try in 5 min"
    )
    assert bench.trouble[2].endswith("next try in 20 min")
    assert all("\n" not in words for words in bench.trouble)
    bench.http.is_down = False
    await bench.until(lambda: len(bench.taken) == 2)


async def test_words_for_none_yet_and_for_an_expired_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.http.is_down = True
    assert not await bench.keeper.try_once()
    assert "there is none yet, next try in 5 min" in bench.trouble[0]
    bench.http.is_down = False
    assert await bench.keeper.try_once()
    bench.http.is_down = True
    bench.clock.passed_s = 91 * DAY
    assert not await bench.keeper.try_once()
    assert "the one in use has expired on 2026-04-01" in bench.trouble[1]


async def test_the_second_kind_of_proof_is_tried_when_the_first_is_refused(tmp_path: Path) -> None:
    server = FakeAcme(proof=lambda kind: "port 443 is closed" if kind == "tls-alpn-01" else "")
    bench = Bench(tmp_path, server)
    assert await bench.keeper.try_once()
    assert [challenge.kind for challenge in bench.challenges.shown] == ["tls-alpn-01", "http-01"]
    both = Bench(tmp_path / "other", FakeAcme(proof=lambda kind: f"{kind} is closed"))
    assert not await both.keeper.try_once()
    assert "tls-alpn-01: tls-alpn-01 is closed; http-01: http-01 is closed" in both.trouble[0]


async def test_a_limit_is_not_tried_again_by_another_kind(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    headers = {"retry-after": "7200"}
    bench.server.faults["/newOrder"] = [bench.server.problem("rateLimited", "too many certificates.", 429, **headers)]
    assert not await bench.keeper.try_once()
    assert bench.trouble[0].endswith("too many certificates; there is none yet, next try in 2 h")
    assert bench.challenges.shown == []


async def test_waking_tries_again_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.http.is_down = True
    assert not await bench.keeper.try_once()
    bench.http.is_down = False
    bench.keeper.wake()
    await bench.until(lambda: bool(bench.taken))
    assert bench.clock.passed_s < 60


@pytest.mark.parametrize("content", [b"", b"garbage", "other name"])
async def test_a_file_that_does_not_fit_is_named_and_replaced(tmp_path: Path, content: bytes | str) -> None:
    bench = Bench(tmp_path)
    if isinstance(content, str):
        other = Bench(tmp_path / "other")
        other.server.posted.clear()
        assert await other.keeper.try_once()
        content = other.taken[0].pem.replace(b"A", b"B")
    (tmp_path / "relay.example").write_bytes(content)
    await bench.until(lambda: bool(bench.taken))
    assert "relay.example is not used" in bench.trouble[0]


async def test_an_account_key_that_cannot_be_read_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / ACCOUNT).write_bytes(b"precious")
    bench = Bench(tmp_path)
    assert not await bench.keeper.try_once()
    assert "no private key that can be read" in bench.trouble[0]
    assert (tmp_path / ACCOUNT).read_bytes() == b"precious"


async def test_a_folder_of_upstreams_is_used_as_it_is(tmp_path: Path) -> None:
    """Files of autocert: an account key, and key and chain of a host in one file."""
    account = key_pem(new_key(bytes(48)))
    (tmp_path / ACCOUNT).write_bytes(account)
    bench = Bench(tmp_path)
    assert await bench.keeper.try_once()
    assert (tmp_path / ACCOUNT).read_bytes() == account
    assert read_bundle((tmp_path / "relay.example").read_bytes()).names == ("relay.example",)


async def test_one_renews_and_the_others_follow(tmp_path: Path) -> None:
    leader = Bench(tmp_path)
    follower = Bench(tmp_path, leader.server, leader.clock)
    following = asyncio.ensure_future(follower.keeper.keep())
    await asyncio.sleep(0)
    leading = asyncio.ensure_future(leader.keeper.keep())  # the one that came first leads
    try:
        for _ in range(2000):
            await asyncio.sleep(0)
            if leader.taken and follower.taken:
                break
        assert leader.taken[:1] == follower.taken[:1]
        assert leader.server.issued == 1
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert leader.folder.take_lead() or not leading.done()
    finally:
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)


async def test_what_is_issued_expired_is_not_asked_for_again_and_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FakeAcme(days=0.0001))
    task = asyncio.ensure_future(bench.keeper.keep())
    for _ in range(800):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert bench.server.issued <= bench.clock.passed_s / 225 + 2
