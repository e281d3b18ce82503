"""Finds scenario files: `*.toml` in every package that declares the group `natscope.scenarios`, one scenario a file.

A third party's package brings scenarios by that entry point alone. Nothing is imported, and no file is read before it
is asked for.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from natscope.errors import UserError
from natscope.plugins.loader import SCENARIOS, packages

SUFFIX = ".toml"
MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A file with a scenario. `name` is its name without the suffix, what users type."""

    name: str
    path: Path
    builtin: bool

    def read(self) -> str:
        """Its text. Raises `UserError`."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise UserError(f"{self.path}: longer than {MAX_BYTES // 1024} KiB")
            return data.decode()
        except OSError as error:
            raise UserError(f"cannot read {self.path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{self.path}: no UTF-8 text") from error


def scenario_files(path: Sequence[str] | None = None) -> tuple[ScenarioFile, ...]:
    """All that are installed, by name; of two with one name the built-in one. Raises `UserError` when none is there."""
    found: dict[str, ScenarioFile] = {}
    for builtin, package in packages(SCENARIOS, path):
        for folder in _folders(package):
            for file in sorted(folder.glob(f"*{SUFFIX}")):
                found.setdefault(file.stem, ScenarioFile(file.stem, file, builtin))
    if not found:
        raise UserError("natscope is not installed properly: there is no scenario", hint="run `make venv`")
    return tuple(found[name] for name in sorted(found))


def scenario_file(name: str) -> ScenarioFile:
    """An installed scenario by name, or any file by its path (`./my.toml`). Raises `UserError`."""
    if name.endswith(SUFFIX) or "/" in name:
        file = Path(name)
        return ScenarioFile(file.stem, file, builtin=False)
    files = scenario_files()
    found = next((file for file in files if file.name == name), None)
    if found is None:
        close = get_close_matches(name, [file.name for file in files], 1)
        meant = f", did you mean {close[0]}?" if close else ""
        raise UserError(f"there is no scenario called {name!r}{meant}", hint="natscope lab list")
    return found


def _folders(package: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    return [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec is not None else []
