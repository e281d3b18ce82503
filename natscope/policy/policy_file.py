"""A policy as TOML: `[expect]` with one expectation a key, `[run]` with how often to measure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from natscope.errors import UserError
from natscope.policy.expectation import Expectation, parse
from natscope.policy.lookup import check_name, check_words

MAX_BYTES = 256 * 1024
MAX_EXPECTATIONS = 1000
PINGS = 5
MAX_LINE, MAX_PARTS = 4096, 8
"""Characters of a line, and parts of a name: the TOML reader's time grows with the square of a dotted key."""
_RUN_LIMITS: dict[str, tuple[float, float, float]] = {
    "runs": (1, 1, 20),
    "retries": (2, 0, 20),
    "tolerance": (0.0, 0.0, 1.0),
    "pings": (PINGS, 1, 100),
}
"""Setting to default, least and most."""
_TABLES = ("expect", "run")


@dataclass(frozen=True, slots=True)
class Policy:
    """`runs` in any case, up to `retries` more while something fails; `pings` of each peer in a run."""

    name: str
    expectations: tuple[Expectation, ...]
    runs: int = 1
    retries: int = 2
    tolerance: float = 0.0
    pings: int = PINGS


def read_policy(data: bytes, name: str) -> Policy:
    """`name` is the file's. Raises `UserError` with the place of the first mistake."""
    if len(data) > MAX_BYTES:
        raise UserError(f"{name} is not a policy: it has {len(data):,} bytes, the limit is {MAX_BYTES:,}")
    try:
        text = data.decode("utf-8")
        _check_lines(text, name)
        tree = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: not UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{name}: not TOML: {error}") from error
    unknown = [key for key in tree if key not in _TABLES]
    if unknown:
        raise UserError(f"{name}: there is no [{unknown[0]}]", hint="there are [expect] and [run]")
    expectations = tuple(_expectations(tree.get("expect"), text, name))
    if not expectations:
        raise UserError(f"{name} expects nothing", hint="natscope check --init writes a first policy")
    return Policy(name, expectations, **_run(tree.get("run", {}), name))


def _check_lines(text: str, name: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise UserError(f"{name}:{number}: {len(line):,} characters, the limit of a line is {MAX_LINE:,}")


def _expectations(tree: object, text: str, name: str) -> Iterator[Expectation]:
    if tree is None:
        return
    if not isinstance(tree, dict):
        raise UserError(f"{name}: [expect] is a table")
    found = list(_leaves(tree, ()))
    if len(found) > MAX_EXPECTATIONS:
        raise UserError(f"{name} has {len(found):,} expectations, the limit is {MAX_EXPECTATIONS:,}")
    for path, given in found:
        line = _line_of(path, text)
        try:
            check_name(path)
            expectation = parse(path, given, line)
            check_words(expectation)
            yield expectation
        except UserError as error:
            place = f"{name}:{line}" if line else name
            raise UserError(f"{place}: {error.message}", hint=error.hint) from error


def _leaves(tree: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in tree.items():
        if isinstance(value, dict) and len(path) < MAX_PARTS:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _line_of(path: tuple[str, ...], text: str) -> int:
    """Where the last part of the name is given a value, as far as that can be told; 0: not known."""
    for count in range(len(path), 0, -1):
        parts = r"[ \t]*\.[ \t]*".join(rf"[\"']?{re.escape(part)}[\"']?" for part in path[-count:])
        found = re.search(rf"^[ \t]*(?:expect[ \t]*\.[ \t]*)?{parts}[ \t]*=", text, re.MULTILINE)
        if found:
            return text.count("\n", 0, found.end()) + 1
    return 0


def _run(tree: object, name: str) -> dict[str, Any]:
    if not isinstance(tree, dict):
        raise UserError(f"{name}: [run] is a table")
    values: dict[str, Any] = {}
    for key, given in tree.items():
        if key not in _RUN_LIMITS:
            raise UserError(f'{name}: [run] has no "{key}"', hint=f"there is {', '.join(_RUN_LIMITS)}")
        _, least, most = _RUN_LIMITS[key]
        whole = key != "tolerance"
        if (
            isinstance(given, bool)
            or not isinstance(given, int if whole else int | float)
            or not least <= given <= most
        ):
            raise UserError(f"{name}: {key} must be between {least:g} and {most:g}")
        values[key] = given
    return values
