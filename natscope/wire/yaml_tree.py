"""A YAML text as plain values with their places, built from parser events: nothing is constructed, nothing recurses.

Values: dict with text keys, list, None for null, and `YamlScalar` (its text as written, so that a region code `no`
stays a text). Bounds: `MAX_EVENTS` events, `MAX_DEPTH` levels; aliases share what they name, merge keys (`<<`) copy at
most `MAX_MERGED` members in all, so no chain of aliases grows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from natscope.errors import UserError
from natscope.wire.relay_map_problems import Path, Spot

if TYPE_CHECKING:
    import yaml

MAX_EVENTS = 200_000
MAX_DEPTH = 32
MAX_MERGED = 10_000

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"!", _TAG + "str"})
_PLAIN_TAGS = frozenset({None, *(_TAG + name for name in ("int", "float", "bool", "null"))})
_TAGS = frozenset({*_TEXT_TAGS, *_PLAIN_TAGS, _TAG + "map", _TAG + "seq"})
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A scalar as written. `plain`: not quoted and not tagged as a text, so it may mean a number or a switch."""

    text: str
    plain: bool

    def __str__(self) -> str:
        return self.text


Value: TypeAlias = "dict[str, Value] | list[Value] | YamlScalar | None"


@dataclass(slots=True)
class YamlTree:
    """The only document of a text; `duplicates` are keys that stand twice in one mapping (the later one counts)."""

    value: Value = None
    spot: Spot | None = None
    duplicates: list[tuple[Path, Spot]] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A mapping or list that has begun and not ended."""

    value: dict[str, Value] | list[Value]
    spot: Spot
    anchor: str | None
    key: tuple[str, int, int] | None = None
    merged: list[tuple[Value, Spot]] = field(default_factory=list)


def read_yaml(text: str) -> YamlTree:
    """Raises `UserError` naming line and column when `text` is not one YAML document within the bounds."""
    import yaml

    builder = _Builder()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for count, event in enumerate(yaml.parse(text, Loader=loader)):
            if count >= MAX_EVENTS:
                raise UserError(f"is no relay map: it has more than {MAX_EVENTS} values")
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        raise UserError(f"is not YAML: {where}{error.problem or 'it cannot be read'}") from None
    except yaml.YAMLError as error:
        raise UserError(f"is not YAML: {str(error).splitlines()[0][:100]}") from None
    except RecursionError:
        raise UserError("is no relay map: it is nested too deeply") from None
    return builder.tree


class _Builder:
    """Puts the events of one document together."""

    def __init__(self) -> None:
        self.tree = YamlTree()
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Value, Spot]] = {}
        self._documents = 0
        self._merged = 0

    def take(self, event: yaml.Event) -> None:
        """One event; raises `UserError` at a bound or at something a map has no use for."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._scalar(event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(event, {} if kind == "MappingStartEvent" else [])
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end()
        elif kind == "AliasEvent":
            self._alias(event)
        elif kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise _at(event, "a second document begins: a map is one document")

    def _scalar(self, event: yaml.Event) -> None:
        text, tag = event.value, event.tag  # type: ignore[attr-defined]
        _check_tag(event, tag)
        plain = not event.style and tag in _PLAIN_TAGS  # type: ignore[attr-defined]
        spot = _spot(event)
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            top.key = (text, spot.line, spot.column)
            return
        value = None if plain and text in _NULLS else YamlScalar(text, plain)
        self._put(value, spot, event.anchor)  # type: ignore[attr-defined]

    def _begin(self, event: yaml.Event, value: dict[str, Value] | list[Value]) -> None:
        _check_tag(event, event.tag)  # type: ignore[attr-defined]
        if len(self._stack) >= MAX_DEPTH:
            raise _at(event, "nested too deeply for a relay map")
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise _at(event, "a list or mapping stands where a name is wanted")
        spot = _spot(event)
        spot.compound = True
        self._stack.append(_Open(value, spot, event.anchor))  # type: ignore[attr-defined]

    def _end(self) -> None:
        done = self._stack.pop()
        for value, spot in done.merged:
            self._merge(done, value, spot)
        self._put(done.value, done.spot, done.anchor)

    def _alias(self, event: yaml.Event) -> None:
        known = self._anchors.get(event.anchor)  # type: ignore[attr-defined]
        if known is None:
            raise _at(event, "this alias names nothing that stands before it")
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise _at(event, "an alias stands where a name is wanted")
        value, spot = known
        shared = Spot(spot.line, spot.column, compound=spot.compound, inside=spot.inside)
        self._put(value, shared, None)

    def _put(self, value: Value, spot: Spot, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (value, spot)
        if not self._stack:
            self.tree.value, self.tree.spot = value, spot
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.spot.inside[str(len(top.value))] = spot
            top.value.append(value)
        elif top.key is not None:
            self._member(top, top.key, value, spot)
            top.key = None

    def _member(self, top: _Open, key: tuple[str, int, int], value: Value, spot: Spot) -> None:
        assert isinstance(top.value, dict)
        name, line, column = key
        if name == "<<":
            top.merged.append((value, spot))
            return
        placed = Spot(spot.line, spot.column, name, line, column, spot.compound, spot.inside)
        if name in top.value:
            self.tree.duplicates.append(((*self._path(), name), placed))
        top.value[name] = value
        top.spot.inside[name.lower()] = placed

    def _merge(self, into: _Open, value: Value, spot: Spot) -> None:
        """What `<<` names fills in the members that are not written here."""
        assert isinstance(into.value, dict)
        for source, at in _merge_sources(value, spot):
            for name, member in source.items():
                self._merged += 1
                if self._merged > MAX_MERGED:
                    raise UserError(f"is no relay map: its merge keys copy more than {MAX_MERGED} values")
                if name not in into.value:
                    into.value[name] = member
                    into.spot.inside.setdefault(name.lower(), at.inside.get(name.lower(), at))

    def _path(self) -> Iterator[str | int]:
        for level in self._stack[:-1]:
            if isinstance(level.value, list):
                yield len(level.value)
            elif level.key is not None:
                yield level.key[0]


def _merge_sources(value: Value, spot: Spot) -> Iterator[tuple[dict[str, Value], Spot]]:
    if isinstance(value, dict):
        yield value, spot
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield item, spot.inside.get(str(index), spot)


def _check_tag(event: yaml.Event, tag: str | None) -> None:
    if tag not in _TAGS:
        raise _at(event, "tags are not part of a relay map")


def _spot(event: yaml.Event) -> Spot:
    mark = event.start_mark
    return Spot(mark.line + 1, mark.column + 1) if mark is not None else Spot(0, 0)


def _at(event: yaml.Event, message: str) -> UserError:
    spot = _spot(event)
    return UserError(f"is no relay map: line {spot.line}, column {spot.column}: {message}")
