"""Stored reports with something changed in their surroundings."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.report import Report
from natscope.model.report_surroundings import SurroundingsReport
from tests.diagnosis.judging import scene


def around(name: str, **changes: Any) -> Report:
    """A stored report whose `surroundings` have some fields replaced; `way`, `uplink`, `firewall`, `computer` and
    `shared_space` are replacements of fields of the first way, the first uplink and so on.
    """
    report = scene(name)
    kept: dict[str, Any] = {}
    for field, values in changes.items():
        if field in ("way", "uplink"):
            many = getattr(report.surroundings, f"{field}s")
            kept[f"{field}s"] = (msgspec.structs.replace(many[0], **values), *many[1:])
        elif isinstance(values, dict):
            kept[field] = msgspec.structs.replace(getattr(report.surroundings, field), **values)
        else:
            kept[field] = values
    return msgspec.structs.replace(report, surroundings=msgspec.structs.replace(report.surroundings, **kept))


def unlooked(name: str) -> Report:
    """A stored report whose surroundings nobody looked at."""
    return msgspec.structs.replace(scene(name), surroundings=SurroundingsReport())
