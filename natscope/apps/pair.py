"""Composition root of `natscope pair`: two reports, or a report and a node of the mesh, to one document."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from natscope.apps.mesh_own import own_details
from natscope.apps.mesh_peer import Target, find_peer
from natscope.apps.mesh_status import SightOptions, open_sight
from natscope.apps.report_file import ReadReport
from natscope.diagnosis.pair.explain import pair_facts
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.of_reports import facts_of_reports
from natscope.diagnosis.pair.report import pair_report
from natscope.diagnosis.pair.side import Names, named
from natscope.errors import UserError
from natscope.host.real.host import build_real_host
from natscope.model.mesh_status import MeshStatus
from natscope.model.pair_report import PairReport
from natscope.model.report import SIMULATED, Report
from natscope.model.tri import Tri

RECENT_S = 600.0
"""So long the peer's own report is held against what the mesh tells of it now."""


@dataclass(frozen=True, slots=True)
class PairRequest:
    """`this` is a report's file; `peer` another one, or the name of a node. `read` reads a report by its name.

    `node`: what the node of the peer's report is called in the mesh (empty: the mesh is not asked).
    """

    this: str
    peer: str
    read: Callable[[str], ReadReport]
    environ: Mapping[str, str]
    state_dir: str
    socket: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Two sides: `by` and `ages` (seconds) of this one and of the peer; `peer` None where only the mesh tells of it."""

    facts: PairFacts
    by: tuple[str, str]
    ages: tuple[float | None, float | None]
    peer: Report | None = None


def run_pair(request: PairRequest) -> PairReport:
    """Raises `UserError` for files and names, `CannotMeasure` and `RefusedError` where a node is asked for.

    Reports that somebody names are taken as they are, however old; the document tells their age.
    """
    known = both_sides(request)
    return pair_report(known.facts, by=known.by, ages=known.ages)


def both_sides(request: PairRequest) -> Known:
    """What is known of the two; raises what `run_pair` does."""
    this = request.read(request.this)
    if not _is_file(request.peer):
        if request.node:
            raise UserError("--node goes with the reports of both", hint="natscope pair A.json B.json --node PEER")
        return asyncio.run(_with_node(this, request))
    peer = request.read(request.peer)
    if _is_one_run(this.report, peer.report):
        raise UserError(
            f"{this.name} and {peer.name} are one and the same run", hint="give the report of the other computer"
        )
    now = build_real_host().clock.utc()
    ages = _age(this.report, now), _age(peer.report, now)
    facts = facts_of_reports(this.report, peer.report, names=_names(this, peer))
    if request.node:
        facts = asyncio.run(_as_the_mesh_tells(facts, request, ages[1]))
    return Known(facts, (this.by, peer.by), ages, peer.report)


async def _as_the_mesh_tells(facts: PairFacts, request: PairRequest, age_s: float | None) -> PairFacts:
    """With what the mesh tells of the peer."""
    source = (await open_sight(_options(request))).inputs.source
    target = _target(await source.status(), request.node)
    recent = Tri.of(age_s <= RECENT_S) if age_s is not None else Tri.UNKNOWN
    details = await source.details(target.node_ip)
    return replace(facts, node=target.node, details=details, peer_is_recent=recent)


def _options(request: PairRequest, fresh: Report | None = None) -> SightOptions:
    return SightOptions(environ=request.environ, state_dir=request.state_dir, socket=request.socket, fresh=fresh)


def _target(status: MeshStatus, word: str) -> Target:
    target = find_peer(status, word)
    if target.is_this:
        raise UserError(f"{word} is this computer itself", hint="name another node, or its report")
    return target


async def _with_node(this: ReadReport, request: PairRequest) -> Known:
    """The peer as the mesh tells of it."""
    sight = await open_sight(_options(request, this.report))
    source = sight.inputs.source
    status = await source.status()
    target = _target(status, request.peer)
    details = await source.details(target.ip)
    own = await own_details(source, status)
    age = _age(this.report, sight.host.clock.utc())
    facts = pair_facts(status, target.node, details, this.report, own=own)
    return Known(facts, (this.by, "mesh"), (age, None))


def _is_file(word: str) -> bool:
    """What looks like a path or exists is one; the rest may be a node."""
    return word == "-" or os.sep in word or word.endswith((".json", ".zip")) or os.path.exists(word)


def _is_one_run(one: Report, other: Report) -> bool:
    """Whether both are of one measurement, be it masked or judged again: the same packets at the same times.

    The id alone would do for reports of real runs; made-up ones may share it.
    """
    measured = [(r.run_id, r.started_at, r.duration_ms, r.nat.mapping_varies, r.nat.filtering) for r in (one, other)]
    packets = [
        [(o.id, o.kind, o.outcome, o.sent_ms, o.rtt_ms, o.bytes_received) for o in r.observations] for r in (one, other)
    ]
    return one == other or (bool(one.run_id) and measured[0] == measured[1] and packets[0] == packets[1])


def _names(this: ReadReport, peer: ReadReport) -> tuple[Names, Names]:
    """The hosts' own names, or the files' where these are the same or missing."""
    one, other = this.report.host.name, peer.report.host.name
    if not one or not other or one == other:
        one, other = _stem(this.name), _stem(peer.name)
    return named(one), named(other if other != one else f"{other} (2)")


def _stem(path: str) -> str:
    return os.path.basename(path).rpartition(".")[0] or path


def _age(report: Report, now: datetime) -> float | None:
    """Seconds since it was measured; None where it does not say, says a time to come, or was simulated."""
    if report.host.os == SIMULATED:
        return None
    try:
        started = datetime.fromisoformat(report.started_at)
    except ValueError:
        return None
    if started.tzinfo is None:
        started = started.replace(tzinfo=UTC)
    seconds = (now - started).total_seconds()
    return seconds if seconds >= 0 else None
