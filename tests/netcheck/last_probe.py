"""A plug-in that comes last, and one observation when it begins."""

from __future__ import annotations

from natscope.model.observation import Outcome
from natscope.plugins.probe import Probe
from natscope.plugins.probe_context import ProbeContext

PROBE = Probe(name="last_probe", title="comes last", last=True, emits=("x.last.begin",))


async def run(ctx: ProbeContext) -> None:
    """Write down when it was."""
    ctx.observe("x.last.begin", Outcome.ANSWERED, sent_at=ctx.host.clock.now())
