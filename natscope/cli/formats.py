"""Finds an output format by name, importing only the one that is used.

The module of format `junit` is `report_junit` or `junit` by convention; a package that names its modules otherwise is
looked through module by module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from natscope.apps.did_you_mean import question
from natscope.errors import PluginError, UserError
from natscope.plugins.loader import REPORTS, Found, PluginModule, find, load

if TYPE_CHECKING:
    from natscope.model.report import Report
    from natscope.plugins.report_format import Format, RenderOptions


class Renderer(NamedTuple):
    """A format and its function."""

    format: Format
    render: Callable[[Report, RenderOptions], str | bytes]


class FormatChoice:
    """A format that was named and exists; imported at its first use."""

    def __init__(self, name: str, module: PluginModule) -> None:
        self._name = name
        self._module = module
        self._renderer: Renderer | None = None

    def renderer(self) -> Renderer:
        """Import it. Raises `PluginError`, and `UserError` when the module holds another format."""
        if self._renderer is None:
            self._renderer = _load(self._module)
            if self._renderer.format.name != self._name:
                raise _unknown(self._name, find(REPORTS))
        return self._renderer

    def warm_up(self) -> None:
        """Import what drawing needs while the run waits for answers; a failure shows when it is drawn."""
        try:
            self.renderer()
        except (PluginError, UserError):
            return


def choose_format(name: str) -> FormatChoice:
    """The format of that name. Raises `UserError`."""
    found = find(REPORTS)
    plain = name.replace("-", "_")
    module = found.named(f"report_{plain}") or found.named(plain)
    if module is None:
        module = next((module for module, format_name in _all_names(found) if format_name == name), None)
    if module is None:
        raise _unknown(name, found)
    return FormatChoice(name, module)


def builtin_names() -> tuple[str, ...]:
    """The names of the formats that come with natscope."""
    return tuple(name for module, name in _all_names(find(REPORTS)) if module.builtin)


def _unknown(name: str, found: Found) -> UserError:
    known = [format_name for _, format_name in _all_names(found)]
    return UserError(f'no output format "{name}"{question(name, known)}', hint=f"there are {', '.join(known)}")


def _all_names(found: Found) -> Iterator[tuple[PluginModule, str]]:
    """Every usable format; a broken one is passed over."""
    for module in found.modules:
        try:
            yield module, _load(module).format.name
        except PluginError:
            continue


def _load(module: PluginModule) -> Renderer:
    loaded = load(module, "FORMAT")
    return Renderer(loaded.FORMAT, loaded.render)
