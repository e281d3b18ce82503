"""`--debug`: what the program did, on standard error."""

from __future__ import annotations

import sys

from natscope.apps.config_values import to_toml
from natscope.apps.netcheck import NetcheckRun
from natscope.cli.session import Session
from natscope.version import VERSION


def explain_run(result: NetcheckRun, session: Session) -> None:
    """Settings that differ from their default, the map, each probe with its times, each observation in a line."""
    note = session.console.note
    note(f"debug: natscope {VERSION}, Python {sys.version.split()[0]}, {len(sys.modules)} modules loaded")
    for name, origin in session.config.origins.items():
        if origin.layer != "default":
            note(f"debug: setting {name} = {to_toml(session.config.values[name])} from {origin}")
    relay_map = result.report.relay_map
    note(f"debug: map {relay_map.source} ({relay_map.kind}): {relay_map.regions} regions, {relay_map.nodes} nodes")
    for outcome in result.report.probes:
        note(f"debug: probe {outcome}")
    for observation in result.report.observations:
        note(f"debug: {observation}")
