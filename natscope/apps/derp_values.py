"""The settings of one relay: flags over derper's flags over the file over defaults, each with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natscope.apps.config_file import line_of, lower_first, read_text
from natscope.apps.config_values import BadValue, from_text, from_toml
from natscope.apps.derp_settings import BY_NAME, SECTIONS, SETTINGS
from natscope.apps.derper_flags import Meaning
from natscope.apps.did_you_mean import question
from natscope.apps.settings import Value
from natscope.apps.typed_values import TypedValues
from natscope.errors import UserError

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
    import tomllib

    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise UserError(f"{path}: is nested too deeply to be a configuration") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {lower_first(str(error))}", hint=TEMPLATE_HINT) from None
    values: dict[str, Value] = {}
    origins: dict[str, str] = {}
    for name, raw in _flat(path, text, document):
        place = f"{path}:{line_of(text, name)}"
        setting = BY_NAME.get(name)
        if setting is None or not setting.in_files:
            known = [known.name for known in SETTINGS if known.in_files]
            raise UserError(f'{place}: no setting "{name}"{question(name, known)}', hint=TEMPLATE_HINT)
        try:
            values[name] = from_toml(setting, [raw] if setting.kind == "names" and isinstance(raw, str) else raw)
        except BadValue as error:
            raise UserError(f"{place}: {name} {error}") from None
        origins[name] = f"{place}: {name}"
    return FileValues(values, origins)


def _flat(path: str, text: str, document: Mapping[str, object]) -> list[tuple[str, object]]:
    """Keys with dotted names."""
    flat: list[tuple[str, object]] = []
    for key, value in document.items():
        if isinstance(value, dict) and key not in BY_NAME:
            if key not in SECTIONS:
                place = f"{path}:{line_of(text, key)}"
                raise UserError(f"{place}: no table [{key}]{question(key, SECTIONS)}", hint=TEMPLATE_HINT)
            flat.extend((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            flat.append((key, value))
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
