"""The settings of one relay: flags over derper's flags over the file over defaults, each with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natscope.apps.config_file import read_document, read_text
from natscope.apps.config_values import BadValue, from_text, from_toml
from natscope.apps.derp_settings import BY_NAME, SECTIONS, SETTINGS
from natscope.apps.derper_flags import Meaning
from natscope.apps.did_you_mean import question
from natscope.apps.settings import Value
from natscope.apps.typed_values import TypedValues
from natscope.errors import UserError
from natscope.model.config_lint import ConfigProblem
from natscope.wire.toml_places import TOP, problem_at, toml_places

TEMPLATE_HINT = "natscope derp serve --print-config shows a whole file"


@dataclass(frozen=True, slots=True)
class Values(TypedValues):
    """Every setting's value; `origins` says how each was set (`--listen`, `relay.toml:3: listen`), or not."""

    values: dict[str, Value]
    origins: dict[str, str]

    def is_set(self, name: str) -> bool:
        """Whether anybody set it."""
        return name in self.origins

    def origin(self, name: str) -> str:
        """How to name it in a message."""
        return self.origins.get(name) or BY_NAME[name].flag or name


@dataclass(frozen=True, slots=True)
class FileValues:
    """What a file sets, with how to name each in a message."""

    values: dict[str, Value]
    origins: dict[str, str]


def settle(own: Mapping[str, str | bool | tuple[str, ...]], meaning: Meaning, file: FileValues | None) -> Values:
    """Put the layers together. Raises `UserError` for a flag's value that does not fit."""
    values: dict[str, Value] = {setting.name: setting.default for setting in SETTINGS}
    origins: dict[str, str] = {}
    layers: list[tuple[Mapping[str, Value], Mapping[str, str]]] = [(meaning.assumed, {})]
    if file is not None:
        layers.append((file.values, file.origins))
    layers += [(meaning.given, meaning.spelled), ({name: _own(name, raw) for name, raw in own.items()}, {})]
    for layer, named in layers:
        for name, value in layer.items():
            values[name] = value
            origins[name] = named.get(name) or BY_NAME[name].flag or name
    return Values(values, origins)


def read_file(path: str) -> FileValues:
    """Read a configuration file. Raises `UserError`: what is wrong, with file and line."""
    text = read_text(path)
    if text is None:
        raise UserError(f"{path}: no such file", hint=TEMPLATE_HINT)
    found, problems = examine_relay(text, read_document(path, text, TEMPLATE_HINT))
    if problems:
        first = problems[0]
        raise UserError(f"{path}:{first.line}: {first.message}", hint=first.hint)
    return FileValues(
        {name: value for name, (value, _) in found.items()},
        {name: f"{path}:{line}: {name}" for name, (_, line) in found.items()},
    )


def examine_relay(
    text: str, document: Mapping[str, object]
) -> tuple[dict[str, tuple[Value, int]], tuple[ConfigProblem, ...]]:
    """Name to (value, line), and each key that is wrong by itself; `document` is `text`, read as TOML."""
    values: dict[str, tuple[Value, int]] = {}
    problems: list[ConfigProblem] = []
    places = toml_places(text)
    for path, raw in _flat(document):
        name = ".".join(path)
        place = places.get(path, TOP)
        setting = BY_NAME.get(name)
        if isinstance(raw, dict) and len(path) == 1 and setting is None:
            words = f"no table [{name}]{question(name, SECTIONS)}"
            problems.append(problem_at(place, "error", "unknown-table", name, words, TEMPLATE_HINT))
        elif name in SECTIONS and setting is None:
            problems.append(
                problem_at(place, "error", "wrong-value", name, f"{name} is a table: [{name}]", TEMPLATE_HINT)
            )
        elif setting is None or not setting.in_files:
            known = [known.name for known in SETTINGS if known.in_files]
            words = f'no setting "{name}"{question(name, known)}'
            problems.append(problem_at(place, "error", "unknown-key", name, words, TEMPLATE_HINT))
        else:
            try:
                value = from_toml(setting, [raw] if setting.kind == "names" and isinstance(raw, str) else raw)
            except BadValue as error:
                problems.append(problem_at(place, "error", "wrong-value", name, f"{name} {error}"))
            else:
                values[name] = (value, place.line)
    return values, tuple(problems)


def _flat(document: Mapping[str, object]) -> list[tuple[tuple[str, ...], object]]:
    """Top-level keys and those of known tables, by their parts."""
    flat: list[tuple[tuple[str, ...], object]] = []
    for key, value in document.items():
        if isinstance(value, dict) and key in SECTIONS and key not in BY_NAME:
            flat.extend(((key, inner), inner_value) for inner, inner_value in value.items())
        else:
            flat.append(((key,), value))
    return flat


def _own(name: str, raw: str | bool | tuple[str, ...]) -> Value:
    """A flag of ours, as typer gave it."""
    setting = BY_NAME[name]
    if not isinstance(raw, str):
        return raw
    try:
        return from_text(setting, raw)
    except BadValue as error:
        raise UserError(f"{setting.flag} {error}") from None
