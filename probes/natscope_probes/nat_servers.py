"""Which relays can show more of a router than a public address.

Question: which relays are helpers, or servers with two addresses?
Method: each relay that answered gets a Binding request in the form it answers, with one attribute that whoever does not
know it skips (docs/helper.md); a server of RFC 5780 names its other address unasked. From a socket of its own per
family: a server that tells two sockets one and the same public endpoint tells something else than what it saw.
Can tell: what the probes of mapping, filtering and port mappings can use; our address as seen by a second socket.
Cannot tell: whether what is offered works.
Disturbs: nothing; one packet of 92 bytes a relay and family, up to 24 relays.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes._nat_servers import ASK_BYTES, GENTLE_SERVERS, MAX_SERVERS, scout

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Relays that answered; which ones, is not known before."""
    count = GENTLE_SERVERS if scope.options.gentle else MAX_SERVERS
    return (
        Contact(
            host=f"up to {count} relays",
            port=None,
            protocol="udp",
            packets=2 * count * len(scope.families),
            bytes=2 * count * len(scope.families) * ASK_BYTES,
            seconds=1.6,
            why="what more they can show of a router",
            always=False,
        ),
    )


PROBE = Probe(
    name="nat_servers",
    title="servers for NAT tests",
    after=("relay_stun",),
    needs=frozenset({"udp"}),
    budget=Budget(packets=4 * MAX_SERVERS, bytes=4 * MAX_SERVERS * ASK_BYTES, seconds=1.6),
    contacts=contacts,
    emits=("nat.server",),
)


async def run(ctx: ProbeContext) -> None:
    """Both families at once."""
    async with asyncio.TaskGroup() as tasks:
        for family in ctx.families:
            if ctx.stun(family) is not None:
                tasks.create_task(scout(ctx, family))
