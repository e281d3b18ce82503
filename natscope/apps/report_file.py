"""A report from a file that anybody may have made: bounded, never run, told in one line when it is not one."""

from __future__ import annotations

import io
import os
import shlex
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from natscope.errors import RemoteError, UserError
from natscope.model.report import Report
from natscope.wire.local_api.loose import decode_json
from natscope.wire.local_api.netcheck import is_netcheck, read_netcheck
from natscope.wire.report_json import MAX_BYTES, decode_report

HINT = "natscope netcheck --json > report.json"
MEMBER = "report.json"
"""The report inside a bundle."""
MAX_MEMBERS = 1000
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report and where it comes from; `by` is `natscope` or `tailscale`, whose form it has."""

    report: Report
    name: str
    by: str = "natscope"


def read_report(path: str, *, stdin: BinaryIO | None = None) -> Report:
    """The report in a file, in a bundle, or on standard input (`-`). Raises `UserError`."""
    return read_any_report(path, stdin=stdin).report


def read_any_report(path: str, *, stdin: BinaryIO | None = None) -> ReadReport:
    """Also the JSON of `tailscale netcheck`, judged as far as it goes. Raises `UserError`."""
    name = "standard input" if path == "-" else path
    data = unpacked(read_bytes(path, name, stdin), name)
    upstream = _upstream(data, name)
    if upstream is not None:
        return ReadReport(upstream, name, "tailscale")
    try:
        return ReadReport(decode_report(data), name)
    except RemoteError as error:
        if _is_status(data, name):
            hint = f"natscope status --from {shlex.quote(path)}"
            raise UserError(f"{name} is the status of a mesh, not a netcheck's report", hint=hint) from error
        raise UserError(f"{name} cannot be shown: {error.message}", hint=HINT) from error


def _is_status(data: bytes, name: str) -> bool:
    """What `tailscale status --json` prints."""
    if b"BackendState" not in data:
        return False
    try:
        tree = decode_json(data, name, MAX_BYTES)
    except RemoteError:
        return False
    return isinstance(tree, dict) and "BackendState" in tree and "Self" in tree


def _upstream(data: bytes, name: str) -> Report | None:
    """Upstream's form has no schema; its findings are judged here. None for everything else."""
    if b'"schema"' in data[:4096] or b"PreferredDERP" not in data:
        return None
    try:
        tree = decode_json(data, name, MAX_BYTES)
    except RemoteError:
        return None
    if not isinstance(tree, dict) or not is_netcheck(tree):
        return None
    from natscope.diagnosis.engine import diagnose

    return diagnose(read_netcheck(tree))


def read_bytes(path: str, name: str, stdin: BinaryIO | None, max_bytes: int = MAX_BYTES) -> bytes:
    """A file or standard input (`-`), at most `max_bytes`; a size that a file tells is refused before it is read.

    Raises `UserError`.
    """
    try:
        if path == "-":
            if stdin is None:
                raise UserError("cannot read standard input: it is closed", hint="name a file")
            data = stdin.read(max_bytes + 1)
        else:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                data = b"" if size > max_bytes else file.read(max_bytes + 1)
                if size > max_bytes:
                    raise _too_large(name, size, max_bytes)
    except FileNotFoundError:
        raise UserError(f"{name}: no such file", hint=HINT) from None
    except OSError as error:
        raise UserError(f"cannot read {name}: {(error.strerror or 'unknown reason').lower()}") from error
    if len(data) > max_bytes:
        raise _too_large(name, len(data), max_bytes)
    return data


def _too_large(name: str, size: int, max_bytes: int) -> UserError:
    return UserError(f"{name} is not a report: it has {size:,} bytes or more, the limit is {max_bytes:,}")


def unpacked(data: bytes, name: str) -> bytes:
    """The report of a bundle; what is no zip as it is. Raises `UserError`.

    One member by its exact name, in memory and no further than the limit: no path, no bomb.
    """
    if not data.startswith(_ZIP):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise UserError(f"{name}: a bundle of {len(members):,} files, the limit is {MAX_MEMBERS:,}")
            if MEMBER not in archive.namelist():
                raise UserError(f"{name}: a zip without {MEMBER}: no bundle of natscope's")
            with archive.open(MEMBER) as member:
                inside = member.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise UserError(f"{name}: the zip cannot be read: {error}") from error
    if len(inside) > MAX_BYTES:
        raise _too_large(f"{name}: {MEMBER}", len(inside), MAX_BYTES)
    return inside
