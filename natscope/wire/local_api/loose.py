"""Reads JSON objects of a program that is older or newer than we know: what is missing, new or odd costs nothing else.

A field that is absent or null is `None` (or empty, where a list is wanted); one of the wrong form is too, and is
written down as a problem. What is not asked for can be had back with `rest`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint, IPAddress

Tree: TypeAlias = Mapping[str, object]
MAX_PROBLEMS = 50
_ZERO_TIME = "0001-01-01T"
"""How Go writes a time that was never set."""


class Problems:
    """What was odd: the first `MAX_PROBLEMS` in words, and how many in all."""

    __slots__ = ("count", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.count = 0

    def add(self, place: str, wanted: str) -> None:
        """One more."""
        self.count += 1
        if len(self.words) < MAX_PROBLEMS:
            self.words.append(f"{place} is no {wanted}")


class Loose:
    """One object. `place` says where it stands, for the problems."""

    __slots__ = ("_tree", "place", "problems")

    def __init__(self, tree: object, place: str, problems: Problems) -> None:
        self.place = place
        self.problems = problems
        self._tree: Tree = {}
        if isinstance(tree, dict):
            self._tree = tree
        elif tree is not None:
            problems.add(place, "object")

    def text(self, name: str) -> str | None:
        """A string."""
        value = self._tree.get(name)
        if value is None or isinstance(value, str):
            return value
        self._odd(name, value, "text")
        return None

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self._tree.get(name)
        if value is None or isinstance(value, bool):
            return value
        self._odd(name, value, "boolean")
        return None

    def whole(self, name: str) -> int | None:
        """A whole number that fits into 64 bits."""
        value = self._tree.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 64:
            return value
        self._odd(name, value, "whole number")
        return None

    def number(self, name: str) -> float | None:
        """Any number."""
        value = self._tree.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300:
            return float(value)
        self._odd(name, value, "number")
        return None

    def time(self, name: str) -> datetime | None:
        """RFC 3339 in UTC; Go's zero time is None."""
        value = self._tree.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            if value.startswith(_ZERO_TIME):
                return None
            try:
                found = msgspec.convert(value, datetime)
                if found.tzinfo is not None:
                    return found.astimezone(UTC)
            except (msgspec.ValidationError, OverflowError, ValueError):
                pass
        self._odd(name, value, "time")
        return None

    def items(self, name: str) -> list[object]:
        """A list of anything."""
        value = self._tree.get(name)
        if isinstance(value, list):
            return value
        if value is not None:
            self.problems.add(f"{self.place}.{name}", "list")
        return []

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; what is none is left out."""
        if self._tree.get(name) is None:
            return ()
        items = self.items(name)
        found = tuple([item for item in items if isinstance(item, str)])
        if len(found) < len(items):
            self.problems.add(f"{self.place}.{name}", "list of texts")
        return found

    def addresses(self, name: str) -> tuple[IPAddress, ...]:
        """A list of IP addresses."""
        found: list[IPAddress] = []
        for text in self.texts(name):
            try:
                found.append(ipaddress.IPv6Address(text) if ":" in text else ipaddress.IPv4Address(text))
            except ValueError:
                self.problems.add(f"{self.place}.{name}", "list of addresses")
        return tuple(found)

    def endpoints(self, name: str) -> tuple[Endpoint, ...]:
        """A list of addresses with ports."""
        found: list[Endpoint] = []
        for text in self.texts(name):
            try:
                found.append(Endpoint.parse(text))
            except ValueError:
                self.problems.add(f"{self.place}.{name}", "list of addresses with ports")
        return tuple(found)

    def endpoint(self, name: str) -> Endpoint | None:
        """An address with port; empty is None."""
        text = self.text(name)
        if not text:
            return None
        try:
            return Endpoint.parse(text)
        except ValueError:
            self._odd(name, text, "address with port")
            return None

    def inner(self, name: str) -> Loose:
        """An object, empty where there is none."""
        return Loose(self._tree.get(name), f"{self.place}.{name}", self.problems)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._tree.get(name) is not None

    def pairs(self) -> list[tuple[str, object]]:
        """All fields, where names are data."""
        return list(self._tree.items())

    def rest(self, known: frozenset[str]) -> dict[str, object]:
        """What is not `known`, as it came."""
        return {name: self._tree[name] for name in sorted(self._tree.keys() - known)}

    def _odd(self, name: str, value: object, wanted: str) -> None:
        if value is not None:
            self.problems.add(f"{self.place}.{name}", wanted)


def decode_json(data: bytes, what: str, max_bytes: int) -> object:
    """Any JSON of at most `max_bytes`. Raises `RemoteError`."""
    if len(data) > max_bytes:
        raise RemoteError(f"{what} is longer than {max_bytes >> 20} MiB", field=what)
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise RemoteError(f"{what} is nested too deeply", field=what) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise RemoteError(f"{what} is no JSON: {error}", field=what) from error
