"""Files that somebody saved, told apart by what is in them: a status, a netcheck's report in either form."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass

from natscope.errors import RemoteError, UserError
from natscope.mesh.saved import SavedStatus
from natscope.model.report import Report
from natscope.wire.local_api.loose import decode_json
from natscope.wire.local_api.netcheck import is_netcheck, read_netcheck
from natscope.wire.report_json import decode_report

MAX_BYTES = 64 << 20
HINT = "tailscale status --json > FILE; a netcheck: natscope netcheck --json > FILE"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A netcheck of the same computer; `by` is `natscope` or `tailscale`."""

    report: Report
    name: str
    by: str


def read_saved(data: bytes, name: str) -> SavedStatus | SavedReport:
    """What `data` is; `name` is the file's, for people. Raises `UserError` with one line when it is neither."""
    data = _in_utf8(data).removeprefix(_BOM)
    try:
        tree = decode_json(data, name, MAX_BYTES)
    except RemoteError as error:
        raise UserError(_no_json(data, name, error), hint=HINT) from error
    if isinstance(tree, dict):
        if "BackendState" in tree or "Self" in tree:
            return SavedStatus(data, name, tree=tree)
        schema = tree.get("schema")
        if isinstance(schema, str) and schema.startswith("natscope.report/"):
            return SavedReport(_own_report(data, name, schema), name, "natscope")
        if is_netcheck(tree):
            from natscope.diagnosis.engine import diagnose  # the catalogue of causes, for this form alone

            return SavedReport(diagnose(read_netcheck(tree)), name, "tailscale")
    raise UserError(f"{name}: this is neither a status nor a netcheck's report", hint=HINT)


def _in_utf8(data: bytes) -> bytes:
    """`>` of Windows PowerShell 5 writes UTF-16 with a byte order mark."""
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or len(data) > MAX_BYTES:
        return data
    try:
        return data.decode("utf-16").encode()
    except UnicodeError:
        return data


def _own_report(data: bytes, name: str, schema: str) -> Report:
    if schema != "natscope.report/1":
        raise UserError(f"{name}: a report of the form {schema[:40]}, which this natscope does not know")
    try:
        return decode_report(data)
    except RemoteError as error:
        raise UserError(f"{name}: {error.message}", hint="natscope netcheck --json > FILE") from error


def _no_json(data: bytes, name: str, error: RemoteError) -> str:
    """Most often it is the same thing as text."""
    if not data.strip():
        return f"{name}: it is empty"
    start = data[:4096].lstrip()
    texts: Mapping[bytes, str] = {
        b"Report:": "tailscale netcheck --format=json",
        b"* Time:": "tailscale netcheck --format=json",
    }
    for sign, command in texts.items():
        if start.startswith(sign):
            return f"{name}: the text of a netcheck; its JSON is needed: {command}"
    if start[:4].isdigit() or start.startswith((b"100.", b"# Health", b"fd7a:")):
        return f"{name}: the text of a status; its JSON is needed: tailscale status --json"
    return error.message
