"""Reads one TOML file of settings: typed values with their lines, and what is wrong with it.

A wrong type is an error that names file and line. An unknown key, and in a project file a key that a repository may
not set, is a warning and has no effect.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from natscope.apps.config_values import BadValue, from_toml
from natscope.apps.did_you_mean import question
from natscope.apps.settings import BY_NAME, SETTINGS, Setting, Value
from natscope.errors import UserError

MAX_FILE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What a file sets: name to (value, line). `warnings` are whole sentences."""

    path: str
    values: dict[str, tuple[Value, int]]
    warnings: tuple[str, ...] = ()


def read_settings(path: str, *, project: bool = False) -> FileSettings | None:
    """Read a file; None when there is none. Raises `UserError` for one that cannot be used."""
    text = read_text(path)
    if text is None:
        return None
    import tomllib  # 15 ms, only when there is a file

    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise UserError(f"{path}: is nested too deeply to be a configuration") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {lower_first(str(error))}", hint="natscope config template shows a file") from None
    return _typed(path, text, document, project)


def read_text(path: str) -> str | None:
    """The file's text; only a regular file of bounded size is read (a pipe in a repository would hang us)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UserError(f"{path}: is not a file")
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {lower_first(error.strerror or 'unknown reason')}") from None
    if len(data) > MAX_FILE_BYTES:
        raise UserError(f"{path}: is larger than {MAX_FILE_BYTES // 1024} kB, so it is no configuration")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text") from None


def _typed(path: str, text: str, document: dict[str, object], project: bool) -> FileSettings:
    values: dict[str, tuple[Value, int]] = {}
    warnings: list[str] = []
    for name, raw in _flatten(document):
        line = line_of(text, name)
        setting = BY_NAME.get(name)
        reason = _why_not(setting, name, raw, project)
        if setting is None or reason:
            warnings.append(f"{path}:{line}: {reason}")
            continue
        try:
            values[name] = (from_toml(setting, raw), line)
        except BadValue as error:
            raise UserError(f"{path}:{line}: {name} {error}") from None
    return FileSettings(path, values, tuple(warnings))


def _flatten(document: dict[str, object]) -> list[tuple[str, object]]:
    """Top-level keys and those of known tables, with dotted names."""
    sections = {setting.section for setting in SETTINGS if setting.section}
    flat: list[tuple[str, object]] = []
    for key, value in document.items():
        if isinstance(value, dict) and key in sections:
            flat.extend((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            flat.append((key, value))
    return flat


def _why_not(setting: Setting | None, name: str, raw: object, project: bool) -> str:
    """Why a key is ignored; empty when it is not."""
    if setting is None:
        return f'no setting "{name}", ignored{question(name, BY_NAME)}'
    if not setting.in_files:
        return f"{name} cannot be set in a file, ignored"
    if not project:
        return ""
    if not setting.project:
        return f"a project file may not set {name}, ignored (set it in your own configuration)"
    if setting.kind == "place" and isinstance(raw, str):
        return _project_place(name, raw)
    return ""


def _project_place(name: str, place: str) -> str:
    """A project may name a file inside itself or an https URL without credentials."""
    if "://" in place:
        from urllib.parse import urlsplit

        parts = urlsplit(place)
        if parts.scheme != "https" or "@" in parts.netloc:
            return f"{name} in a project file must be https and hold no user name or password, ignored"
        return ""
    if os.path.isabs(place) or ".." in place.split("/") or place == "-":
        return f"{name} in a project file must be a file inside the project, ignored"
    return ""


def line_of(text: str, name: str) -> int:
    """The line that sets `name` (1 when it cannot be told: inline tables, quoted keys)."""
    section, _, key = name.rpartition(".")
    current = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("["):
            current = line.split("#", 1)[0].strip().strip("[]").strip()
            if current == name:
                return number
            continue
        written = line.split("=", 1)[0].strip().strip("\"'")
        if "=" in line and (f"{current}.{written}" if current else written) == (f"{section}.{key}" if section else key):
            return number
    return 1


def lower_first(text: str) -> str:
    """A sentence of somebody else as a part of ours."""
    return text[:1].lower() + text[1:]
