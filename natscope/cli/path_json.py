"""The way to one peer as JSON. Pure. docs/mesh-status.md names every field."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.cli.json_text import json_text
from natscope.cli.status_json import peer_fields, report_fields, written
from natscope.mesh.history import Step
from natscope.mesh.peer_path import PathView
from natscope.model.mesh_path import PingAnswer
from natscope.wire.local_api.status_out import encode_node

SCHEMA = "natscope.path/1"


def encode_path(view: PathView) -> str:
    """As text."""
    return json_text(document(view), indent=2)


def document(view: PathView) -> dict[str, Any]:
    """The whole document."""
    line, overview = view.line, view.overview
    return {
        "schema": SCHEMA,
        "source": overview.source,
        "saved": overview.is_saved,
        "at": written(overview.at),
        "peer": encode_node(line.node) | {"natscope": peer_fields(line)},
        "report": report_fields(overview.report),
        "candidates": view.candidates,
        "history": None if view.steps is None else [_step(step) for step in view.steps],
        "pings": [_ping(ping) for ping in view.pings],
        "prediction": view.prediction,
        "agrees": view.agrees,
        "notes": overview.notes,
    }


def _ping(ping: PingAnswer) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.structs.asdict(ping)
    return fields | {"endpoint": str(ping.endpoint) if ping.endpoint is not None else None}


def _step(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "what": step.what,
        "first": written(step.first),
        "last": written(step.last),
        "count": step.count,
        "addresses": step.addresses,
    }
