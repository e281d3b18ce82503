"""All that is wrong with one file of settings or expectations, by the rules of whoever reads it. No network.

`settings`: natscope's own; `project`: the same in a repository, `natscope.toml`; `relay`: `natscope derp serve
--config`, by this file alone, without flags; `policy`: `natscope check --policy`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from natscope.apps.config_file import MAX_FILE_BYTES, examine_settings
from natscope.apps.derp_config import config_errors
from natscope.apps.derp_settings import SECTIONS as RELAY_SECTIONS
from natscope.apps.derp_settings import SETTINGS as RELAY_SETTINGS
from natscope.apps.derp_values import FileValues, examine_relay, settle
from natscope.apps.derper_flags import Meaning
from natscope.apps.directories import PROJECT_FILE
from natscope.apps.settings import SETTINGS, Value
from natscope.errors import UserError
from natscope.model.config_lint import SCHEMA, ConfigLint, ConfigProblem
from natscope.policy.policy_file import TABLES as POLICY_TABLES
from natscope.policy.policy_file import examine_policy
from natscope.wire.toml_places import NOWHERE, TOP, Place, problem_at, toml_places
from natscope.wire.toml_text import TomlError, TomlLimit, read_toml

KINDS = ("settings", "project", "relay", "policy")
MAX_BYTES = MAX_FILE_BYTES
Found = tuple[ConfigProblem, ...]
Refused = Callable[[str, Value], UserError | None]


def lint_config(
    data: bytes, name: str, kind: str, environ: Mapping[str, str], refused: Refused | None = None
) -> tuple[ConfigLint, tuple[str, ...]]:
    """The problems, and the lines of the file. `kind` is one of `KINDS`, or empty: told from what is in it.

    `refused`: what a command would say of a setting's name and value, although its kind is right.
    Raises `UserError` where the kind cannot be told, and for what is over a limit of the reader.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        problem = _broken("not UTF-8 text", line, column)
        return ConfigLint(schema=SCHEMA, source=name, kind=kind or _by_name(name), problems=(problem,)), ()
    lines = tuple(text.split("\n"))
    try:
        tree = read_toml(text)
    except TomlLimit as error:
        raise UserError(error.of_file(name)) from None
    except TomlError as error:
        found: Found = (_broken(error.message, error.line, error.column),)
        return ConfigLint(schema=SCHEMA, source=name, kind=kind or _by_name(name), problems=found), lines
    kind = kind or _kind_of(tree, name)
    if kind in ("settings", "project"):
        problems = _settings(text, tree, kind == "project", refused)
    else:
        problems = _relay(text, tree, environ) if kind == "relay" else examine_policy(text, tree)[2]
    return ConfigLint(schema=SCHEMA, source=name, kind=kind, problems=_in_order(problems)), lines


def _broken(words: str, line: int, column: int) -> ConfigProblem:
    return ConfigProblem(severity="error", code="not-toml", place="", message=words, line=line, column=column)


def _in_order(problems: Found) -> Found:
    """As they stand in the file; what has no line last."""
    return tuple(sorted(problems, key=lambda each: (not each.line, each.line, each.column)))


def _by_name(name: str) -> str:
    """What a file is that cannot be looked into; empty where its name does not tell."""
    return "project" if os.path.basename(name) == PROJECT_FILE else ""


def _kind_of(tree: Mapping[str, Any], name: str) -> str:
    """By its name, else by the keys that only one of them has. Raises `UserError`."""
    if kind := _by_name(name):
        return kind
    keys = {
        "settings": {setting.section or setting.name for setting in SETTINGS},
        "relay": {*RELAY_SECTIONS, *(setting.name for setting in RELAY_SETTINGS if not setting.section)},
        "policy": set(POLICY_TABLES),
    }
    hits = {kind: len(known & set(tree)) for kind, known in keys.items()}
    best = max(hits, key=lambda kind: hits[kind])
    if not hits[best] or sum(count == hits[best] for count in hits.values()) > 1:
        raise UserError(
            f"{name}: it does not show whether these are settings of natscope, of a relay, or a policy",
            hint=f"--kind {', '.join(KINDS)}",
        )
    return best


def _settings(text: str, tree: dict[str, Any], project: bool, refused: Refused | None) -> Found:
    values, problems = examine_settings(text, tree, project=project)
    places = toml_places(text) if values and refused is not None else {}
    for name, (value, _) in values.items():
        error = refused(name, value) if refused is not None else None
        if error is not None:
            place, words = places.get(tuple(name.split(".")), TOP), f"{name}: {error.message}"
            problems = (*problems, problem_at(place, "error", "wrong-value", name, words, error.hint))
    return problems


def _relay(text: str, tree: dict[str, Any], environ: Mapping[str, str]) -> Found:
    """Keys by themselves; then, without those that are wrong, what does not go together."""
    values, problems = examine_relay(text, tree)
    names = {name: name for name in values}
    settled = settle({}, Meaning(), FileValues({name: value for name, (value, _) in values.items()}, names))
    places = toml_places(text)
    errors = config_errors(settled, environ) if not problems else ()
    return (*problems, *(_misfit(error, names, places) for error in errors))


def _misfit(error: UserError, names: Mapping[str, str], places: Mapping[tuple[str, ...], Place]) -> ConfigProblem:
    """At the key that the message begins with, if it stands in the file."""
    named = [name for name in names if error.message.startswith((f"{name}:", f"{name} "))]
    name = max(named, key=len, default="")
    place = places.get(tuple(name.split(".")), NOWHERE)
    return problem_at(place, "error", "does-not-fit", name, error.message, error.hint)
