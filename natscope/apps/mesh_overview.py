"""Composition root of the status: asks a mesh source for everything that a glance at the mesh needs, in bounded steps.

The status is one question. Single peers are asked about only where that can say more: a history of active ones, details
of relayed ones, pings where the user wants them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from natscope.apps.mesh_own import is_of_use, own_details
from natscope.errors import RefusedError
from natscope.mesh.overview import (
    ACTIVE,
    AWAY,
    Asked,
    Overview,
    PeerState,
    ReportUse,
    build_lines,
    checked_report,
    count_states,
    last_pong,
    sorted_peers,
)
from natscope.mesh.source import MeshSource, PingKind
from natscope.model.mesh_path import PingAnswer, Traffic
from natscope.model.mesh_status import MeshNode, MeshState, MeshStatus

PARALLEL = 16
MAX_ASKED = 64
"""Peers that are asked about one by one; the rest of a larger mesh is shown from the status alone."""
PING_S = 3.0
ROUNDS, PAUSE_S = 3, 0.3
"""The first pongs come through the relay while the direct path is still being found."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user wants to see. `probe`: ping peers that are not away."""

    peers: bool = True
    active_only: bool = False
    probe: bool = False


async def look(
    source: MeshSource,
    wanted: Wanted,
    *,
    report: ReportUse | None = None,
    at: Callable[[], datetime] | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    is_saved: bool = False,
) -> Overview:
    """One look. `at` tells the time in UTC, None where the source is not of now. Raises `CannotMeasure` and
    `RefusedError` when the status itself is not told; what single peers are asked for may fail and becomes a note.
    """
    status = await source.status(peers=wanted.peers)
    report = checked_report(report, status)
    notes: list[str] = []
    overview = Overview(
        status=status, source=source.name, is_saved=is_saved, at=at() if at is not None else None, report=report
    )
    if status.state is not MeshState.RUNNING:
        return overview
    asking = _Asking(source, notes, sleep)
    if not wanted.peers:
        traffic = await asking.traffic()
        return msgspec.structs.replace(overview, traffic=traffic, notes=tuple(notes))
    asked = Asked()
    if wanted.probe:
        asked = await asking.probe(status, wanted)
        status = await source.status()
    if not is_saved:  # a file answers nothing more
        asked = await asking.about_peers(status, asked)
        own = await own_details(source, status) if asked.details and is_of_use(report) else None
        asked = msgspec.structs.replace(asked, own=own)
    peers = sorted_peers(status, asked)
    shown = [(peer, state) for peer, state in peers if state in ACTIVE or not wanted.active_only]
    return Overview(
        status=status,
        source=source.name,
        is_saved=is_saved,
        at=at() if at is not None else None,
        lines=tuple(build_lines(status, shown, asked, report, max_explained=MAX_ASKED)),
        counts=count_states(peers),
        report=report,
        traffic=None if is_saved else await asking.traffic(),
        notes=tuple(dict.fromkeys(notes)),
    )


class _Asking:
    """Questions about single peers, a bounded number at a time."""

    def __init__(self, source: MeshSource, notes: list[str], sleep: Callable[[float], Awaitable[None]] | None) -> None:
        self._sleep = sleep
        self._source = source
        self._notes = notes

    async def probe(self, status: MeshStatus, wanted: Wanted) -> Asked:
        """Ping; again those whose pongs came another way than directly."""
        peers = [
            peer
            for peer, state in sorted_peers(status, Asked())
            if state not in AWAY and (state in ACTIVE or not wanted.active_only)
        ]
        chosen = self._first(peers, "pinged")
        pings: dict[str, tuple[PingAnswer, ...]] = {peer.key: () for peer in chosen}
        for number in range(ROUNDS):
            again = [peer for peer in chosen if number == 0 or _may_improve(pings[peer.key])]
            if number and again and self._sleep is not None:
                await self._sleep(PAUSE_S)
            answers = await self._of_each(again, self._ping, "pings")
            for key, answer in answers.items():
                pings[key] = (*pings[key], answer)
        return Asked(pings=pings)

    async def about_peers(self, status: MeshStatus, asked: Asked) -> Asked:
        """The history of active peers and the details of relayed ones."""
        states = sorted_peers(status, asked)
        active = self._first([peer for peer, state in states if state in ACTIVE], "asked about one by one")
        relayed = [peer for peer, state in states if state in ACTIVE and state is not PeerState.DIRECT]
        changes = await self._of_each(
            active, lambda peer: self._source.path_changes(peer.first_address), "the history of paths"
        )
        details = await self._of_each(
            relayed[:MAX_ASKED], lambda peer: self._source.details(peer.first_address), "details"
        )
        return Asked(changes=changes, details=details, pings=asked.pings)

    async def traffic(self) -> dict[str, Traffic] | None:
        """None where it is not told."""
        try:
            return await self._source.traffic()
        except RefusedError as error:
            self._notes.append(f"bytes by path are not told: {error.message}")
            return None

    def _first(self, peers: Sequence[MeshNode], what: str) -> list[MeshNode]:
        named = [peer for peer in peers if peer.addresses]
        if len(named) > MAX_ASKED:
            self._notes.append(f"only the first {MAX_ASKED} of {len(named)} peers were {what}")
        return named[:MAX_ASKED]

    async def _ping(self, peer: MeshNode) -> PingAnswer:
        return await self._source.ping(peer.first_address, PingKind.DISCO, timeout_s=PING_S)

    async def _of_each(
        self, peers: Iterable[MeshNode], ask: Callable[[MeshNode], Awaitable[T]], what: str
    ) -> dict[str, T]:
        """Answers by node key; a refusal costs that peer only and is noted once."""
        gate = asyncio.Semaphore(PARALLEL)
        found: dict[str, T] = {}
        refusals: list[str] = []

        async def one(peer: MeshNode) -> None:
            async with gate:
                try:
                    found[peer.key] = await ask(peer)
                except RefusedError as error:
                    refusals.append(error.message)

        tasks = [asyncio.create_task(one(peer)) for peer in peers if peer.addresses]
        try:
            await asyncio.gather(*tasks)
        finally:  # the first that says that nobody is there ends the others
            for task in tasks:
                task.cancel()
        if refusals:
            self._notes.append(f"{what}: {refusals[0]}")
        return found


def _may_improve(pings: tuple[PingAnswer, ...]) -> bool:
    pong = last_pong(pings)
    return pong is not None and pong.endpoint is None
