"""The routers between this computer and the first public one.

Question: how many routers stand on the way before the internet, and whose are they?
Method: STUN requests towards two relays with hop limits of 1, 2, 3 and, if need be, up to 8; each router where one ends
tells its address by an ICMP "time exceeded" (RFC 792), which ordinary users hear of on Linux (IP_RECVERR). A socket a
hop limit, so that an error is known by the socket it comes to: many routers quote too little of a packet to tell.
With --full also towards our own public address: whoever has that address does not pass it on.
Can tell: the hops and their ranges (RFC 1918, 100.64.0.0/10 of RFC 6598, public).
Cannot tell: whether a router with a private address translates or only forwards; hops that keep silent.
Disturbs: nothing; some routers count packets whose hop limit ends there. --full sends to our own public address with
small hop limits, which strict firewalls may take for an attack on themselves (a LAND attack).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from natscope.host.api import HostError
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope_probes import _path_targets as targets
from natscope_probes._asker import SLACK_S, Asker, Bell, Request

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

FAMILY: Family = 4
NEAR, FAR = (1, 2, 3), (4, 5, 6, 7, 8)
FAR_AFTER_S = 0.15
TRIES, APART_S = 3, 0.15
LIMIT_S = 0.6
"""So long after the last try a router may take to tell; ICMP errors come fast or never."""
REQUEST_BYTES = 40
TOWARDS_US_TRIES, TOWARDS_US_S = 3, 0.2
ANSWER_S = 1.5


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """One relay; most packets end before it."""
    wanted = targets.declared(scope, FAMILY)[:1]
    return tuple(
        Contact(
            host=host,
            port=port,
            protocol="udp",
            packets=TRIES * len(NEAR + FAR),
            bytes=TRIES * len(NEAR + FAR) * REQUEST_BYTES,
            seconds=LIMIT_S,
            why="the routers on the way to it",
        )
        for host, port in wanted
    )


PROBE = Probe(
    name="nat_layers",
    title="routers on the way",
    families=(FAMILY,),
    when=targets.only_elsewhere,
    needs=frozenset({"udp"}),
    budget=Budget(packets=48, bytes=2_000, seconds=2.5),
    contacts=contacts,
    emits=("path.hop", "path.own-address", "dns.lookup"),
)


class _Hop(msgspec.Struct):
    """One hop limit, its socket, and what was asked through it."""

    ttl: int
    asker: Asker
    requests: list[Request] = []

    @property
    def router(self) -> IPAddress | None:
        """Who told that the hop limit ran out there."""
        told = (r.error for r in self.requests if r.error is not None and r.error.is_time_exceeded)
        return next((error.reporter for error in told if error.reporter is not None), None)

    @property
    def reached(self) -> bool:
        """Whether the relay itself answered."""
        return any(r.answered_at is not None for r in self.requests)

    @property
    def is_told(self) -> bool:
        """Whether more tries would tell nothing new."""
        return self.router is not None or self.reached

    @property
    def is_end(self) -> bool:
        """Whether the internet begins here at the latest."""
        return self.reached or (self.router is not None and not is_inside(self.router))


async def run(ctx: ProbeContext) -> None:
    """Up to the first public router; in the full profile also towards our own address."""
    target = await targets.first(ctx, FAMILY)
    if target is None:
        return
    ctx.progress("finding the routers on the way")
    async with contextlib.AsyncExitStack() as stack:
        state = _Run(ctx, target, stack)
        try:
            await state.trace()
        except HostError:
            return  # the socket refused: the shared one has told so already
        finally:
            state.record()
        if ctx.options.profile == FULL:
            await state.towards_us()


class _Run:
    def __init__(self, ctx: ProbeContext, target: Endpoint, stack: contextlib.AsyncExitStack) -> None:
        self.ctx = ctx
        self.target = target
        self.stack = stack
        self.bell = Bell(ctx)
        self.hops: list[_Hop] = []

    async def trace(self) -> None:
        clock = self.ctx.host.clock
        started = clock.now()
        await self.open(NEAR)
        self.send()
        if await self.bell.wait(started + FAR_AFTER_S, self.done):
            return
        if not any(hop.is_end for hop in self.hops):
            await self.open(FAR)
        for _ in range(TRIES - 1):
            self.send()
            if await self.bell.wait(clock.now() + APART_S, self.done):
                return
        await self.bell.wait(min(started + LIMIT_S, self.ctx.deadline), self.done)

    async def open(self, ttls: tuple[int, ...]) -> None:
        for ttl in ttls:
            asker = await self.stack.enter_async_context(Asker(self.ctx, FAMILY, self.bell.ring))
            self.hops.append(_Hop(ttl, asker))

    def send(self) -> None:
        """Once to each hop that did not tell, up to the internet."""
        for hop in self.wanted():
            if not hop.is_told:
                hop.requests.append(hop.asker.ask(self.target, ttl=hop.ttl))

    def wanted(self) -> list[_Hop]:
        end = next((number for number, hop in enumerate(self.hops) if hop.is_end), len(self.hops))
        return self.hops[: end + 1]

    def done(self) -> bool:
        wanted = self.wanted()
        return bool(wanted) and wanted[-1].is_end and all(hop.is_told for hop in wanted)

    def record(self) -> None:
        for hop in self.wanted():
            for request in hop.requests:
                _record_hop(self.ctx, hop, request)

    async def our_endpoint(self) -> Endpoint | None:
        """As the first relay sees it, None when none answers in time."""
        until = min(self.ctx.deadline, self.ctx.host.clock.now() + ANSWER_S)
        while True:
            told = (e.mapped for e in self.ctx.exchanges() if e.mapped is not None and e.mapped.family == FAMILY)
            ours = next(told, None)
            if ours is not None or self.ctx.host.clock.now() + SLACK_S >= until:
                return ours
            await self.ctx.stun_activity(until)

    async def towards_us(self) -> None:
        """Small hop limits towards our own public address: it ends where that address is, without a word."""
        ours = await self.our_endpoint()
        if ours is None or is_inside(ours.ip) or await self.ctx.host.links.source_for(ours.ip) == ours.ip:
            return
        self.ctx.progress("asking who has your own public address")
        near = [hop for hop in self.wanted() if hop.router is not None and is_inside(hop.router)]
        for hop in near:
            sent: list[Request] = []
            for _ in range(TOWARDS_US_TRIES):
                sent.append(hop.asker.ask(ours, ttl=hop.ttl))
                until = self.ctx.host.clock.now() + TOWARDS_US_S
                if await self.bell.wait(min(until, self.ctx.deadline), lambda s=sent[-1]: not s.is_open):  # type: ignore[misc]
                    break
            for request in sent:
                _record_own(self.ctx, hop, request)


def _record_hop(ctx: ProbeContext, hop: _Hop, request: Request) -> None:
    error = request.error
    outcome, summary, source = Outcome.NO_ANSWER, f"nobody told where hop limit {hop.ttl} ends", ""
    if request.failure is not None:
        outcome, summary = Outcome.LOCAL_ERROR, request.failure.message
    elif request.answered_at is not None:
        outcome, summary, source = Outcome.ANSWERED, "the relay itself answered", str(request.target)
    elif error is not None:
        outcome, source = Outcome.ICMP_ERROR, str(error.reporter or "")
        summary = f"{source or 'somebody'} says: {error.words or 'an ICMP error'}"
    ctx.observe(
        "path.hop", outcome, target=str(request.target), family=FAMILY, source=source, summary=summary,
        sent_at=request.sent_at, received_at=_came_at(request), bytes_sent=_bytes(request),
        bytes_received=request.answer_size, packets=int(request.failure is None),
        data={"ttl": hop.ttl, "expired": error is not None and error.is_time_exceeded},
    )  # fmt: skip


def _record_own(ctx: ProbeContext, hop: _Hop, request: Request) -> None:
    error = request.error
    passed_on = error is not None and error.is_time_exceeded
    summary = f"{error.reporter} passes it on" if error is not None and passed_on else "nobody passes it on"
    ctx.observe(
        "path.own-address", Outcome.ICMP_ERROR if error is not None else Outcome.NO_ANSWER, target=str(request.target),
        family=FAMILY, source=str(error.reporter or "") if error is not None else "", summary=summary,
        sent_at=request.sent_at, received_at=_came_at(request), bytes_sent=_bytes(request),
        packets=int(request.failure is None), data={"ttl": hop.ttl, "expired": passed_on},
    )  # fmt: skip


def _came_at(request: Request) -> float | None:
    return request.answered_at or (request.error.received_at if request.error is not None else None)


def _bytes(request: Request) -> int:
    return request.size if request.failure is None else 0
