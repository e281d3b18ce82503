"""Finds an output format by name, importing only the one that is used.

The module of format `junit` is `report_junit` or `junit` by convention, that of another document carries its name:
`derp_check_junit`. A package that names its modules otherwise is looked through module by module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from natscope.apps.did_you_mean import question
from natscope.errors import PluginError, UserError
from natscope.plugins.loader import REPORTS, Found, PluginModule, find, load

if TYPE_CHECKING:
    from natscope.plugins.report_format import Format, RenderOptions

REPORT, DERP_CHECK, POLICY_CHECK, MAP_LINT, CONFIG_LINT = (
    "report", "derp-check", "policy-check", "map-lint", "config-lint",
)  # fmt: skip
"""Documents, as `natscope.plugins.report_format` has them, which is not imported before the first packet."""

_PREFIXES = {
    REPORT: ("report_", ""),
    DERP_CHECK: ("derp_check_",),
    POLICY_CHECK: ("policy_check_",),
    MAP_LINT: ("map_lint_",),
    CONFIG_LINT: ("config_lint_",),
}
_COMMANDS = {
    REPORT: "netcheck",
    DERP_CHECK: "derp check",
    POLICY_CHECK: "check",
    MAP_LINT: "derp map lint",
    CONFIG_LINT: "config lint",
}


class Renderer(NamedTuple):
    """A format and its function, which takes the format's document."""

    format: Format
    render: Callable[[Any, RenderOptions], str | bytes]


class FormatChoice:
    """A format that was named and exists; imported at its first use."""

    def __init__(self, name: str, document: str, module: PluginModule) -> None:
        self._name = name
        self._document = document
        self._module = module
        self._renderer: Renderer | None = None

    def renderer(self) -> Renderer:
        """Import it. Raises `PluginError`, and `UserError` when the module holds another format."""
        if self._renderer is None:
            found = _load(self._module)
            if (found.format.name, found.format.document) != (self._name, self._document):
                raise _unknown(self._name, self._document, find(REPORTS))
            self._renderer = found
        return self._renderer

    def warm_up(self) -> None:
        """Import what drawing needs while the run waits for answers; a failure shows when it is drawn."""
        try:
            self.renderer()
        except (PluginError, UserError):
            return


def choose_format(name: str, document: str = REPORT) -> FormatChoice:
    """The format of that name for a document. Raises `UserError`."""
    found = find(REPORTS)
    plain = name.replace("-", "_")
    names = [prefix + plain for prefix in _PREFIXES[document]]
    if document == REPORT:
        others = tuple(prefix for other in _PREFIXES if other != REPORT for prefix in _PREFIXES[other])
        names = [known for known in names if not known.startswith(others)]
    module = next((known for known in map(found.named, names) if known is not None), None)
    if module is None:
        wanted = (document, name)
        module = next((module for module, shape in _all(found) if (shape.document, shape.name) == wanted), None)
    if module is None:
        raise _unknown(name, document, found)
    return FormatChoice(name, document, module)


def builtin_names(document: str = REPORT) -> tuple[str, ...]:
    """The names of a document's formats that come with natscope."""
    shapes = (shape for module, shape in _all(find(REPORTS)) if module.builtin)
    return tuple(shape.name for shape in shapes if shape.document == document)


def _unknown(name: str, document: str, found: Found) -> UserError:
    shapes = [shape for _, shape in _all(found)]
    drawn = ["text"] if document in (MAP_LINT, CONFIG_LINT) else []  # by the command itself, in no module of reports
    known = drawn + [shape.name for shape in shapes if shape.document == document]
    other = next((_COMMANDS.get(shape.document) for shape in shapes if shape.name == name), None)
    words = f"; that is one of {other}" if other else question(name, known)
    return UserError(f'no output format "{name}"{words}', hint=f"there are {', '.join(known)}")


def _all(found: Found) -> Iterator[tuple[PluginModule, Format]]:
    """Every usable format; a broken one is passed over."""
    for module in found.modules:
        try:
            yield module, _load(module).format
        except PluginError:
            continue


def _load(module: PluginModule) -> Renderer:
    loaded = load(module, "FORMAT")
    return Renderer(loaded.FORMAT, loaded.render)
