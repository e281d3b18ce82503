"""What natscope can say of itself: parts, plug-ins, settings, directories."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from natscope.apps.config import Config, Places, cache_directory, load, state_directory
from natscope.apps.config_file import read_settings
from natscope.doctor.facts import ConfigFacts, FolderFacts, OwnFacts, PartFacts
from natscope.errors import PluginError, UserError
from natscope.plugins.loader import PROBES, REPORTS, SCENARIOS, find
from natscope.plugins.loader import load as load_plugin
from natscope.version import VERSION

PARTS = (
    # distribution, module that is imported, the extra that brings it
    ("typer", "typer", ""),
    ("rich", "rich.console", ""),
    ("msgspec", "msgspec", ""),
    ("httpx", "httpx", ""),
    ("httpcore", "httpcore", ""),
    ("h11", "h11", ""),
    ("certifi", "certifi", ""),
    ("aiodns", "aiodns", ""),
    ("dnspython", "dns.message", ""),
    ("platformdirs", "platformdirs", ""),
    ("psutil", "psutil", ""),
    ("defusedxml", "defusedxml.ElementTree", ""),
    ("cryptography", "cryptography.x509", ""),
    ("PyNaCl", "nacl.public", ""),
    ("wsproto", "wsproto", ""),
    ("PyYAML", "yaml", ""),
    ("acme", "acme.client", ""),
    ("josepy", "josepy", ""),
    ("numpy", "numpy", "fast"),
)
NOT_IMPORTED = (("pystun3", "stun", ""), ("scapy", "scapy", "packets"))
"""Only looked for: one runs in a child process alone, the other's licence keeps it out of ours."""
_ATTRIBUTES = {PROBES: "PROBE", REPORTS: "FORMAT", SCENARIOS: ""}
"""What each plug-in of a group defines; scenarios are files, of which only the package is looked for."""
NO_FILES = Places("", "", "")
MAX_WORDS = 200


def look_at_itself(config: Config, environ: Mapping[str, str], cwd: str) -> OwnFacts:
    """Everything but the relay map. Imports all parts, so it takes a second."""
    working, strangers, broken = _plugins()
    return OwnFacts(
        version=VERSION,
        python=".".join(map(str, sys.version_info[:3])),
        parts=tuple([_part(*row, load=True) for row in PARTS] + [_part(*row, load=False) for row in NOT_IMPORTED]),
        plugins=working,
        strangers=strangers,
        broken_plugins=broken,
        configs=_configs(environ, cwd),
        folders=(
            _folder("state", state_directory(config, environ)),
            _folder("cache", cache_directory(config, environ)),
        ),
    )


def load_or_defaults(environ: Mapping[str, str], flags: Mapping[str, object], cwd: str) -> Config:
    """The settings, or the defaults with these flags where a file or a variable is wrong: that is a finding.

    Raises `UserError` for a wrong flag.
    """
    try:
        return load(environ, flags=flags, cwd=cwd)  # type: ignore[arg-type]
    except UserError:
        return load({}, flags=flags, places=NO_FILES, cwd=cwd)  # type: ignore[arg-type]


def _part(name: str, module: str, extra: str, *, load: bool) -> PartFacts:
    """A package that is missing although it is needed is as broken as one that fails."""
    try:
        told = version(name)
    except PackageNotFoundError:
        return PartFacts(name=name, extra=extra, error="" if extra else "it is not installed")
    try:
        if load:
            importlib.import_module(module)
        elif importlib.util.find_spec(module) is None:
            return PartFacts(name=name, extra=extra, version=told, error="its module is missing")
    except Exception as error:  # whatever another package does at its import
        words = f"{type(error).__name__}: {error}".splitlines()[0][:MAX_WORDS]
        return PartFacts(name=name, extra=extra, version=told, error=words)
    return PartFacts(name=name, extra=extra, version=told)


def _plugins() -> tuple[int, int, tuple[str, ...]]:
    """(how many load, how many of them are of other packages, sentences about the others)."""
    working = strangers = 0
    broken: list[str] = []
    for group, attribute in _ATTRIBUTES.items():
        try:
            found = find(group)
        except UserError as error:  # not even our own package is there
            broken.append(error.message)
            continue
        broken += [error.message for error in found.warnings]
        for module in found.modules:
            if not attribute:
                continue
            try:
                load_plugin(module, attribute)
            except PluginError as error:
                broken.append(error.message)
                continue
            working += 1
            strangers += not module.builtin
    return working, strangers, tuple(broken)


def _configs(environ: Mapping[str, str], cwd: str) -> tuple[ConfigFacts, ...]:
    """Every file by itself, so that all mistakes are told at once; then the variables."""
    places = Places.find(environ, cwd)
    found = []
    for layer, path in (("system", places.system), ("user", places.user), ("project", places.project)):
        there = os.path.lexists(path)
        try:
            file = read_settings(path, project=layer == "project")
        except UserError as error:
            found.append(ConfigFacts(layer=layer, path=path, there=there, error=error.message))
            continue
        found.append(ConfigFacts(layer=layer, path=path, there=there, warnings=file.warnings if file else ()))
    try:
        loaded = load(environ, places=NO_FILES)
    except UserError as error:
        found.append(ConfigFacts(layer="environment", path="", there=False, error=error.message))
    else:
        found.append(ConfigFacts(layer="environment", path="", there=False, warnings=loaded.warnings))
    return tuple(found)


def _folder(kind: str, path: str) -> FolderFacts:
    """Whether it could be written to, or made; nothing is made here."""
    existing = os.path.abspath(path)
    while not os.path.lexists(existing) and os.path.dirname(existing) != existing:
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        return FolderFacts(kind=kind, path=path, writable=False, existing=existing, reason=f"{existing} is no folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        return FolderFacts(
            kind=kind, path=path, writable=False, existing=existing, reason=f"{existing} is closed to you"
        )
    return FolderFacts(kind=kind, path=path, writable=True, existing=existing)
