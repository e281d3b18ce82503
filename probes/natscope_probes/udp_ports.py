"""UDP to other ports, where relays keep silent on their own.

Question: is all UDP closed, or only STUN's usual port?
Method: when no relay answered over IPv4 UDP: a STUN request to ports 443 and 53 of up to three relays, three times. An
answer, or the relay's own refusal (ICMP port unreachable from its very address), shows that the port is open on the
way. With --full the ports are tried where UDP works, too.
Can tell: that a port is open. That a port is closed only beside an answer of the same relay on another one.
Cannot tell: anything from silence: few relays serve STUN on these ports.
Disturbs: nothing; at most 18 small packets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope_probes import _path_targets as targets
from natscope_probes._asker import Asker, Bell, Request

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

FAMILY: Family = 4
PORTS = (443, 53)
RELAYS, TRIES = 3, 3
APART_S, LIMIT_S = 0.2, 0.5
REQUEST_BYTES = 40


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The first relays of the plan; only when none of them answers on its own port."""
    hosts = dict.fromkeys(host for host, _port in targets.declared(scope, FAMILY))
    return tuple(
        Contact(
            host=host,
            port=port,
            protocol="udp",
            packets=TRIES,
            bytes=TRIES * REQUEST_BYTES,
            seconds=LIMIT_S + TRIES * APART_S,
            why="whether UDP is open on another port",
            always=scope.options.profile == FULL,
        )
        for host in list(hosts)[:RELAYS]
        for port in PORTS
    )


PROBE = Probe(
    name="udp_ports",
    title="UDP on other ports",
    families=(FAMILY,),
    after=("relay_stun",),
    when=targets.only_elsewhere,
    needs=frozenset({"udp"}),
    budget=Budget(packets=RELAYS * TRIES * len(PORTS), bytes=800, seconds=1.2),
    contacts=contacts,
    emits=("udp.port", "dns.lookup"),
)


class _Ask(msgspec.Struct):
    target: Endpoint
    region_id: int
    node: str
    requests: list[Request] = []

    @property
    def is_told(self) -> bool:
        return any(not r.is_open for r in self.requests)


async def run(ctx: ProbeContext) -> None:
    """Where nothing answered, or in the full profile."""
    silent = not any(e.answered_at is not None for e in ctx.exchanges() if e.target.family == FAMILY)
    if not silent and ctx.options.profile != FULL:
        return
    asks = await _asks(ctx)
    if not asks:
        return
    ctx.progress("trying other UDP ports")
    bell = Bell(ctx)
    try:
        async with Asker(ctx, FAMILY, bell.ring) as asker:
            await _try(ctx, asker, bell, asks)
    except HostError:
        return
    finally:
        for ask in asks:
            for request in ask.requests:
                _record(ctx, ask, request)


async def _asks(ctx: ProbeContext) -> list[_Ask]:
    found: list[_Ask] = []
    for region_id, node in list(targets.planned(ctx, FAMILY))[:RELAYS]:
        try:
            ip = await ctx.resolve(node, FAMILY, stun=True)
        except HostError:
            continue
        ports = [port for port in PORTS if port != node.effective_stun_port]
        found += [_Ask(Endpoint(ip, port), region_id, node.name) for port in ports]
    return found


async def _try(ctx: ProbeContext, asker: Asker, bell: Bell, asks: list[_Ask]) -> None:
    clock = ctx.host.clock
    for number in range(TRIES):
        for ask in asks:
            if not ask.is_told:
                ask.requests.append(asker.ask(ask.target))
        wait_s = LIMIT_S if number == TRIES - 1 else APART_S
        if await bell.wait(min(clock.now() + wait_s, ctx.deadline), lambda: all(ask.is_told for ask in asks)):
            return


def _record(ctx: ProbeContext, ask: _Ask, request: Request) -> None:
    error, outcome, summary, failure = request.error, Outcome.NO_ANSWER, "", ""
    mapped = {} if request.mapped is None else {"mapped": str(request.mapped)}
    if request.failure is not None:
        outcome, summary, failure = Outcome.LOCAL_ERROR, request.failure.message, request.failure.failure.value
    elif request.answered_at is not None:
        outcome = Outcome.ANSWERED
    elif error is not None:
        own = error.failure is Failure.REFUSED and error.reporter == ask.target.ip
        outcome, failure = Outcome.REFUSED if own else Outcome.ICMP_ERROR, error.failure.value
        summary = f"{error.reporter or 'somebody'} says: {error.words or 'an ICMP error'}"
    ctx.observe(
        "udp.port", outcome, target=str(ask.target), family=FAMILY, region_id=ask.region_id, node=ask.node,
        source=str(error.reporter or "") if error is not None else "", error=failure, summary=summary,
        sent_at=request.sent_at, received_at=request.answered_at or (error.received_at if error else None),
        bytes_sent=request.size if request.failure is None else 0, bytes_received=request.answer_size,
        packets=int(request.failure is None), data=mapped,
    )  # fmt: skip
