"""Whether the first router has our public address.

Question: is the address that relays see the first router's own, or does another one stand behind it?
Method: requests to our own public address with a hop limit of 1. Whoever has an address does not pass on what is sent
to it; a router that passes it on tells that the hop limit ran out (RFC 792). Each request is followed by one to a relay
with the same hop limit, the control: silence counts only where the router tells of that one. Before and after them the
relay is asked as usual. After everything else but hairpinning, and only with --full.
Can tell: that the first router keeps such packets, so that the address is its own; that it passes them on.
Cannot tell: how many translate behind a router that passes them on; nor whether that one translates too, since a router
may translate to an address that it does not have itself.
Disturbs: some firewalls take a packet to their own address for an attack (a LAND attack) and may end connections or
block this computer for minutes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope_probes import _path_targets as targets
from natscope_probes._asker import Asker, Bell, Request

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

FAMILY: Family = 4
CALLS, APART_S = 3, 0.2
BEFORE, AFTER = 4, 6
"""How often the relay is asked: six in a row without an answer are no usual loss."""
ASK_APART_S, LAST_WAIT_S = 0.15, 0.3
REQUEST_BYTES = 40
TO_RELAY = BEFORE + CALLS + AFTER
SECONDS = (BEFORE + AFTER) * ASK_APART_S + CALLS * APART_S + 2 * LAST_WAIT_S


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Ourselves, by way of the first router, and the relay that stands control."""
    return (
        Contact(
            host="your own public address",
            port=None,
            protocol="udp",
            packets=CALLS,
            bytes=CALLS * REQUEST_BYTES,
            seconds=CALLS * APART_S,
            why="may look like an attack",
        ),
        Contact(
            host="a relay that answered",
            port=None,
            protocol="udp",
            packets=TO_RELAY,
            bytes=TO_RELAY * REQUEST_BYTES,
            seconds=SECONDS,
            why="the control beside each call",
            always=False,
        ),
    )


PROBE = Probe(
    name="nat_own_address",
    title="who has your own public address",
    profile=FULL,
    families=(FAMILY,),
    after=("nat_cross_check", "udp_rate"),
    when=targets.only_elsewhere,
    needs=frozenset({"udp"}),
    budget=Budget(packets=CALLS + TO_RELAY, bytes=(CALLS + TO_RELAY) * REQUEST_BYTES, seconds=SECONDS),
    contacts=contacts,
    emits=("path.own-address",),
    last=True,
    uses=("relay_stun", "nat_layers"),
)


async def run(ctx: ProbeContext) -> None:
    """Where the first router has a private address, tells of hop limits, and relays see a public one."""
    ours = _our_endpoint(ctx)
    near = [relay for relay, _region in targets.answered(ctx, FAMILY) if not is_inside(relay.ip)]
    if ours is None or is_inside(ours.ip) or not near or not _is_told_of(ctx):
        return
    if await ctx.host.links.source_for(ours.ip) == ours.ip:
        return  # it is this computer's
    ctx.progress("asking who has your own public address")
    bell = Bell(ctx)
    try:
        async with Asker(ctx, FAMILY, bell.ring) as asker:
            attempt = _Attempt(ctx, asker, bell, ours, near[0])
            try:
                await attempt.call()
            finally:
                attempt.record()
    except HostError:
        return  # no socket: the shared one has told so already


def _our_endpoint(ctx: ProbeContext) -> Endpoint | None:
    """As the first relay outside sees it."""
    told = (e.mapped for e in ctx.exchanges() if e.mapped is not None and not is_inside(e.target.ip))
    return next((mapped for mapped in told if mapped.family == FAMILY), None)


def _is_told_of(ctx: ProbeContext) -> bool:
    """Whether the first router, a private one, tells where packets end."""
    first = [o for o in ctx.observations("path.hop") if o.data.get("ttl") == 1 and o.data.get("expired") and o.source]
    return bool(first) and is_inside(ipaddress.ip_address(first[0].source))


class _Attempt:
    """The calls, their controls, and the relay before and after them."""

    def __init__(self, ctx: ProbeContext, asker: Asker, bell: Bell, ours: Endpoint, relay: Endpoint) -> None:
        self._ctx, self._asker, self._bell = ctx, asker, bell
        self._ours, self._relay = ours, relay
        self._before: list[Request] = []
        self._calls: list[Request] = []
        self._controls: list[Request] = []
        self._after: list[Request] = []

    async def call(self) -> None:
        """Up to three times, until the router says that it passes a call on."""
        if not await self._ask(self._before, BEFORE):
            return
        now = next((request.mapped for request in self._before if request.mapped is not None), None)
        if now is None or is_inside(now.ip):
            return
        self._ours = now  # it may have changed since the run began
        for _ in range(CALLS):
            # the call first: a router that tells of so many packets a second only tells of the call rather
            self._calls.append(self._asker.ask(self._ours, ttl=1))
            self._controls.append(self._asker.ask(self._relay, ttl=1))
            await self._wait(APART_S, lambda: not self._calls[-1].is_open)
            if _is_told(self._calls[-1]):
                break
        await self._ask(self._after, AFTER)

    async def _ask(self, asked: list[Request], times: int) -> bool:
        """The relay as usual, until it answers; whether it did."""
        for _ in range(times):
            asked.append(self._asker.ask(self._relay))
            if await self._wait(ASK_APART_S, lambda: _answered(asked) > 0):
                return True
        return await self._wait(LAST_WAIT_S, lambda: _answered(asked) > 0)

    async def _wait(self, seconds: float, done: Callable[[], bool]) -> bool:
        return await self._bell.wait(min(self._ctx.host.clock.now() + seconds, self._ctx.deadline), done)

    def record(self) -> None:
        """One observation for all of it."""
        told = next((request for request in self._calls if _is_told(request)), None)
        every = [*self._before, *self._calls, *self._controls, *self._after]
        left = [request for request in every if request.failure is None]
        error = None if told is None else told.error
        source = "" if error is None else str(error.reporter or "")
        words = f"{source or 'somebody'} passes it on" if told is not None else "nobody passes it on"
        self._ctx.observe(
            "path.own-address",
            Outcome.CANCELLED if not self._calls else Outcome.NO_ANSWER if told is None else Outcome.ICMP_ERROR,
            target=str(self._ours),
            family=FAMILY,
            source=source,
            sent_at=every[0].sent_at if every else None,
            received_at=None if error is None else error.received_at,
            packets=len(left),
            bytes_sent=sum(request.size for request in left),
            bytes_received=sum(request.answer_size for request in every),
            summary=words if self._calls else "not called: the relay did not answer just before",
            data={
                "ttl": 1,
                "expired": told is not None,
                "calls": len(self._calls),
                "controls": len(self._controls),
                "controls_told": sum(_is_told(request) for request in self._controls),
                "after": len(self._after),
                "after_answered": _answered(self._after),
                "relay": str(self._relay),
                "tries": len(left),
            },
        )


def _is_told(request: Request) -> bool:
    return request.error is not None and request.error.is_time_exceeded


def _answered(asked: list[Request]) -> int:
    return sum(request.answered_at is not None for request in asked)
