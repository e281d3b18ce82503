"""How long a packet may be on the way to a relay, and what happens to longer ones.

Question: does WireGuard's packet fit, does a full one, and do pieces of a cut one arrive?
Method: STUN requests filled up to a length, sent whole (don't-fragment) and once cut into pieces, to a relay that
answered before; its short answers make no difference to the size. Silence is tried six times, each beside a short
request that must be answered. No ICMP error is needed, one is taken down where it comes (RFC 8899's idea, RFC 4821).
With --full a search by halves for the longest packet.
Can tell: which lengths arrive at a relay; what routers say of the MTU; packets that vanish without a word.
Cannot tell: the way back, which may be narrower; where on the way it happens.
Disturbs: at most six full packets a length.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from natscope.host.api import HostError, LinkFacts
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope_probes import _path_targets as targets
from natscope_probes._asker import HEADERS_BYTES, Asker, Bell, Request

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

FAMILIES: tuple[Family, ...] = (4, 6)
ETHERNET_BYTES = 1500
WIREGUARD_BYTES = {4: 1340, 6: 1360}
"""A tunnel with 1280 bytes inside: WireGuard adds 32, UDP 8, IP 20 or 40."""
LEAST_BYTES = 1280
"""What IPv6 promises, and most IPv4 paths carry."""
LOWEST_BYTES = 576
OVER_BYTES = 200
"""So much longer than a full packet is the one that must be cut."""
STEP_BYTES = 4
"""STUN messages have lengths that are multiples of it."""
TRIES = 6
"""With a tenth of all packets lost in each direction, six losses in a row come once in 20,000 trials."""
APART_S, PATIENCE_S, PATIENCE_FACTOR = 0.12, 0.1, 1.5
CLOSING_S = 0.1
MAX_STEPS = 9
ALWAYS_PACKETS = 3
MOST_PACKETS = 5 * TRIES + 2 * (TRIES - 1)
"""Of one family: five lengths at most, and the short requests beside them."""
SEARCH_PACKETS = MAX_STEPS * (2 * TRIES - 1)
PACKETS = 2 * (MOST_PACKETS + SEARCH_PACKETS)
QUICK_S, SEARCH_S = 3.0, 14.0


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """One relay a family that answers, which one shows only then: three packets, and more where some get lost."""
    search = scope.options.profile == FULL
    more = MOST_PACKETS - ALWAYS_PACKETS + (SEARCH_PACKETS if search else 0)
    wanted = [pair for family in FAMILIES for pair in targets.declared(scope, family)[:1]]
    return tuple(
        Contact(
            host=host,
            port=port,
            protocol="udp",
            packets=packets,
            bytes=packets * ETHERNET_BYTES,
            seconds=SEARCH_S if search else QUICK_S,
            why=why,
            always=always,
        )
        for host, port in wanted
        for packets, why, always in (
            (ALWAYS_PACKETS, "how long a packet may be", True),
            (more, "again, where long packets get lost", False),
        )
    )


PROBE = Probe(
    name="path_mtu",
    title="length of packets",
    after=("relay_stun",),
    when=targets.only_elsewhere,
    needs=frozenset({"udp"}),
    budget=Budget(packets=PACKETS, bytes=PACKETS * ETHERNET_BYTES, seconds=SEARCH_S),
    contacts=contacts,
    emits=("path.size",),
)


class _Trial(msgspec.Struct):
    """One length. `purpose`: wireguard, full, pieces, least, told, search or control."""

    size: int
    whole: bool
    purpose: str
    requests: list[Request] = []

    @property
    def passed(self) -> bool:
        """The relay answered."""
        return any(r.answered_at is not None for r in self.requests)

    @property
    def told_mtu(self) -> int | None:
        """What an ICMP error says would fit."""
        told = (r.error.mtu for r in self.requests if r.error is not None)
        return next((mtu for mtu in told if mtu is not None), None)

    @property
    def is_settled(self) -> bool:
        """More tries would tell nothing new."""
        if self.passed or self.told_mtu is not None:
            return True
        return any(r.failure is not None for r in self.requests)


async def run(ctx: ProbeContext) -> None:
    """Both families side by side."""
    links = await ctx.links()
    await asyncio.gather(*(_family(ctx, family, links) for family in ctx.families))


async def _family(ctx: ProbeContext, family: Family, links: LinkFacts) -> None:
    target = next((t for t, _region in targets.answered(ctx, family) if not t.ip.is_loopback), None)
    if target is None:
        return
    ctx.progress("trying longer packets")
    own = await ctx.host.links.source_for(target.ip)
    here = next((i.mtu for i in links.interfaces if own in i.addresses and i.mtu), ETHERNET_BYTES)
    bell = Bell(ctx)
    try:
        async with Asker(ctx, family, bell.ring) as asker:
            sizer = _Sizer(ctx, family, target, asker, bell)
            try:
                await sizer.quick(min(here, ETHERNET_BYTES))
                if ctx.options.profile == FULL:
                    await sizer.search()
            finally:
                sizer.record(here)
    except HostError:
        return


class _Sizer:
    def __init__(self, ctx: ProbeContext, family: Family, target: Endpoint, asker: Asker, bell: Bell) -> None:
        self.ctx = ctx
        self.family = family
        self.target = target
        self.asker = asker
        self.bell = bell
        self.trials: list[_Trial] = []
        self.control = _Trial(HEADERS_BYTES[family] + 40, True, "control")
        best = min(
            (e.answered_at - e.sent_at for e in ctx.exchanges() if e.answered_at is not None and e.target == target),
            default=0.0,
        )
        self.patience_s = PATIENCE_S + PATIENCE_FACTOR * best

    async def quick(self, full: int) -> None:
        """What everybody wants to know: WireGuard's length, a full packet, and pieces."""
        full -= full % STEP_BYTES
        wireguard = WIREGUARD_BYTES[self.family]
        first = [self.new(full, "full"), self.new(full + OVER_BYTES, "pieces", whole=False)]
        if wireguard < full:
            first.insert(0, self.new(wireguard, "wireguard"))
        for some in [[trial] for trial in first] if self.ctx.options.gentle else [first]:
            await self.settle(some)
        told = min((t.told_mtu for t in first if t.told_mtu is not None), default=None)
        more = []
        if told is not None and LOWEST_BYTES <= told < full:
            more.append(self.new(told, "told"))
        if not any(t.passed and t.whole for t in first) and full > LEAST_BYTES:
            more.append(self.new(LEAST_BYTES, "least"))
        if more:
            await self.settle(more)

    async def search(self) -> None:
        """Halve the gap between what arrived and what did not."""
        for _ in range(MAX_STEPS):
            low = max((t.size for t in self.trials if t.passed and t.whole), default=LOWEST_BYTES)
            high = min((t.size for t in self.trials if t.whole and not t.passed and t.size > low), default=0)
            middle = (low + high) // 2 // STEP_BYTES * STEP_BYTES
            if middle <= low or self.ctx.host.clock.now() + self.patience_s >= self.ctx.deadline:
                return
            await self.settle([self.new(middle, "search")])

    def new(self, size: int, purpose: str, *, whole: bool = True) -> _Trial:
        trial = _Trial(size - size % STEP_BYTES, whole, purpose)
        self.trials.append(trial)
        return trial

    async def settle(self, trials: Sequence[_Trial]) -> None:
        """Ask until each was answered, or was not often enough."""
        clock = self.ctx.host.clock
        for number in range(TRIES):
            for trial in trials:
                if not trial.is_settled:
                    self.ask(trial)
            if number:
                self.control.requests.append(self.asker.ask(self.target))
            last = number in (0, TRIES - 1)
            until = min(clock.now() + (self.patience_s if last else APART_S), self.ctx.deadline - CLOSING_S)
            if await self.bell.wait(until, lambda: all(t.is_settled for t in trials)):
                return
            if until >= self.ctx.deadline - CLOSING_S:
                return

    def ask(self, trial: _Trial) -> None:
        payload = trial.size - HEADERS_BYTES[self.family]
        trial.requests.append(self.asker.ask(self.target, payload_bytes=payload, dont_fragment=trial.whole))

    def record(self, here: int) -> None:
        """Every request; `interface_mtu` is that of the interface it left by."""
        for trial in (*self.trials, self.control):
            for request in trial.requests:
                self.record_one(trial, request, here)

    def record_one(self, trial: _Trial, request: Request, here: int) -> None:
        error, outcome, summary = request.error, Outcome.NO_ANSWER, "no answer"
        failure = ""
        if request.failure is not None:
            outcome, summary, failure = Outcome.LOCAL_ERROR, request.failure.message, request.failure.failure.value
        elif request.answered_at is not None:
            outcome, summary = Outcome.ANSWERED, f"a packet of {trial.size} bytes arrived"
        elif error is not None:
            outcome, failure = Outcome.ICMP_ERROR, error.failure.value
            summary = f"{error.reporter or 'somebody'} says: {error.words or 'an ICMP error'}"
        data = {"size": trial.size, "whole": trial.whole, "purpose": trial.purpose, "interface_mtu": here}
        if error is not None and error.mtu is not None:
            data["told_mtu"] = error.mtu
        self.ctx.observe(
            "path.size", outcome, target=str(self.target), family=self.family, error=failure, summary=summary,
            source=str(error.reporter or "") if error is not None else "", sent_at=request.sent_at,
            received_at=request.answered_at or (error.received_at if error is not None else None),
            bytes_sent=request.size if request.failure is None else 0, bytes_received=request.answer_size,
            packets=int(request.failure is None), data=data,
        )  # fmt: skip
