"""A plug-in whose probe has a bug."""

from __future__ import annotations

from natscope.plugins.probe import Probe
from natscope.plugins.probe_context import ProbeContext

PROBE = Probe(name="raising_probe", title="a bug")


async def run(ctx: ProbeContext) -> None:
    """Fail."""
    raise ZeroDivisionError("a bug")
