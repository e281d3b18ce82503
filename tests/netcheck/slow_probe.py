"""A plug-in that takes 30 seconds and writes down each of them."""

from __future__ import annotations

from natscope.model.observation import Outcome
from natscope.plugins.probe import Probe
from natscope.plugins.probe_context import ProbeContext

PROBE = Probe(name="slow_probe", title="takes its time", slow=True, emits=("x.slow.tick",))


async def run(ctx: ProbeContext) -> None:
    """One observation a second."""
    for second in range(30):
        ctx.progress(f"second {second}")
        await ctx.host.clock.sleep(1.0)
        ctx.observe("x.slow.tick", Outcome.ANSWERED, sent_at=ctx.host.clock.now(), data={"deadline": ctx.deadline})
