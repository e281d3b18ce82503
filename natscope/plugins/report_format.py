"""What a report format is: a pure function from a document to text.

A format module has `FORMAT = Format(...)` and `def render(report: Report, options: RenderOptions) -> str`. One that
draws another document than a netcheck's report says so in `Format.document`, and its `render` takes that one.
Names from the network are hostile text: each format escapes them by its own rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from natscope.model.preflight import PeerForecast

REPORT = "report"
"""What a netcheck found, `natscope.model.report.Report`."""
DERP_CHECK = "derp-check"
"""What a check of relays found, `natscope.model.derp_check.DerpCheck`."""
POLICY_CHECK = "policy-check"
"""What a check of a policy found, `natscope.model.policy_check.PolicyCheck`."""
MAP_LINT = "map-lint"
"""What is wrong with a relay map, `natscope.model.map_lint.MapLint`."""
CONFIG_LINT = "config-lint"
"""What is wrong with a file of settings or expectations, `natscope.model.config_lint.ConfigLint`."""


@dataclass(frozen=True, slots=True)
class Format:
    """`name` is what `--format` takes; `for_terminal` formats get colour, width and ASCII from the options.

    `document` is what it draws, one of the constants above: names are unique among the formats of one document.
    `wants_peers`: it draws `RenderOptions.peers`, which are predicted for such formats alone. `for_strangers`: it goes
    to issues and tickets, so that a report whose addresses and names are not masked is noted.
    """

    name: str
    media_type: str
    extension: str
    for_terminal: bool
    summary: str
    document: str = REPORT
    wants_peers: bool = False
    for_strangers: bool = False


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to draw. `width` in cells; `verbosity` -1 quiet, 0, 1 (`-v`), 2 (`-vv`); `ascii_only` for other locales.

    `exit_code` and `next_command` stand on the last lines of a diagnosis, when given. `fail_on` is from which severity
    on a finding counts as a failure: `fail`, `warn` or `never`, for formats that have tests that pass or fail. `again`
    are options of this run, a blank before each, that a netcheck needs to look at the same thing. `peers`: which kinds
    of peers the report lets expect direct connections with, for formats that want them.
    """

    width: int = 80
    colour: bool = False
    ascii_only: bool = False
    verbosity: int = 0
    exit_code: int | None = None
    next_command: str = ""
    again: str = ""
    fail_on: str = "fail"
    peers: tuple[PeerForecast, ...] = ()
