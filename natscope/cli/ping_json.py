"""Pings as JSON: one document at the end, or one object a line as they come. docs/mesh-ping.md names every field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natscope.apps.mesh_peer import name_of
from natscope.cli.json_text import json_text
from natscope.cli.render import Console
from natscope.mesh.levels import LevelResult, judge_levels
from natscope.mesh.pinging import PingPlan
from natscope.model.mesh_ping import PingShot
from natscope.version import VERSION

if TYPE_CHECKING:
    from natscope.apps.mesh_ping import PingRun, PingStart
    from natscope.mesh.overview import ReportUse

SCHEMA, LINE_SCHEMA = "natscope.ping/1", "natscope.ping-line/1"


class PingDocument:
    """Prints one document when all is over."""

    def __init__(self, console: Console, plan: PingPlan) -> None:
        self._console = console
        self._plan = plan

    def begin(self, start: PingStart) -> None:
        """Nothing yet."""

    def shot(self, shot: PingShot) -> None:
        """Nothing yet."""

    def level(self, result: LevelResult) -> None:
        """Nothing yet."""

    def end(self, run: PingRun, report: ReportUse | None, code: int) -> None:
        """All of it."""
        document = {
            "schema": SCHEMA,
            "natscope": VERSION,
            **start_fields(run.start, self._plan),
            "pings": [shot_fields(shot) for shot in run.shots],
            **end_fields(run, report, code),
        }
        self._console.data(json_text(document, indent=2))


class PingLines:
    """`start`, a line each `ping` or `level`, then `end`; the key `type` says which."""

    def __init__(self, console: Console, plan: PingPlan) -> None:
        self._console = console
        self._plan = plan

    def begin(self, start: PingStart) -> None:
        """Whom."""
        self._line("start", {"natscope": VERSION, **start_fields(start, self._plan)})

    def shot(self, shot: PingShot) -> None:
        """One ping."""
        self._line("ping", shot_fields(shot))

    def level(self, result: LevelResult) -> None:
        """One level."""
        self._line("level", level_fields(result))

    def end(self, run: PingRun, report: ReportUse | None, code: int) -> None:
        """The sums and the explanation."""
        self._line("end", end_fields(run, report, code))

    def _line(self, kind: str, fields: dict[str, Any]) -> None:
        self._console.data(json_text({"schema": LINE_SCHEMA, "type": kind, **fields}))


def start_fields(start: PingStart, plan: PingPlan) -> dict[str, Any]:
    """Who asks whom, and how."""
    node = start.target.node
    return {
        "source": start.source,
        "program": start.status.version,
        "peer": {
            "name": node.name,
            "short_name": name_of(node),
            "ip": start.target.ip,
            "key": node.key,
            "home_relay": node.relay,
            "online": node.is_online,
            "key_expired": node.is_expired,
            "endpoints": [str(e) for e in start.details.endpoints] if start.details is not None else None,
        },
        "this_node": start.target.is_this,
        "note": start.target.note or None,
        "kind": plan.kind.value,
        "size": plan.size or None,
    }


def shot_fields(shot: PingShot) -> dict[str, Any]:
    """One ping; `rtt_ms` null and `error` in words where no pong came."""
    answer = shot.answer
    return {
        "number": shot.number,
        "at_s": round(shot.at_s, 3),
        "ended_at": shot.ended_at.isoformat().replace("+00:00", "Z") if shot.ended_at is not None else None,
        "way": shot.way.value,
        "relay": answer.relay_code or None,
        "relay_id": answer.relay_id or None,
        "endpoint": str(answer.endpoint) if answer.endpoint is not None else None,
        "peer_relay": answer.peer_relay or None,
        "peer_api": answer.peer_api_url or None,
        "rtt_ms": shot.rtt_ms,
        "error": answer.error or None,
        "rest": answer.rest,
    }


def level_fields(result: LevelResult) -> dict[str, Any]:
    """One level; `pings` are its tries."""
    return {
        "level": result.kind.value,
        "answered": result.pong is not None,
        "error": result.error or None,
        "pings": [shot_fields(shot) for shot in result.shots],
    }


def end_fields(run: PingRun, report: ReportUse | None, code: int) -> dict[str, Any]:
    """What it adds up to, and why."""
    fields: dict[str, Any] = {}
    if run.levels:
        verdict = judge_levels(tuple(run.levels), run.peer)
        fields["levels"] = [level_fields(result) for result in run.levels]
        fields["first_failing_level"] = verdict.failed.value if verdict.failed is not None else None
        fields["levels_mean"] = verdict.sentence
    return fields | {
        "summary": None if run.start.target.is_this else run.summary,
        "findings": run.findings(report),
        "explanation": run.explanation(report) if run.wants_reasons else None,
        "report": None if report is None else {
            "origin": report.origin, "used": report.report is not None, "age_s": report.age_s,
            "same_network": report.same_network, "outdated": report.is_outdated,
        },
        "notes": run.notes,
        "interrupted": run.interrupted,
        "error": run.error.message if run.error is not None else None,
        "exit_code": code,
    }  # fmt: skip
