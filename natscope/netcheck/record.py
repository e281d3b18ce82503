"""The record of a run: everything that was measured and asked for, nothing concluded.

A report is assembled from it by pure functions, so a stored record renders the same bytes without a network.
"""

from __future__ import annotations

import os

import msgspec

from natscope.errors import UserError
from natscope.model.observation import Observation, ProbeOutcome
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.history import History
from natscope.netcheck.link_record import IdentityRecord, LinkRecord
from natscope.netcheck.options import NetcheckOptions

SCHEMA = "natscope.run/1"
FILE_NAME = "run.json"
MAX_BYTES = 64 * 1024 * 1024


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `started_at` is RFC 3339 in UTC; `links` is None when the interfaces were never looked at.

    `interrupted` is true after Ctrl-C or SIGTERM, `limit_reached` when the time limit cut something off. `history` is
    what earlier runs left (home relay, latencies): the choice of a home relay depends on it. `warnings` are one-line
    texts about plug-ins that could not be used.
    """

    natscope: str
    run_id: str
    started_at: str
    duration_ms: float
    options: NetcheckOptions
    identity: IdentityRecord
    loaded_map: LoadedMap
    schema: str = SCHEMA
    interrupted: bool = False
    limit_reached: bool = False
    links: LinkRecord | None = None
    history: History = History()
    observations: tuple[Observation, ...] = ()
    probes: tuple[ProbeOutcome, ...] = ()
    warnings: tuple[str, ...] = ()


def encode(record: RunRecord) -> bytes:
    """The record as JSON, keys in the order of the class."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def decode(data: bytes) -> RunRecord:
    """Read what `encode` wrote. Raises `UserError`."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.schema != SCHEMA:
            raise UserError(f"the recording is of the form {head.schema[:40]!r}, not {SCHEMA!r}")
        return msgspec.json.decode(data, type=RunRecord)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"the recording cannot be read: {error}") from error
    except RecursionError as error:
        raise UserError("the recording cannot be read: it is nested too deeply") from error


class _Head(msgspec.Struct):
    schema: str


def save(record: RunRecord, folder: str) -> str:
    """Write `run.json` (mode 0600) into `folder`, making it if needed; gives the file's path. Raises `UserError`."""
    path = os.path.join(folder, FILE_NAME)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        write_private(path, encode(record))
    except OSError as error:
        raise UserError(f"cannot write the recording to {folder}: {error.strerror}") from error
    return path


def load(folder: str) -> RunRecord:
    """Read a recording: a folder that `save` filled, or the file itself. At most 64 MiB. Raises `UserError`."""
    return decode(read_kept(folder, FILE_NAME, "recording", "--record"))


def read_kept(folder: str, file_name: str, what: str, made_by: str) -> bytes:
    """What a recording's file holds, at most 64 MiB: of a folder, or the file itself. Raises `UserError`."""
    path = os.path.join(folder, file_name) if os.path.isdir(folder) else folder
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        hint = f"a recording is a folder written by {made_by}"
        raise UserError(f"there is no {what} at {folder}", hint=hint) from error
    except OSError as error:
        raise UserError(f"cannot read the recording {path}: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise UserError(f"the recording {path} is larger than {MAX_BYTES // 1024 // 1024} MiB")
    return data


def write_private(path: str, data: bytes) -> None:
    """Replace a file atomically, readable by its owner alone. Raises `OSError`."""
    temporary = f"{path}.{os.getpid()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
