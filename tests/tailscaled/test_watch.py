"""Notices as they come: over restarts, from a daemon that says no, and from what is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from natscope.errors import CannotMeasure, NatscopeError, RefusedError
from natscope.host.real.host import build_real_host
from natscope.lab.stand_in import Fault, StandInMesh
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInServer
from natscope.model.mesh_notice import MeshNotice, WatchGap
from natscope.model.mesh_status import MeshState
from natscope.tailscaled.watch import MeshWatch, WatchFor
from natscope.wire.local_api.notices import MAX_LINE_BYTES


def server(path: Path, **fields: object) -> StandInServer:
    return StandInServer(StandIn(StandInMesh(**fields), build_real_host().clock), str(path))  # type: ignore[arg-type]


def watch(path: Path, max_line_bytes: int = MAX_LINE_BYTES) -> MeshWatch:
    return MeshWatch(build_real_host(), str(path), max_line_bytes=max_line_bytes)


async def next_of(events: AsyncIterator[MeshNotice | WatchGap]) -> MeshNotice | WatchGap:
    async with asyncio.timeout(10):
        return await anext(events)


async def test_notices_and_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "t.sock"
    watching = watch(path)
    events = watching.events()
    async with server(path) as first:
        notice = await next_of(events)
        assert isinstance(notice, MeshNotice)
        assert (notice.state, notice.peers_changed) == (MeshState.RUNNING, False)
        first.notify(b'{"State": 4}\nnonsense\n{"PeersChanged": [')
        notice = await next_of(events)
        assert isinstance(notice, MeshNotice)
        assert notice.state is MeshState.STOPPED
        first.notify(b'{"ID": 3}]}\n')
        notice = await next_of(events)
        assert isinstance(notice, MeshNotice)
        assert notice.peers_changed
        assert watching.skipped == 1
        assert first.stand_in.asked == ["GET watch-ipn-bus"]
    for attempt in (1, 2, 3):
        gap = await next_of(events)
        assert isinstance(gap, WatchGap)
        assert gap.attempt == attempt
        assert 0 < gap.retry_in_s <= 0.09
    async with server(path, state="NeedsLogin"):
        found = await until_notice(events)
        assert found.state is MeshState.NEEDS_LOGIN
        await events.aclose()


async def test_one_that_was_never_there(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="does not run"):
        await next_of(watch(tmp_path / "none").events())


async def until_notice(events: AsyncIterator[MeshNotice | WatchGap]) -> MeshNotice:
    while isinstance(found := await next_of(events), WatchGap):
        pass
    return found


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault.DENIED, RefusedError, "does not allow this to you: watch-ipn-bus access denied"),
        (Fault.MISSING, RefusedError, "answers 404"),
        (Fault.BROKEN, RefusedError, "answers 500: something broke"),
        (Fault.GARBAGE, CannotMeasure, "no tailscaled"),
    ],
)
async def test_one_that_says_no(tmp_path: Path, fault: Fault, kind: type[NatscopeError], words: str) -> None:
    async with server(tmp_path / "t.sock", faults={"watch-ipn-bus": fault}):
        with pytest.raises(kind, match=words):
            await next_of(watch(tmp_path / "t.sock").events())


async def test_a_permission_that_is_taken_away_ends_the_watch(tmp_path: Path) -> None:
    path = tmp_path / "t.sock"
    events = watch(path).events()
    async with server(path):
        await next_of(events)
    assert isinstance(await next_of(events), WatchGap)
    async with server(path, faults={"*": Fault.DENIED}):
        with pytest.raises(RefusedError):
            await until_notice(events)


async def test_a_line_without_end_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.sock"
    watching = watch(path, max_line_bytes=100_000)
    events = watching.events()
    async with server(path) as daemon:
        await next_of(events)
        for _ in range(64):
            daemon.notify(b"x" * 65536)
        daemon.notify(b'\n{"State": 2}\n')
        notice = await next_of(events)
        assert isinstance(notice, MeshNotice)
        assert (notice.state, watching.skipped) == (MeshState.NEEDS_LOGIN, 1)
        await events.aclose()


async def test_a_page_of_something_else_has_no_notices(tmp_path: Path) -> None:
    async with server(tmp_path / "t.sock", faults={"*": Fault.HTML}):
        watching = watch(tmp_path / "t.sock")
        events = watching.events()
        assert isinstance(await next_of(events), WatchGap)
        await events.aclose()
    assert watching.skipped == 1


async def test_bits_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    async with server(tmp_path / "t.sock"):
        both = MeshWatch(build_real_host(), str(tmp_path / "t.sock"), WatchFor.RATE_LIMIT | WatchFor.PEERS)
        with pytest.raises(RefusedError, match="answers 400: NotifyRateLimit"):
            await next_of(both.events())


async def test_the_mask(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    path = str(tmp_path / "t.sock")
    async with await asyncio.start_unix_server(answers, path):
        with pytest.raises(NatscopeError):
            await next_of(MeshWatch(build_real_host(), path, WatchFor.ENGINE | WatchFor.STATE).events())
    assert asked[0].lower() == (
        b"get /localapi/v0/watch-ipn-bus?mask=3 http/1.1\r\nhost: local-tailscaled.sock\r\n\r\n"
    )
