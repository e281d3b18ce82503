"""Which relays can show more of a router than a public address.

Question: which relays are helpers, or servers with two addresses?
Method: each relay that answered gets a Binding request in the form it answers, with one attribute that whoever does not
know it skips (docs/helper.md); a server of RFC 5780 names its other address unasked. From a socket of its own per
family: a server that tells two sockets one and the same public endpoint tells something else than what it saw.
Can tell: what the probes of mapping, filtering and port mappings can use; our address as seen by a second socket.
Cannot tell: whether what is offered works.
Disturbs: nothing; one packet of 92 bytes a relay and family, up to 24 relays; five to one that falls silent.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.plugins.probe import Budget, Probe
from natscope_probes._nat_servers import ASK_BYTES, NAME, SCOUT_PACKETS, SCOUT_S, scout, scout_contacts

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext


PROBE = Probe(
    name=NAME,
    title="servers for NAT tests",
    after=("relay_stun",),
    needs=frozenset({"udp"}),
    budget=Budget(packets=2 * SCOUT_PACKETS, bytes=2 * SCOUT_PACKETS * ASK_BYTES, seconds=SCOUT_S),
    contacts=scout_contacts,
    emits=("nat.server",),
)


async def run(ctx: ProbeContext) -> None:
    """Both families at once."""
    async with asyncio.TaskGroup() as tasks:
        for family in ctx.families:
            if ctx.stun(family) is not None:
                tasks.create_task(scout(ctx, family))
