"""Watching a mesh: what a daemon tells wakes the next look, also after it was away; who starts late is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from natscope.apps import mesh_status
from natscope.apps.mesh_overview import Wanted
from natscope.apps.mesh_status import Seen, SightOptions, open_sight, run_watch, watch
from natscope.errors import CannotMeasure, NotRunning
from natscope.host.real.host import build_real_host
from natscope.lab.stand_in import Fault, StandInMesh, StandInPeer
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInServer
from natscope.mesh.overview import PeerState
from natscope.model.mesh_status import Way
from tests.cli.stand_in import serving

NAS = StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217",), way=Way.RELAYED)
BEFORE = StandInMesh(peers=(NAS,))
AFTER = StandInMesh(peers=(replace(NAS, way=Way.DIRECT, direct="198.51.100.60:33217"),))
NEVER = 3600.0


def options(folder: Path, **more: str) -> SightOptions:
    return SightOptions(environ={"PATH": str(folder), **more}, state_dir=str(folder), socket=more.get("SOCKET", ""))


def server(folder: Path, mesh: StandInMesh) -> StandInServer:
    return StandInServer(StandIn(mesh, build_real_host().clock), str(folder / "t.sock"))


@asynccontextmanager
async def looks(folder: Path) -> AsyncGenerator[AsyncGenerator[Seen, None], None]:
    sight = await open_sight(options(folder, SOCKET=str(folder / "t.sock")))
    async with asyncio.timeout(20), aclosing(watch(sight, Wanted())) as seen:
        yield seen


async def until(seen: AsyncGenerator[Seen, None], state: PeerState) -> None:
    """The next look that shows the only peer so."""
    async for one in seen:
        if one.overview is not None and one.overview.lines[0].state is state:
            return


async def watched(serving: StandInServer) -> None:
    while not serving.watchers:  # noqa: ASYNC110 -- the server has no event for it
        await asyncio.sleep(0.01)


async def test_a_notice_wakes_the_next_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_status, "POLL_S", NEVER)
    monkeypatch.setattr(mesh_status, "MIN_PAUSE_S", 0.01)
    async with server(tmp_path, BEFORE) as daemon, looks(tmp_path) as seen:
        await until(seen, PeerState.RELAYED)
        await until(seen, PeerState.RELAYED)  # the stream begins with a notice of its own
        await watched(daemon)
        daemon.stand_in = StandIn(AFTER, build_real_host().clock)
        daemon.notify(b'{"State": 6}\n')
        await until(seen, PeerState.DIRECT)


@pytest.mark.parametrize("first", [None, Fault.DENIED])
async def test_one_that_was_away_is_listened_to_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: Fault | None
) -> None:
    """Either it is not there at the start, or it lets nobody listen before its restart."""
    monkeypatch.setattr(mesh_status, "MIN_PAUSE_S", 0.01)
    monkeypatch.setattr(mesh_status, "POLL_S", 0.02)
    async with looks(tmp_path) as seen:
        if first is not None:
            async with server(tmp_path, replace(BEFORE, faults={"watch-ipn-bus": first})):
                await until(seen, PeerState.RELAYED)
        async for one in seen:
            if one.error is not None:
                assert isinstance(one.error, CannotMeasure)
                break
        async with server(tmp_path, BEFORE) as daemon:
            await until(seen, PeerState.RELAYED)
            await watched(daemon)


async def test_one_that_lets_nobody_listen_is_asked_for_that_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mesh_status, "MIN_PAUSE_S", 0.01)
    monkeypatch.setattr(mesh_status, "POLL_S", 0.02)
    async with (
        server(tmp_path, replace(BEFORE, faults={"watch-ipn-bus": Fault.MISSING})) as daemon,
        looks(tmp_path) as seen,
    ):
        for _ in range(5):
            await until(seen, PeerState.RELAYED)
        assert daemon.stand_in.asked.count("GET watch-ipn-bus") == 1


class EnoughError(Exception):
    """Ends a watch."""


def test_a_daemon_that_is_installed_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_status, "POLL_S", 0.02)
    monkeypatch.setattr("natscope.tailscaled.locate.default_socket_paths", lambda _: (str(tmp_path / "t.sock"),))
    (tmp_path / "tailscaled").touch()
    seen: list[Seen] = []
    stack = ExitStack()

    def show(one: Seen) -> None:
        seen.append(one)
        if one.overview is not None:
            raise EnoughError
        stack.enter_context(serving(BEFORE, tmp_path))

    with stack, pytest.raises(EnoughError):
        run_watch(options(tmp_path), Wanted(), show)
    assert [type(one.error) for one in seen] == [NotRunning, type(None)]


def test_one_that_is_not_is_no_reason_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natscope.tailscaled.locate.default_socket_paths", lambda _: (str(tmp_path / "t.sock"),))
    monkeypatch.setattr("natscope.tailscaled.locate.is_installed", lambda _: False)
    with pytest.raises(CannotMeasure, match="none is installed"):
        run_watch(options(tmp_path), Wanted(), lambda _: None)
