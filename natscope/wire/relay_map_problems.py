"""What is wrong in a relay map, collected while it is read and then given lines and columns.

A place is kept as a path of keys until the end, so that nobody works out positions for a map without problems. Structs
rather than dataclasses, and patterns compiled at their first use: a good map must cost nothing at start-up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from natscope.model.relay_map import MapProblem

Path: TypeAlias = tuple[str | int, ...]

MAX_PROBLEMS = 200
MAX_QUOTED = 60

_PLAIN_KEY = r"[A-Za-z0-9_-]{1,60}"


class Spot(msgspec.Struct):
    """Where a value and its key begin (lines and columns from 1, 0 = no key), with the values inside it.

    `inside` is keyed by lower-case member names, or by the decimal index in a list. `key` is as written.
    """

    line: int
    column: int
    key: str = ""
    key_line: int = 0
    key_column: int = 0
    compound: bool = False
    inside: dict[str, Spot] = {}


class Finding(msgspec.Struct, frozen=True):
    """A problem whose place is still a path. `at_key`: point at the key rather than at its value."""

    severity: str
    code: str
    path: Path
    message: str
    fix: str = ""
    region_id: int | None = None
    at_key: bool = False


class Findings:
    """Problems in the order found, at most `MAX_PROBLEMS` of them; the rest is counted."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._more = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, finding: Finding) -> None:
        """Keep it, or count it once there are too many."""
        if len(self._kept) < MAX_PROBLEMS:
            self._kept.append(finding)
        else:
            self._more += 1

    def located(self, root: Spot | None) -> tuple[MapProblem, ...]:
        """All of them as model values; `root` gives the lines and columns, None leaves them 0."""
        problems = [locate(finding, root) for finding in self._kept]
        if self._more:
            problems.append(
                MapProblem(
                    severity=self._kept[-1].severity,
                    code="more-problems",
                    place="$",
                    message=f"{self._more} more problems are not listed",
                )
            )
        return tuple(problems)


def locate(finding: Finding, root: Spot | None) -> MapProblem:
    """A finding as a model value with the nearest known line and column, its path spelled as the file spells it."""
    spot, written = _follow(finding.path, root)
    line, column = _begin(spot, finding.at_key)
    return MapProblem(
        severity=finding.severity,
        code=finding.code,
        place=place_of(written),
        message=finding.message,
        fix=finding.fix,
        line=line,
        column=column,
        region_id=finding.region_id,
    )


def place_of(path: Iterable[str | int]) -> str:
    """A JSON path: `$.Regions.901.Nodes[0].HostName`; unusual keys stand in brackets and quotes."""
    return "$" + "".join(_step(key) for key in path)


def quoted(value: object) -> str:
    """Foreign text as it may stand in a message: shortened, in quotes. Still foreign: cleaned before it is drawn."""
    text = str(value)
    return f'"{text}"' if len(text) <= MAX_QUOTED else f'"{text[: MAX_QUOTED - 1]}…"'


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if re.fullmatch(_PLAIN_KEY, key) else f"[{quoted(key)}]"


def _follow(path: Path, root: Spot | None) -> tuple[Spot | None, list[str | int]]:
    """The spot of the longest known beginning of `path`, and the path as it is written there."""
    written: list[str | int] = list(path)
    spot = root
    for index, key in enumerate(path):
        below = spot.inside.get(str(key).lower()) if spot is not None else None
        if below is None:
            break
        spot = below
        if isinstance(key, str) and spot.key:
            written[index] = spot.key
    return spot, written


def _begin(spot: Spot | None, at_key: bool) -> tuple[int, int]:
    if spot is None:
        return 0, 0
    if spot.key_line and (at_key or spot.compound):
        return spot.key_line, spot.key_column
    return spot.line, spot.column
