"""Composition root of `natscope report make`: files to a report that today's catalogue judged; no network.

Files are told apart by what is in them: a recording (`natscope.run/1`, or its folder), upstream's netcheck with the
status of the same computer, a report or a bundle of natscope's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from natscope.apps.netcheck import replay
from natscope.apps.report_file import read_bytes, unpacked
from natscope.diagnosis.engine import diagnose
from natscope.errors import UserError
from natscope.mesh.node_report import misfit, named_by
from natscope.mesh.saved import SavedStatus
from natscope.mesh.saved_files import read_saved
from natscope.model.mesh_status import MeshStatus
from natscope.model.report import Report
from natscope.netcheck.record import MAX_BYTES, RunRecord, decode, load

HINT = "a recording (natscope netcheck --record DIR), a report, or tailscale netcheck --format=json > FILE"
MAX_FILES = 2
_RUN = b"natscope.run/"


@dataclass(frozen=True, slots=True)
class Made:
    """A report, and what to tell beside it."""

    report: Report
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """What one file holds. `of_tailscale`: the netcheck is upstream's, which names no computer."""

    name: str
    netcheck: Report | None = None
    warnings: tuple[str, ...] = ()
    of_tailscale: bool = False
    status: MeshStatus | None = None


def make_report(paths: Sequence[str], *, stdin: BinaryIO | None) -> Made:
    """Judge what was measured earlier. `-` is standard input.

    Raises `UserError`: what is none of these, two of one kind, a status without a netcheck that needs it.
    """
    if len(paths) > MAX_FILES:
        raise UserError(f"{len(paths)} files: a report is made from one, or from a netcheck and a status", hint=HINT)
    if len(paths) != len(set(paths)):
        raise UserError(f"{_name(paths[0])} was given twice", hint="a report is made from one, or from two that differ")
    read = [_read(path, stdin) for path in paths]
    measured = [each for each in read if each.netcheck is not None]
    statuses = [each for each in read if each.status is not None]
    for kind, found in (("a netcheck", measured), ("a status", statuses)):
        if len(found) > 1:
            raise UserError(f"{found[0].name} and {found[1].name} are both {kind}", hint="give one of them")
    if not measured:
        name = statuses[0].name
        raise UserError(
            f"{name} is a status: the netcheck of the same computer is needed too",
            hint="tailscale netcheck --format=json > netcheck.json",
        )
    return _joined(measured[0], statuses[0] if statuses else None)


def _joined(measured: _Read, status: _Read | None) -> Made:
    report = measured.netcheck
    assert report is not None
    if status is None or status.status is None:
        return Made(report, measured.warnings)
    if not measured.of_tailscale:
        raise UserError(
            f"{status.name}: a status adds nothing to {measured.name}, which names its computer itself",
            hint=f"leave it out; its peers: natscope status --from {status.name} --from REPORT.json",
        )
    why = misfit(report, status.status)
    told = (f"{measured.name} and {status.name} may be of two computers: {why}",) if why else ()
    return Made(named_by(report, status.status), (*measured.warnings, *told))


def _read(path: str, stdin: BinaryIO | None) -> _Read:
    name = _name(path)
    if path != "-" and os.path.isdir(path):
        return _of_recording(load(path), name)
    data = unpacked(read_bytes(path, name, stdin, MAX_BYTES), name)
    if _RUN in data and _is_recording(data):
        return _of_recording(decode(data), name)
    found = read_saved(data, name)
    if isinstance(found, SavedStatus):
        return _Read(name, status=found.snapshot)
    return _Read(name, netcheck=diagnose(found.report), of_tailscale=found.by == "tailscale")


def _of_recording(record: RunRecord, name: str) -> _Read:
    return _Read(name, netcheck=replay(record).report, warnings=record.warnings)


class _Head(msgspec.Struct):
    schema: str = ""


def _is_recording(data: bytes) -> bool:
    try:
        return msgspec.json.decode(data, type=_Head).schema.encode().startswith(_RUN)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def _name(path: str) -> str:
    return "standard input" if path == "-" else path
