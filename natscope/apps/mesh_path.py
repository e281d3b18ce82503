"""Composition root of `natscope path`: one peer, asked for everything that its source tells of the way to it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from natscope.apps.mesh_own import is_of_use, own_details
from natscope.apps.mesh_peer import Target, find_listed, list_hint
from natscope.apps.mesh_star import star_of
from natscope.apps.mesh_status import Sight, SightOptions, run_for
from natscope.diagnosis.pair.star import Star
from natscope.errors import RefusedError, UserError
from natscope.mesh.overview import AWAY, Asked, Overview, build_line, checked_report, last_pong, state_of
from natscope.mesh.peer_path import PathView, build_path, judge_ways
from natscope.mesh.source import MeshSource, PingKind
from natscope.mesh.states import check_running
from natscope.model.mesh_path import PingAnswer
from natscope.model.mesh_status import MeshNode, MeshStatus

PINGS = 4
"""Through a relay: after the first one both sides have tried each other's addresses; three more give them time."""
PING_S = 3.0
INTERVAL_S = 1.0
T = TypeVar("T")


def _find(sight: Sight, status: MeshStatus, word: str) -> Target:
    """The peer that is meant. Raises `UserError`."""
    target = find_listed(status, word, sight.again)
    if target.is_this:
        raise UserError(f"{word} is this node itself: there is no path to it", hint=list_hint(sight.again))
    return target


async def look_at(sight: Sight, word: str, *, probe: bool) -> PathView:
    """`word` names the peer; `probe`: ping it until it answers directly, at most `PINGS` times.

    Raises `UserError` when there is no such peer, `CannotMeasure` and `RefusedError` when nothing can be told.
    """
    source = sight.inputs.source
    status = await source.status()
    check_running(status, source.name)
    target = _find(sight, status, word)
    notes = [target.note] if target.note else []
    pings: tuple[PingAnswer, ...] = ()
    peer = target.node
    if probe and not sight.inputs.is_saved:
        pings = await _ping(sight, target)
        status = await source.status()
        peer = _again(status, peer)
    ip = peer.first_address or target.ip  # the word may have been an address behind it
    changes = await _told(source.path_changes(ip), notes, "the history of the path")
    details = await _told(source.details(ip), notes, "details of the peer")
    report = checked_report(sight.report_now(), status)
    star = await _star(sight, status, target, probe=probe)
    asked = Asked(
        changes={peer.key: changes},
        details={peer.key: details},
        pings={peer.key: pings} if pings else {},
        own=await own_details(source, status) if is_of_use(report) else None,
        stars={peer.key: star} if star is not None else {},
    )
    line = build_line(status, peer, state_of(peer, pings), asked, report)
    overview = Overview(
        status=status,
        source=source.name,
        is_saved=sight.inputs.is_saved,
        at=None if sight.inputs.is_saved else sight.host.clock.utc(),
        lines=(line,),
        report=report,
        notes=tuple(notes),
    )
    prediction, candidates = judge_ways(status, peer, report=report, changes=changes, details=details, pings=pings)
    return build_path(
        overview,
        line,
        prediction=prediction,
        candidates=candidates,
        changes=changes,
        details=details,
        pings=pings,
    )


async def _star(sight: Sight, status: MeshStatus, target: Target, *, probe: bool) -> Star | None:
    """A saved status tells no addresses of peers but those in use, and nobody is pinged through it."""
    live = not sight.inputs.is_saved
    return await star_of(sight.inputs.source, status, target, sleep=sight.host.clock.sleep, probe=probe and live)


async def _ping(sight: Sight, target: Target) -> tuple[PingAnswer, ...]:
    """Until a pong comes directly."""
    source: MeshSource = sight.inputs.source
    pings: list[PingAnswer] = []
    is_away = state_of(target.node) in AWAY  # control may be wrong, so once
    for number in range(1 if is_away else PINGS):
        if number:
            await sight.host.clock.sleep(INTERVAL_S)
        pings.append(await source.ping(target.ip, PingKind.DISCO, timeout_s=PING_S))
        pong = last_pong(tuple(pings))
        if pong is not None and pong.endpoint is not None:
            break
    return tuple(pings)


def _again(status: MeshStatus, peer: MeshNode) -> MeshNode:
    """The same peer in a newer status."""
    return next((found for found in status.peers if found.key == peer.key), peer)


async def _told(question: Awaitable[T], notes: list[str], what: str) -> T | None:
    try:
        return await question
    except RefusedError as error:
        notes.append(f"{what}: {error.message}")
        return None


def run_path(options: SightOptions, word: str, *, probe: bool) -> PathView:
    """Synchronous: owns the event loop."""
    return run_for(options, lambda sight: look_at(sight, word, probe=probe))
