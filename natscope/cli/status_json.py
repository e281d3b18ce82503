"""The overview as JSON: upstream's `status --json` with our knowledge beside it, under the name `natscope`. Pure.

The whole document has `schema` and `natscope`, each node of `Peer` a `natscope` of its own. docs/mesh-status.md names
every field.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from natscope.cli.json_text import json_text
from natscope.mesh.health import explain_health
from natscope.mesh.overview import Overview, PeerLine, ReportUse
from natscope.model.mesh_details import PeerDetails
from natscope.wire.local_api.status_out import encode_node, encode_status

SCHEMA = "natscope.status/1"


def encode_overview(overview: Overview, *, compact: bool = False) -> str:
    """As text: one line when `compact`, else indented."""
    return json_text(document(overview), indent=0 if compact else 2)


def document(overview: Overview) -> dict[str, Any]:
    """The whole document."""
    return {
        "schema": SCHEMA,
        **_theirs(encode_status(overview.status)),
        "Peer": {
            line.node.key: _theirs(encode_node(line.node)) | {"natscope": peer_fields(line)} for line in overview.lines
        },
        "natscope": {
            "source": overview.source,
            "saved": overview.is_saved,
            "at": written(overview.at),
            "state": overview.status.state,
            "counts": {state.value: number for state, number in overview.counts.items()},
            "report": report_fields(overview.report),
            "health": explain_health(overview.status.health),
            "traffic": overview.traffic,
            "notes": overview.notes,
            "problems": overview.status.problems,
        },
    }


def _theirs(fields: dict[str, object]) -> dict[str, object]:
    """Without ours of an earlier time, where the status was saved by natscope."""
    return {name: value for name, value in fields.items() if name not in ("schema", "natscope")}


def peer_fields(line: PeerLine) -> dict[str, Any]:
    """What we say of one peer."""
    return {
        "state": line.state,
        "via": line.via,
        "endpoint": str(line.endpoint) if line.endpoint is not None else None,
        "relay": line.relay,
        "rtt_ms": line.rtt_s * 1000 if line.rtt_s is not None else None,
        "pinged": line.was_pinged,
        "since": written(line.since.at) if line.since is not None else None,
        "since_at_least": line.since.at_least if line.since is not None else None,
        "why": line.why,
        "details": _details(line.details),
    }


def _details(details: PeerDetails | None) -> dict[str, Any] | None:
    """With endpoints as text, as everywhere in the document."""
    if details is None:
        return None
    fields: dict[str, Any] = msgspec.structs.asdict(details)
    return fields | {"endpoints": [str(endpoint) for endpoint in details.endpoints]}


def report_fields(use: ReportUse | None) -> dict[str, Any] | None:
    """From which netcheck this side was judged."""
    if use is None:
        return None
    return {
        "origin": use.origin,
        "used": use.report is not None,
        "age_s": use.age_s,
        "same_network": use.same_network,
        "outdated": use.is_outdated,
        "run_id": use.report.run_id if use.report is not None else None,
        "file": use.name or None,
    }


def written(value: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if value is None else value.isoformat().replace("+00:00", "Z")
