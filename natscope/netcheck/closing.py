"""The end of a run: what the sockets gave, what each probe cost, and everything into one record."""

from __future__ import annotations

from datetime import datetime

import msgspec

from natscope.host.api import Host, LinkFacts
from natscope.model.observation import Outcome, ProbeOutcome
from natscope.netcheck.context import SharedRun
from natscope.netcheck.history import History
from natscope.netcheck.home import network_of
from natscope.netcheck.link_record import IdentityRecord, LinkRecord
from natscope.netcheck.plan import FAMILIES, usable_addresses
from natscope.netcheck.record import RunRecord
from natscope.netcheck.recorder import Spent
from natscope.netcheck.stun_observations import record_sockets, record_stun
from natscope.version import VERSION


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How the run went. `started_at` is RFC 3339."""

    started_at: str
    interrupted: bool
    limit_reached: bool
    outcomes: tuple[ProbeOutcome, ...]
    warnings: tuple[str, ...]


async def close_run(shared: SharedRun, history: History, ending: Ending) -> RunRecord:
    """The record. The sockets are closed already; the interfaces are looked at a second time."""
    host, recorder = shared.host, shared.recorder
    ended = host.clock.now()
    record_sockets(shared.mux, recorder, shared.families, shared.options.source_port)
    await record_stun(shared.mux, recorder, host, ended=ended, interrupted=ending.interrupted)
    links = shared.known_links()
    await _look_again(host, shared)
    _tell_moves(shared, history, ending.started_at)
    warnings = ending.warnings
    if recorder.overflow:
        warnings = (*warnings, f"{recorder.overflow} observations too many were not kept")
    return RunRecord(
        natscope=VERSION,
        run_id=host.rng.bytes(8).hex(),
        started_at=ending.started_at,
        duration_ms=round((ended - recorder.started) * 1000, 3),
        interrupted=ending.interrupted,
        limit_reached=ending.limit_reached,
        options=shared.options,
        identity=IdentityRecord.of(host.identity),
        links=None if links is None else LinkRecord.of(links),
        loaded_map=shared.loaded_map,
        history=history,
        observations=tuple(recorder.observations),
        probes=tuple(_with_costs(outcome, recorder.spent.get(outcome.name)) for outcome in ending.outcomes),
        warnings=warnings,
    )


def _tell_moves(shared: SharedRun, history: History, started_at: str) -> None:
    """Moves of the home relay in earlier runs: not measured here, but a fact that a report rests on."""
    started = datetime.fromisoformat(started_at.replace("Z", "+00:00")).timestamp()
    moves = history.at(started).moves
    if not moves:
        return
    here = network_of(shared.known_links())
    told = [
        {
            "ago_s": round(started - move.at, 3),
            "old": move.old,
            "new": move.new,
            "here": bool(here) and move.network == here,
        }
        for move in moves
    ]
    times = "once" if len(told) == 1 else f"{len(told)} times"
    words = f"in earlier runs of the last 24 hours the home relay moved {times}"
    shared.recorder.observe("run", "relay.moves", Outcome.ANSWERED, summary=words, data={"moves": told})


async def _look_again(host: Host, shared: SharedRun) -> None:
    """Addresses that changed while we measured make comparisons worthless: say so."""
    before = shared.known_links()
    after = await host.links.look()
    if before is None or _identity(before) == _identity(after):
        return
    shared.recorder.observe(
        "run",
        "host.links",
        Outcome.WRONG,
        error="changed",
        summary="interfaces or routes changed during the run",
        data={"changed": True},
    )


def _identity(links: LinkFacts) -> tuple[object, ...]:
    """What a comparison of mapped addresses depends on; a container's interface that comes or goes is none of it."""
    addresses = [(str(ip), family) for family in FAMILIES for ip in usable_addresses(links, family)]
    return sorted(addresses), links.default_routes


def _with_costs(outcome: ProbeOutcome, spent: Spent | None) -> ProbeOutcome:
    if spent is None:
        return outcome
    return ProbeOutcome(
        name=outcome.name,
        title=outcome.title,
        state=outcome.state,
        reason=outcome.reason,
        flag=outcome.flag,
        elapsed_ms=outcome.elapsed_ms,
        packets_sent=spent.packets_sent,
        bytes_sent=spent.bytes_sent,
        bytes_received=spent.bytes_received,
    )
