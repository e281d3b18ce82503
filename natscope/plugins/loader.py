"""Finds plug-ins by entry point: one entry point per package, one plug-in per module.

`importlib.metadata.entry_points()` costs 40 ms of CPU, so the `entry_points.txt` files are read directly (2 ms for 80
distributions); it serves only where nothing was found that way (zipped installations). Nothing is imported until
`load` is called.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

import msgspec

from natscope.errors import PluginError, UserError

PROBES = "natscope.probes"
REPORTS = "natscope.reports"
SCENARIOS = "natscope.scenarios"

DISTRIBUTION = "natscope"
MAX_ENTRY_POINTS_BYTES = 256 * 1024


class PluginModule(msgspec.Struct, frozen=True):
    """A module that may hold a plug-in. `name` is its last part, what users type; `qualified` its import name."""

    name: str
    qualified: str
    builtin: bool


class Found(msgspec.Struct, frozen=True):
    """The modules of one group, built-in ones first, then by name; `warnings` name what could not be used."""

    modules: tuple[PluginModule, ...]
    warnings: tuple[PluginError, ...] = ()

    def named(self, name: str) -> PluginModule | None:
        """The module of that name; a built-in one wins."""
        return next((module for module in self.modules if module.name == name), None)


def find(group: str, path: Sequence[str] | None = None) -> Found:
    """List the modules of all packages that declare `group`, without importing a plug-in.

    Names starting with `_` are private to their package. Raises `UserError` when not even the built-in package is
    there. A broken third-party package is a warning.
    """
    modules: list[PluginModule] = []
    warnings: list[PluginError] = []
    for builtin, package in packages(group, path):
        try:
            modules += [PluginModule(name, f"{package}.{name}", builtin) for name in sorted(_module_names(package))]
        except Exception as error:  # a package of strangers: whatever it does wrong, the rest goes on
            warnings.append(PluginError(f"the plug-in package {package} cannot be used: {_words(error)}"))
    return Found(tuple(modules), tuple(warnings))


def packages(group: str, path: Sequence[str] | None = None) -> list[tuple[bool, str]]:
    """(is it built in, import name) of all packages that declare `group`, built-in ones first; nothing is imported.

    Raises `UserError` when not even the built-in package is there.
    """
    declared = _declared(group, sys.path if path is None else path)
    if not any(builtin for builtin, _ in declared):
        raise UserError(f"natscope is not installed properly: nothing declares {group}", hint="run `make venv`")
    return declared


def load(module: PluginModule, attribute: str) -> ModuleType:
    """Import a plug-in's module and check that it has `attribute`. Raises `PluginError`."""
    try:
        loaded = importlib.import_module(module.qualified)
    except Exception as error:  # see find()
        raise PluginError(f"the plug-in {module.qualified} cannot be loaded: {_words(error)}") from error
    if not hasattr(loaded, attribute):
        raise PluginError(f"the plug-in {module.qualified} has no {attribute}")
    return loaded


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _module_names(package: str) -> Iterator[str]:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise PluginError(f"there is no package {package}")
    for info in pkgutil.iter_modules(list(spec.submodule_search_locations)):
        if not info.name.startswith("_"):
            yield info.name


def _declared(group: str, path: Sequence[str]) -> list[tuple[bool, str]]:
    """(is it ours, package) of all entry points, ours first, each once."""
    packages = dict.fromkeys(_scan(group, path))
    if not any(ours for ours, _ in packages):
        packages.update(dict.fromkeys(_from_metadata(group)))
    return sorted(packages, key=lambda item: (not item[0], item[1]))


def _scan(group: str, path: Sequence[str]) -> Iterator[tuple[bool, str]]:
    for folder in dict.fromkeys(path):
        try:
            with os.scandir(folder or ".") as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info")))
        except OSError:
            continue
        for name in names:
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:
                    text = file.read(MAX_ENTRY_POINTS_BYTES)
            except (OSError, UnicodeDecodeError):
                continue
            if group in text:
                ours = name.partition("-")[0].partition(".")[0] == DISTRIBUTION
                yield from ((ours, value.partition(":")[0]) for value in _values(text.splitlines(), group))


def _values(lines: Iterable[str], group: str) -> Iterator[str]:
    inside = False
    for line in lines:
        text = line.strip()
        if text.startswith("["):
            inside = text == f"[{group}]"
        elif inside and "=" in text and not text.startswith("#"):
            yield text.partition("=")[2].strip()


def _from_metadata(group: str) -> Iterator[tuple[bool, str]]:
    from importlib.metadata import entry_points  # 40 ms: only where the scan found nothing

    for point in entry_points(group=group):
        yield point.dist is not None and point.dist.name == DISTRIBUTION, point.value.partition(":")[0]
