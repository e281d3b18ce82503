"""A report as JSON, read from a file that anybody may have made.

Within major 1 keys and values of enumerations may grow: keys that we do not know are left out, a value that we do not
know reads as `unknown` (or the weakest there is). Anything else that does not fit is told with its place.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec
from msgspec import inspect

from natscope.errors import RemoteError
from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Outcome
from natscope.model.report import SCHEMA, Report

MAX_BYTES = 32 * 1024 * 1024
"""Two hundred relays take 0.3 MB."""
MAX_OF = {"observations": 100_000, "findings": 1_000, "relays": 5_000, "interfaces": 5_000, "probes": 5_000}
"""Rows of its lists; each of them is drawn."""
MAX_DEPTH = 32
_OTHERS = {
    "natscope.run/": "a recording: natscope netcheck --replay shows it",
    "natscope.derp-check/": "a check of relays, not a netcheck's report",
    "natscope.status/": "a status, not a netcheck's report: natscope status --from FILE",
}
_WEAKEST: dict[type, enum.Enum] = {
    Severity: Severity.INFO,
    Certainty: Certainty.POSSIBLE,
    Outcome: Outcome.CANCELLED,
}
_BOM = b"\xef\xbb\xbf"


def decode_report(data: bytes) -> Report:
    """A report. Raises `RemoteError` with one clause that says what is wrong."""
    if len(data) > MAX_BYTES:
        raise RemoteError(f"it has {len(data):,} bytes, the limit is {MAX_BYTES:,}")
    data = data.removeprefix(_BOM)
    try:
        report = _decoded(data)
    except RecursionError as error:
        raise RemoteError("it is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RemoteError("it is empty" if not data.strip() else f"it is not whole JSON: {error}") from error
    for name, limit in MAX_OF.items():
        count = len(getattr(report, name))
        if count > limit:
            raise RemoteError(f"it has {count:,} {name}, the limit is {limit:,}")
    deep = next((o.id for o in report.observations if _is_deeper(o.data, MAX_DEPTH)), None)
    if deep is not None:
        raise RemoteError(f"observation {deep} is nested deeper than {MAX_DEPTH} levels")
    return report


def _decoded(data: bytes) -> Report:
    """The short way, and the tolerant one where it fails."""
    try:
        report = msgspec.json.decode(data, type=Report)
    except msgspec.ValidationError as error:
        tree = msgspec.json.decode(data)
        _check_schema(tree)
        try:
            return msgspec.convert(_known(inspect.type_info(Report), tree), type=Report)
        except msgspec.ValidationError as still:
            raise RemoteError(f"it is no whole report: {still}") from error
    _check_schema({"schema": report.schema})
    return report


def _check_schema(tree: object) -> None:
    schema = tree.get("schema") if isinstance(tree, dict) else None
    if not isinstance(schema, str):
        raise RemoteError("it is no report of natscope's: it has no schema")
    if schema == SCHEMA:
        return
    for start, words in _OTHERS.items():
        if schema.startswith(start):
            raise RemoteError(f"it is {words}")
    if schema.startswith("natscope.report/"):
        raise RemoteError(f"it is a report of the form {schema[:40]}, made by a newer natscope")
    raise RemoteError(f"it is of the form {schema[:40]}, not {SCHEMA}")


def _known(kind: inspect.Type, value: Any) -> Any:
    """`value` with the members of enumerations that we do not know replaced; the rest stays, right or wrong."""
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in kind.fields}
        return {name: _known(fields[name], each) for name, each in value.items() if name in fields}
    if isinstance(kind, inspect.EnumType):
        known = not isinstance(value, str) or value in {member.value for member in kind.cls}
        return value if known else _weakest(kind.cls)
    if isinstance(kind, inspect.UnionType) and value is not None:
        return _known(next(t for t in kind.types if not isinstance(t, inspect.NoneType)), value)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType) and isinstance(value, list):
        return [_known(kind.item_type, each) for each in value]
    return value


def _weakest(cls: type[enum.Enum]) -> Any:
    """`unknown`, or what claims least."""
    member = _WEAKEST.get(cls) or cls.__members__.get("UNKNOWN")
    return None if member is None else member.value


def _is_deeper(value: object, levels: int) -> bool:
    """Whether objects and lists stand in each other deeper than that; without recursion."""
    layer = [value]
    for _ in range(levels):
        layer = [each for item in layer for each in _inside(item)]
        if not layer:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []
