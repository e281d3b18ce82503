"""Configuration: flag over environment over project file over user file over system file over default.

Every value remembers where it came from, for `natscope config show --origin` and for error messages.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from natscope.apps.config_file import FileSettings, read_settings
from natscope.apps.config_values import BadValue, from_text
from natscope.apps.did_you_mean import closest
from natscope.apps.directories import project_config_file, system_config_file, user_config_file, user_directory
from natscope.apps.settings import BY_NAME, BY_VARIABLE, SETTINGS, Value
from natscope.apps.typed_values import TypedValues
from natscope.errors import UserError

PREFIX = "NATSCOPE_"


@dataclass(frozen=True, slots=True)
class Origin:
    """`layer`: flag, environment, project, user, system or default. `where`: the flag, variable or file:line."""

    layer: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.layer} {self.where}".strip()


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag as it was given: its spelling for messages, and its text (or a bool for a switch)."""

    spelling: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class Places:
    """The three files that may hold settings."""

    system: str
    user: str
    project: str

    @classmethod
    def find(cls, environ: Mapping[str, str], cwd: str) -> Places:
        """Where they are, whether or not they exist."""
        return cls(system_config_file(environ), user_config_file(environ), project_config_file(cwd))


@dataclass(frozen=True, slots=True)
class Config(TypedValues):
    """All settings with their origins. `warnings` are sentences about keys that had no effect."""

    values: dict[str, Value]
    origins: dict[str, Origin]
    warnings: tuple[str, ...] = ()


def load(
    environ: Mapping[str, str],
    *,
    flags: Mapping[str, Flag] | None = None,
    places: Places | None = None,
    cwd: str = ".",
) -> Config:
    """Read all layers, lowest first. Raises `UserError` for a value of the wrong kind, naming its place."""
    places = places or Places.find(environ, cwd)
    values: dict[str, Value] = {setting.name: setting.default for setting in SETTINGS}
    origins = {setting.name: Origin("default") for setting in SETTINGS}
    warnings: list[str] = []
    for layer, path in (("system", places.system), ("user", places.user), ("project", places.project)):
        if file := read_settings(path, project=layer == "project"):
            _take_file(file, layer, values, origins)
            warnings.extend(file.warnings)
    warnings.extend(_take_environment(environ, values, origins))
    _take_flags(flags or {}, values, origins)
    return Config(values, origins, tuple(warnings))


def _take_file(file: FileSettings, layer: str, values: dict[str, Value], origins: dict[str, Origin]) -> None:
    for name, (value, line) in file.values.items():
        if layer == "project" and BY_NAME[name].kind == "place" and isinstance(value, str) and "://" not in value:
            value = os.path.join(os.path.dirname(file.path), value)
        values[name] = value
        origins[name] = Origin(layer, f"{file.path}:{line}")


def _take_environment(environ: Mapping[str, str], values: dict[str, Value], origins: dict[str, Origin]) -> list[str]:
    """Returns a warning for each variable that looks like a mistyped setting."""
    warnings = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        text = environ[variable]
        setting = BY_VARIABLE.get(variable)
        if not text:
            continue
        if setting is None:
            warnings.extend(_mistyped(variable))
            continue
        values[setting.name] = _parse(variable, lambda s=setting, t=text: from_text(s, t))  # type: ignore[misc]
        origins[setting.name] = Origin("environment", variable)
    return warnings


def _mistyped(variable: str) -> list[str]:
    """A warning only when a setting is near: other programs may use the prefix too."""
    tail = variable.removeprefix(PREFIX)
    near = next((known for known in BY_VARIABLE if known.endswith("_" + tail)), "") or closest(
        variable, BY_VARIABLE, cutoff=0.85
    )
    return [f"{variable} is no setting, ignored. Did you mean {near}?"] if near else []


def _take_flags(flags: Mapping[str, Flag], values: dict[str, Value], origins: dict[str, Origin]) -> None:
    for name, flag in flags.items():
        setting = BY_NAME[name]
        given = flag.value
        if isinstance(given, bool):
            values[name] = given
        else:
            values[name] = _parse(flag.spelling, lambda s=setting, t=given: from_text(s, t))  # type: ignore[misc]
        origins[name] = Origin("flag", flag.spelling)


def _parse(where: str, read: Callable[[], Value]) -> Value:
    try:
        return read()
    except BadValue as error:
        raise UserError(f"{where} {error}") from None


def state_directory(config: Config, environ: Mapping[str, str]) -> str:
    """Where history and crash reports go."""
    return config.text("state_dir") or user_directory("state", environ)


def cache_directory(config: Config, environ: Mapping[str, str]) -> str:
    """Where fetched maps go."""
    return config.text("cache_dir") or user_directory("cache", environ)
