"""Reads scenario files: TOML to forms, each mistake one sentence with the file and the line.

The reader keeps no positions: the line of a key is looked up in the text, by its table's header. Where that finds
nothing (a dotted or quoted spelling), the line of the nearest table above it is named, else none.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints

import msgspec

from natscope.errors import UserError
from natscope.lab.scenario_form import (
    FaultForm,
    Head,
    HostForm,
    HostTruthForm,
    PairTruthForm,
    RelayForm,
    ServerForm,
    SiteForm,
    Table,
)  # fmt: skip
from natscope.wire.toml_places import toml_places
from natscope.wire.toml_text import TomlError, TomlLimit, read_toml

PAIRS = "pairs"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_PLACE = re.compile(r" - at `\$([^`]*)`$")
_GROUPS = ("sites", "hosts", "relays", "servers", "truth")
Form = TypeVar("Form", bound=Table)
Path = tuple[str, ...]


class Source:
    """A file's name and text; says where in it something stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._lines: dict[Path, int] = {}
        for path, place in toml_places(text).items():
            for length in range(1, len(path) + 1):
                self._lines.setdefault(path[:length], place.line)

    def wrong(self, where: Path, words: str, *, hint: str = "") -> NoReturn:
        """Raise `UserError` about what stands at a path of keys."""
        place = ".".join(where)
        raise UserError(f"{self.at(where)}: {place + ': ' if place else ''}{words}", hint=hint)

    def has(self, where: Path) -> bool:
        """Whether the file has a line for that path."""
        return where in self._lines

    def at(self, where: Path) -> str:
        """`FILE:LINE`, or the file alone."""
        for length in range(len(where), 0, -1):
            line = self._lines.get(where[:length])
            if line is not None:
                return f"{self.name}:{line}"
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioForm:
    """A whole file, each table in its form; `pairs` has the two names as the file writes them."""

    source: Source
    head: Head
    sites: dict[str, SiteForm] = field(default_factory=dict)
    hosts: dict[str, HostForm] = field(default_factory=dict)
    relays: dict[str, RelayForm] = field(default_factory=dict)
    servers: dict[str, ServerForm] = field(default_factory=dict)
    truth: dict[str, HostTruthForm] = field(default_factory=dict)
    pairs: dict[str, PairTruthForm] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[FaultForm, ...]:
        """In the file's order."""
        return self.head.faults


def read_form(name: str, text: str) -> ScenarioForm:
    """The forms of a file called `name`. Raises `UserError`."""
    try:
        table = read_toml(text)
    except TomlLimit as error:
        raise UserError(error.of_file(name)) from error
    except TomlError as error:
        line = min(error.line, len(text.splitlines()))  # the end is that of the last line
        raise UserError(f"{name}:{line}: no valid TOML: {error.message.lower()}") from error
    source = Source(name, text)
    _check_numbers(source, (), table)
    groups = {group: _group(source, group, table.pop(group, {})) for group in _GROUPS}
    pairs = _pairs(source, groups["truth"].pop(PAIRS, {}))
    return ScenarioForm(
        source=source,
        head=_convert(source, (), table, Head),
        sites=_all(source, "sites", groups["sites"], SiteForm),
        hosts=_all(source, "hosts", groups["hosts"], HostForm),
        relays=_all(source, "relays", groups["relays"], RelayForm),
        servers=_all(source, "servers", groups["servers"], ServerForm),
        truth=_all(source, "truth", groups["truth"], HostTruthForm),
        pairs={key: _convert(source, ("truth", PAIRS, key), value, PairTruthForm) for key, value in pairs.items()},
    )


def _check_numbers(source: Source, where: Path, value: Any) -> None:
    """Refuse an integer of more than the 64 bits of TOML: Python counts on, and then cannot write or convert it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_numbers(source, (*where, key), inner)
    elif isinstance(value, list):
        for inner in value:
            _check_numbers(source, where, inner)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        source.wrong(where, "a number that is far too large")


def _group(source: Source, group: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        source.wrong((group,), f"it is a table of tables: [{group}.NAME]")
    return dict(value)


def _pairs(source: Source, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        source.wrong(("truth", PAIRS), 'it is a table of tables: [truth.pairs."A B"]')
    return value


def _all(source: Source, group: str, tables: dict[str, Any], form: type[Form]) -> dict[str, Form]:
    for name in tables:
        if not _NAME.fullmatch(name):
            source.wrong((group, name), "a name is a small letter, then small letters, digits and hyphens (31 at most)")
    return {name: _convert(source, (group, name), value, form) for name, value in tables.items()}


def _convert(source: Source, where: Path, value: Any, form: type[Form]) -> Form:
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        words = str(error)
        place = _PLACE.search(words)
        inner = tuple(re.findall(r"[\w\-]+", place[1])) if place else ()
        words = _PLACE.sub("", words)
        unknown = re.fullmatch(r"Object contains unknown field `(.*)`", words)
        if unknown:
            known = ", ".join((*form.__struct_fields__, *(_GROUPS if form is Head else ()))) if not inner else ""
            source.wrong((*where, *inner, unknown[1]), "there is no such key", hint=f"keys: {known}" if known else "")
        choices = _choices(form, inner) if words.startswith("Invalid enum value") else ()
        hint = f"one of: {', '.join(choices)}" if choices else ""
        source.wrong((*where, *inner), words[0].lower() + words[1:], hint=hint)


def _choices(form: Any, inner: Path) -> tuple[str, ...]:
    """The words that a key may have; nothing where it cannot be told."""
    for key in inner:
        kinds = _kinds(get_type_hints(form).get(key)) if isinstance(form, type) else []
        form = next((kind for kind in kinds if issubclass(kind, Table | enum.StrEnum)), None)
    return tuple(form) if isinstance(form, type) and issubclass(form, enum.StrEnum) else ()


def _kinds(annotation: Any) -> list[type]:
    """The classes in an annotation such as `str | NatForm` or `tuple[Protocol, ...]`."""
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation]
    return [kind for argument in get_args(annotation) for kind in _kinds(argument)]
