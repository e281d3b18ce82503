"""A policy as TOML: `[expect]` with one expectation a key, `[run]` with how often to measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from natscope.errors import UserError
from natscope.model.config_lint import ConfigProblem
from natscope.policy.expectation import Expectation, parse
from natscope.policy.lookup import check_name, check_words
from natscope.wire.toml_places import NOWHERE, Place, problem_at, toml_places
from natscope.wire.toml_text import TomlError, TomlLimit, read_toml

MAX_BYTES = 256 * 1024
MAX_EXPECTATIONS = 1000
PINGS = 5
MAX_PARTS = 8
"""Of a name."""
_RUN_LIMITS: dict[str, tuple[float, float, float]] = {
    "runs": (1, 1, 20),
    "retries": (2, 0, 20),
    "tolerance": (0.0, 0.0, 1.0),
    "pings": (PINGS, 1, 100),
}
"""Setting to default, least and most."""
TABLES = ("expect", "run")


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
        tree = read_toml(text)
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: not UTF-8") from error
    except TomlLimit as error:
        raise UserError(error.of_file(name)) from error
    except TomlError as error:
        raise UserError(f"{name}: not TOML: {error.whole}") from error
    expectations, run, problems = examine_policy(text, tree)
    if problems:
        first = problems[0]
        place = f"{name}:{first.line}: " if first.line else f"{name}: "
        raise UserError(place + first.message, hint=first.hint)
    return Policy(name, expectations, **run)


def examine_policy(
    text: str, tree: dict[str, Any]
) -> tuple[tuple[Expectation, ...], dict[str, Any], tuple[ConfigProblem, ...]]:
    """Expectations, the settings of `[run]`, and all that is wrong; `tree` is `text`, read as TOML."""
    places = toml_places(text)
    problems = [
        _problem("unknown-table", (key,), places, f"there is no [{key}]", "there are [expect] and [run]")
        for key in tree
        if key not in TABLES
    ]
    expectations = tuple(_expectations(tree.get("expect"), places, problems))
    run = _run(tree.get("run", {}), places, problems)
    if not expectations and not problems:
        problems.append(
            _problem("empty", (), places, "it expects nothing", "natscope check --init writes a first policy")
        )
    return expectations, run, tuple(problems)


def _problem(
    code: str, path: tuple[str, ...], places: dict[tuple[str, ...], Place], message: str, hint: str = ""
) -> ConfigProblem:
    return problem_at(places.get(path, NOWHERE), "error", code, ".".join(path), message, hint)


def _expectations(
    tree: object, places: dict[tuple[str, ...], Place], problems: list[ConfigProblem]
) -> Iterator[Expectation]:
    if tree is None:
        return
    if not isinstance(tree, dict):
        problems.append(_problem("wrong-value", ("expect",), places, "[expect] is a table"))
        return
    found = list(_leaves(tree, ()))
    if len(found) > MAX_EXPECTATIONS:
        words = f"it has {len(found):,} expectations, the limit is {MAX_EXPECTATIONS:,}"
        problems.append(_problem("wrong-value", ("expect",), places, words))
        return
    for path, given in found:
        code, full = "unknown-key", ("expect", *path)
        try:
            check_name(path)
            code = "wrong-value"
            expectation = parse(path, given, places[full].line if full in places else 0)
            check_words(expectation)
            yield expectation
        except UserError as error:
            problems.append(_problem(code, full, places, error.message, error.hint))


def _leaves(tree: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in tree.items():
        if isinstance(value, dict) and len(path) < MAX_PARTS:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _run(tree: object, places: dict[tuple[str, ...], Place], problems: list[ConfigProblem]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not isinstance(tree, dict):
        problems.append(_problem("wrong-value", ("run",), places, "[run] is a table"))
        return values
    for key, given in tree.items():
        path = ("run", key)
        if key not in _RUN_LIMITS:
            words = f'[run] has no "{key}"'
            problems.append(_problem("unknown-key", path, places, words, f"there is {', '.join(_RUN_LIMITS)}"))
            continue
        _, least, most = _RUN_LIMITS[key]
        whole = key != "tolerance"
        if (
            isinstance(given, bool)
            or not isinstance(given, int if whole else int | float)
            or not least <= given <= most
        ):
            words = f"{key} must be between {least:g} and {most:g}"
            problems.append(_problem("wrong-value", path, places, words))
            continue
        values[key] = given
    return values
