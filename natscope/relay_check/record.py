"""A check's record in a file: what was observed, so that it can be judged again, anywhere, without a network."""

from __future__ import annotations

import os

import msgspec

from natscope.errors import UserError
from natscope.netcheck.record import read_kept, write_private
from natscope.relay_check.options import CheckRecord

SCHEMA = "natscope.derp-check-run/1"
FILE_NAME = "derp-check.json"


class _Head(msgspec.Struct):
    schema: str


class _File(msgspec.Struct):
    schema: str
    record: CheckRecord


def save(record: CheckRecord, folder: str) -> str:
    """Write the file (mode 0600) into `folder`, making it if needed; gives its path. Raises `UserError`."""
    path = os.path.join(folder, FILE_NAME)
    data = msgspec.json.format(msgspec.json.encode(_File(SCHEMA, record)), indent=1) + b"\n"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        write_private(path, data)
    except OSError as error:
        raise UserError(f"cannot write the recording to {folder}: {error.strerror}") from error
    return path


def load(folder: str) -> CheckRecord:
    """Read a folder that `save` filled, or the file itself; at most 64 MiB. Raises `UserError`."""
    return _decoded(read_kept(folder, FILE_NAME, "recorded check", "derp check --record"))


def _decoded(data: bytes) -> CheckRecord:
    try:
        found = msgspec.json.decode(data, type=_Head).schema
        if found != SCHEMA:
            raise UserError(f"the recording is of the form {found[:40]!r}, not {SCHEMA!r}")
        return msgspec.json.decode(data, type=_File).record
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"the recording cannot be read: {error}") from error
    except RecursionError as error:
        raise UserError("the recording cannot be read: it is nested too deeply") from error
