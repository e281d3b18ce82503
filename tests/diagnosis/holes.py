"""A report with one thing unknown, for every thing in it: each enum, each optional value, each member of a row."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

NO_FACTS = frozenset({"findings", "verdict", "schema", "observations", "probes", "not_measured", "cost"})
"""Of the report itself: what is concluded, or says how it was measured. Observations go one by one in `removals`."""
SUMMED_UP = frozenset({("relays", "latency_ms", "stun_v4"), ("relays", "latency_ms", "stun_v6")})
"""Medians of answers that stand among the observations: without them a report contradicts itself, which is no hole."""

CITED = frozenset({"evidence", "seen_by"})
"""Ids of what a fact rests on, no facts of their own."""

Path = tuple[str, ...]
Holed = tuple[Path, Any]


def holes(value: Any, path: Path = ()) -> Iterator[Holed]:
    """Where the hole is (fields, and "gone" for a member of a row), and the report with it."""
    hints = _hints(type(value))
    for field in value.__struct_fields__:
        here = (*path, field)
        if (not path and field in NO_FACTS) or field in CITED or here in SUMMED_UP:
            continue
        for where, hole in _of_field(getattr(value, field), hints[field], here):
            yield where, msgspec.structs.replace(value, **{field: hole})


_HINTS: dict[type[Any], dict[str, Any]] = {}
"""Looked up once for each class: that is most of the work."""


def _hints(kind: type[Any]) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = typing.get_type_hints(kind)
    return _HINTS[kind]


def _of_field(value: Any, hint: Any, here: Path) -> Iterator[Holed]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    if value is not None and is_union and type(None) in typing.get_args(hint):
        yield here, None
    if isinstance(value, enum.Enum) and "UNKNOWN" in type(value).__members__:
        unknown = type(value)["UNKNOWN"]
        if value is not unknown:
            yield here, unknown
    if isinstance(value, msgspec.Struct):
        yield from holes(value, here)
    if isinstance(value, tuple):
        yield from _of_row(value, here)


def _of_row(row: tuple[Any, ...], here: Path) -> Iterator[Holed]:
    for at, member in enumerate(row):
        yield (*here, "gone"), row[:at] + row[at + 1 :]
        if isinstance(member, msgspec.Struct):
            for where, hole in holes(member, here):
                yield where, (*row[:at], hole, *row[at + 1 :])
