"""A second opinion on the kind of NAT, by a program of other people.

Question: what does pystun3 say, the library that most programs of this kind in Python use?
Method: its tests of RFC 3489 in a child process, bounded in time, memory and output, from the address that this
computer uses, at a server that is known to honour CHANGE-REQUEST: at any other one it calls every NAT a full cone.
Can tell: its word, to be held beside ours.
Cannot tell: anything where no relay honours CHANGE-REQUEST; IPv6, which it does not speak.
Disturbs: nothing; some 10 packets of 20 to 28 bytes, up to 12 seconds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes._nat_servers import NatServer, nat_servers, own_scout

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

NAME = "nat_cross_check"
LIMIT_S = 12.0
NOT_ASKED = "takes up to 12 seconds"
MAX_PACKETS = 16


def when(scope: Scope) -> str:
    """Only where it was asked for."""
    return "" if scope.options.cross_check or NAME in scope.options.only else NOT_ASKED


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """One relay of RFC 5780 and the other address that it names."""
    return (
        Contact(
            host="a relay with two addresses",
            port=None,
            protocol="udp",
            packets=MAX_PACKETS,
            bytes=MAX_PACKETS * 28,
            seconds=LIMIT_S,
            why="a second opinion on the kind of NAT",
            always=False,
        ),
        *own_scout(scope),
    )


PROBE = Probe(
    name=NAME,
    title="second opinion (pystun3)",
    families=(4,),
    after=("nat_servers",),
    when=when,
    needs=frozenset({"udp", "programs"}),
    budget=Budget(packets=MAX_PACKETS, bytes=MAX_PACKETS * 28, seconds=LIMIT_S),
    contacts=contacts,
    emits=("nat.second-opinion", "nat.server"),
    flag="--cross-check",
    last=True,
    uses=("relay_stun", "interfaces", "nat_servers", "nat_mapping", "nat_filtering"),
)


async def run(ctx: ProbeContext) -> None:
    """At the first server that names another address."""
    server = next((s for s in await nat_servers(ctx, 4) if s.other_address is not None), None)
    if server is None:
        ctx.observe("nat.second-opinion", Outcome.CANCELLED, family=4, summary="no relay honours CHANGE-REQUEST")
        return
    source = await ctx.host.links.source_for(server.endpoint.ip)
    if source is None:
        return
    ctx.progress("asking pystun3 for a second opinion")
    await _ask(ctx, server, str(source))


async def _ask(ctx: ProbeContext, server: NatServer, source: str) -> None:
    began = ctx.host.clock.now()
    end = await ctx.host.programs.pystun3(str(server.endpoint.ip), server.endpoint.port, source, timeout_s=LIMIT_S)
    says, external = _read(end.output)
    words = {"time": f"it did not end within {LIMIT_S:.0f} s", "missing": "it is not installed"}
    ctx.observe(
        "nat.second-opinion",
        Outcome.ANSWERED if says else Outcome.NO_ANSWER,
        target=str(server.endpoint),
        family=4,
        socket=f"{source}:0",
        sent_at=began,
        received_at=ctx.host.clock.now(),
        error=end.failure,
        summary=says or words.get(end.failure, "it broke on what it got"),
        data={"tool": "pystun3", "says": says, "external": external},
    )


def _read(output: bytes) -> tuple[str, str]:
    """What it says and the address it saw; empty for anything that is no such line."""
    try:
        told = json.loads(output)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(told, dict):
        return "", ""
    return str(told.get("says", ""))[:80], str(told.get("external", ""))[:80]
