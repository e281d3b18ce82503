"""Reads one TOML file of settings: typed values with their lines, and all that is wrong with it.

A wrong type is an error that names file and line. An unknown key, and in a project file a key that a repository may
not set, is a warning and has no effect.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from natscope.apps.config_values import BadValue, from_toml
from natscope.apps.did_you_mean import question
from natscope.apps.settings import BY_NAME, SETTINGS, Setting, Value
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.model.config_lint import ConfigProblem

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
    return _typed(path, text, read_document(path, text, "natscope config template shows a file"), project)


def read_document(path: str, text: str, hint: str) -> dict[str, object]:
    """`text`, that of a file, as TOML. Raises `UserError`, with that hint where it is no TOML."""
    from natscope.wire.toml_text import TomlError, TomlLimit, read_toml  # only when there is a file

    try:
        return read_toml(text)
    except TomlLimit as error:
        raise UserError(error.of_file(path)) from None
    except TomlError as error:
        raise UserError(f"{path}: {error.whole}", hint=hint) from None


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
    values, problems = examine_settings(text, document, project=project)
    for problem in problems:
        if problem.severity == "error":
            raise UserError(f"{path}:{problem.line}: {problem.message}")
    return FileSettings(path, values, tuple(f"{path}:{problem.line}: {problem.message}" for problem in problems))


def examine_settings(
    text: str, document: dict[str, object], *, project: bool
) -> tuple[dict[str, tuple[Value, int]], tuple[ConfigProblem, ...]]:
    """Name to (value, line), and what is wrong, in the order of the file; `document` is `text`, read as TOML."""
    from natscope.wire.toml_places import TOP, problem_at, toml_places  # only when there is a file

    values: dict[str, tuple[Value, int]] = {}
    problems: list[ConfigProblem] = []
    places = toml_places(text)
    for path, raw in _flatten(document):
        name = ".".join(path)
        place = places.get(path, TOP)
        setting = BY_NAME.get(name)
        code, reason = _why_not(setting, name, raw, project)
        if setting is None or reason:
            problems.append(problem_at(place, "warning", code, name, reason))
            continue
        try:
            values[name] = (from_toml(setting, raw), place.line)
        except BadValue as error:
            problems.append(problem_at(place, "error", "wrong-value", name, f"{name} {error}"))
    return values, tuple(problems)


def _flatten(document: dict[str, object]) -> list[tuple[tuple[str, ...], object]]:
    """Top-level keys and those of known tables, by their parts."""
    sections = {setting.section for setting in SETTINGS if setting.section}
    flat: list[tuple[tuple[str, ...], object]] = []
    for key, value in document.items():
        if isinstance(value, dict) and key in sections:
            flat.extend(((key, inner), inner_value) for inner, inner_value in value.items())
        else:
            flat.append(((key,), value))
    return flat


def _why_not(setting: Setting | None, name: str, raw: object, project: bool) -> tuple[str, str]:
    """A code and why a key is ignored; empty when it is not."""
    if setting is None and any(name == known.section for known in SETTINGS):
        return "wrong-value", f"{name} is a table: [{name}]; ignored"
    if setting is None:
        return "unknown-key", f'no setting "{name}", ignored{question(name, BY_NAME)}'
    if not setting.in_files:
        return "not-allowed-here", f"{name} cannot be set in a file, ignored"
    if not project:
        return "", ""
    if not setting.project:
        return "not-allowed-here", f"a project file may not set {name}, ignored (set it in your own configuration)"
    if setting.kind == "place" and isinstance(raw, str):
        return "not-allowed-here", _project_place(name, raw)
    return "", ""


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


def lower_first(text: str) -> str:
    """A sentence of somebody else as a part of ours."""
    return text[:1].lower() + text[1:]
