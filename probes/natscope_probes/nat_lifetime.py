"""How long a router keeps a public port.

Question: after how much silence does a router forget a mapping; does a mapping end at some age in spite of traffic;
which packets prolong it, those going out, those coming in?
Method: about 50 sockets at once. Each of 35 stays silent for another time, up to 75 s, then a relay is told through
another socket to send it a packet (docs/helper.md, or RESPONSE-PORT of RFC 5780 section 4.6): a silence of 20 s is so
found in little more than 20 s. Five are kept alive every five seconds and tested just before, one gets packets from
outside only, a dozen send packets that nobody answers. A packet that does not come counts where the server says that it
sent three. RFC 4787 sections 4.3, REQ-5 and REQ-6.
Can tell: the idle lifetime up to 75 s, else that it is longer; an absolute lifetime up to 75 s; the refresh direction
where an end was seen. Over IPv6 the same of a firewall that translates nothing.
Cannot tell: with plain relays, whether a router that gives the same port back had forgotten it, nor anything of a
firewall.
Disturbs: 50 entries a family in the router's table for some minutes and two packets a second, for 90 seconds. Therefore
it takes --lifetime or --full.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.model.endpoint import Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope_probes._fresh_socket import FreshSockets, translated_by
from natscope_probes._lifetime_server import AGAIN, choose
from natscope_probes._lifetime_watch import KEPT, KEPT_EVERY_S, KEPT_STAGGER_S, Watch
from natscope_probes._path_targets import answered

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

NAME = "nat_lifetime"
WATCH_S = 75.0
ROOM_S = 2.5
"""What the last test and its count may take."""
LATER_S = KEPT_EVERY_S + KEPT * KEPT_STAGGER_S
"""The last of those that are kept alive began so much later, and is looked at so much later."""
SERVERS = 4
MAX_PACKETS, REQUEST_BYTES = 700, 92
"""Of one family."""
NOT_ASKED = "takes 90 seconds"


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The relay that can send packets on order; which one, is not known before."""
    return (
        Contact(
            host="one relay that answered",
            port=None,
            protocol="udp",
            packets=MAX_PACKETS * len(scope.families),
            bytes=MAX_PACKETS * len(scope.families) * REQUEST_BYTES,
            seconds=WATCH_S + 15,
            why="how long ports are kept",
            always=False,
        ),
    )


def when(scope: Scope) -> str:
    """Only where it was asked for."""
    options = scope.options
    asked = options.lifetime or options.profile == FULL or NAME in options.only
    return "" if asked else NOT_ASKED


PROBE = Probe(
    name=NAME,
    title="lifetime of mappings",
    after=("relay_stun", "nat_ports", "nat_servers", "nat_mapping", "nat_filtering"),
    when=when,
    needs=frozenset({"udp"}),
    budget=Budget(packets=2 * MAX_PACKETS, bytes=2 * MAX_PACKETS * REQUEST_BYTES, seconds=90.0),
    contacts=contacts,
    emits=("nat.lifetime",),
    flag="--lifetime",
    slow=True,
    uses=("relay_stun", "interfaces"),
)


async def run(ctx: ProbeContext) -> None:
    """Both families side by side: IPv4 where it is translated, IPv6 where a firewall may stand too."""
    await asyncio.gather(*(_family(ctx, family) for family in ctx.families))


async def _family(ctx: ProbeContext, family: Family) -> None:
    translated = await translated_by(ctx, family, SERVERS)
    servers = translated or ([target for target, _ in answered(ctx, 6)][:SERVERS] if family == 6 else [])
    if not servers:
        return
    async with FreshSockets(ctx) as group:
        try:
            server = await choose(ctx, group, family, servers)
        except HostError:
            return
        if server is None or (server.method == AGAIN and not translated):
            return
        room_s = ctx.deadline - ctx.host.clock.now() - LATER_S - ROOM_S
        watch = Watch(ctx, group, server, min(WATCH_S, room_s))
        what = "ports" if translated else "IPv6 flows"
        teller = asyncio.ensure_future(_tell(ctx, watch, what, min(WATCH_S, room_s) + LATER_S))
        try:
            await watch.run()
        except HostError:
            pass  # no more sockets: what was seen stands
        finally:
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)
            _account(ctx, group, family, watch)


async def _tell(ctx: ProbeContext, watch: Watch, what: str, whole_s: float) -> None:
    """Every second: what is known, and how long it takes at most."""
    while True:
        passed_s = ctx.host.clock.now() - watch.began_at
        left_s = max(0, round(whole_s - passed_s))
        if watch.ended.silence_over:
            known = f"{what} end after {min(watch.ended.too_long_s, default=0):.0f} s"
        else:
            known = f"{what} live > {watch.longest_s:.0f} s"
        ctx.progress(f"{known}; {left_s} s more at most")
        await ctx.host.clock.sleep(1.0)


def _account(ctx: ProbeContext, group: FreshSockets, family: Family, watch: Watch) -> None:
    """What all of it cost, as one observation."""
    questions = [q for socket in group.sockets for q in socket.questions]
    packets = sum(1 for q in questions if q.bytes_sent) + watch.unanswered
    ctx.observe(
        "nat.lifetime",
        Outcome.ANSWERED if any(q.answered_at is not None for q in questions) else Outcome.NO_ANSWER,
        family=family,
        packets=packets,
        bytes_sent=sum(q.bytes_sent for q in questions) + watch.unanswered_bytes,
        bytes_received=sum(q.bytes_received for q in questions),
        summary=f"{len(group.sockets)} sockets were watched",
        data={"test": "cost", "sockets": len(group.sockets), "tries": packets},
    )
