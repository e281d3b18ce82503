"""Another local port, where nothing came back to the one of this run.

Question: is it the way, or only this port?
Method: when no relay answered over a family: a STUN request to up to two relays from a fresh local port, each beside
one from the port of this run, three times. Only where the fresh one is answered and the old one is not, in the same
second, does the difference belong to the port. Otherwise an outage that has just ended would look the same.
Can tell: that packets back to one local port get lost on the way or on this computer, while others arrive.
Cannot tell: who drops them: a provider that still has the flow of an old line, or a rule of this computer.
Disturbs: nothing; at most 12 small packets, and only where relays are silent.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes import _path_targets as targets
from natscope_probes._asker import Asker, Bell, Request

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext, StunChannel, StunExchange

NAME, KIND = "fresh_port", "udp.fresh-port"
FAMILIES: tuple[Family, ...] = (4, 6)
RELAYS, TRIES = 2, 3
APART_S, LAST_S = 0.2, 0.5
REQUEST_BYTES = 40


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The first relays of the plan; only when none of them answers."""
    return tuple(
        Contact(
            host=host,
            port=port,
            protocol="udp",
            packets=2 * TRIES,
            bytes=2 * TRIES * REQUEST_BYTES,
            seconds=LAST_S + TRIES * APART_S,
            why="whether another local port is answered",
            always=False,
        )
        for family in FAMILIES
        for host, port in targets.declared(scope, family)[:RELAYS]
    )


PROBE = Probe(
    name=NAME,
    title="another local port",
    after=("relay_stun",),
    when=targets.only_elsewhere,
    needs=frozenset({"udp"}),
    budget=Budget(
        packets=2 * 2 * RELAYS * TRIES, bytes=2 * 2 * RELAYS * TRIES * REQUEST_BYTES, seconds=LAST_S + TRIES * APART_S
    ),
    contacts=contacts,
    emits=(KIND, "stun.binding"),
)


class _Pair(msgspec.Struct):
    """One relay, asked from both ports."""

    target: Endpoint
    region_id: int | None
    fresh: list[Request] = []
    old: list[StunExchange] = []

    @property
    def is_answered(self) -> bool:
        """From either."""
        return any(r.answered_at is not None for r in self.fresh) or any(e.answered_at is not None for e in self.old)


async def run(ctx: ProbeContext) -> None:
    """Each family in which relays were asked and none answered."""
    await asyncio.gather(*(_family(ctx, family) for family in ctx.families))


async def _family(ctx: ProbeContext, family: Family) -> None:
    channel = ctx.stun(family)
    asked = [e for e in ctx.exchanges() if e.target.family == family]
    if channel is None or not asked or any(e.answered_at is not None or e.failure is not None for e in asked):
        return
    silent = {e.target: e.region_id for e in asked}
    pairs = [_Pair(target, region) for target, region in list(silent.items())[:RELAYS]]
    ctx.progress("trying another local port")
    bell = Bell(ctx)
    try:
        async with Asker(ctx, family, bell.ring) as asker:
            try:
                await _try(ctx, asker, channel, bell, pairs)
            finally:
                for pair in pairs:
                    _record(ctx, pair, channel, asker.port)
    except HostError:
        return


async def _try(ctx: ProbeContext, asker: Asker, channel: StunChannel, bell: Bell, pairs: list[_Pair]) -> None:
    """All three times, answered or not: the old port must stay silent beside the fresh one's answers."""
    clock = ctx.host.clock
    for number in range(TRIES):
        for pair in pairs:
            pair.fresh.append(asker.ask(pair.target))
            pair.old.append(channel.ask(pair.target, probe=NAME, region_id=pair.region_id))
        until = clock.now() + (LAST_S if number == TRIES - 1 else APART_S)
        await bell.wait(min(until, ctx.deadline), lambda: False)
        if until >= ctx.deadline:
            return


def _record(ctx: ProbeContext, pair: _Pair, channel: StunChannel, fresh_port: int) -> None:
    """The requests of the old port are observations of their own (`stun.binding`)."""
    if not pair.fresh:
        return
    answered = [r for r in pair.fresh if r.answered_at is not None]
    first = (answered or pair.fresh)[0]
    old = sum(e.answered_at is not None for e in pair.old)
    words = f"{len(answered)} of {len(pair.fresh)} answers to port {fresh_port}, {old} to port {channel.local.port}"
    ctx.observe(
        KIND,
        Outcome.NO_ANSWER if not answered else Outcome.ANSWERED,
        target=str(pair.target),
        family=pair.target.family,
        region_id=pair.region_id,
        socket=str(Endpoint(channel.local.ip, fresh_port)),
        sent_at=first.sent_at,
        received_at=first.answered_at,
        packets=sum(r.failure is None for r in pair.fresh),
        bytes_sent=sum(r.size for r in pair.fresh if r.failure is None),
        bytes_received=sum(r.answer_size for r in pair.fresh),
        summary=words,
        data={
            "tries": sum(r.failure is None for r in pair.fresh),
            "answered": len(answered),
            "old_port": channel.local.port,
            "old_tries": len(pair.old),
            "old_answered": old,
            "mapped": None if first.mapped is None else str(first.mapped),
        },
    )
