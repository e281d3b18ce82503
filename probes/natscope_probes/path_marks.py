"""Whether marks of priority and congestion arrive as they were sent.

Question: does somebody on the way take DSCP or ECN marks away?
Method: a request marked AF41 and ECT(0), the marks of WireGuard's handshake and of a flow that understands ECN (RFC
2474, RFC 3168), to a helper, which says how it came (docs/helper.md). Where it stays unanswered it is repeated, each
time beside one without marks.
Can tell: which of the two marks arrive at the helper.
Cannot tell: the way back; who takes them away; anything where the helper's system does not tell it marks.
Disturbs: nothing; one packet, and up to ten where some get lost.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from natscope.errors import RemoteError
from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import AskMarks, TellMarks, decode_helper, encode_helper
from natscope_probes import _path_targets as targets
from natscope_probes._asker import Asker, Bell, Request
from natscope_probes._nat_servers import answered, nat_servers, own_scout, region_of

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

KIND = "path.marks"
AF41, ECT_0 = 34, 2
MARKS = AF41 << 2 | ECT_0
TRIES, APART_S, LAST_S = 5, 0.2, 0.4
REQUEST_BYTES = 72
PACKETS = 2 * 2 * TRIES
SECONDS = TRIES * APART_S + LAST_S
ASK = ((int(Attr.HELPER), encode_helper(AskMarks())),)


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """A relay that is a helper; which one, is not known before."""
    return (
        Contact(
            host="one relay that is a helper",
            port=None,
            protocol="udp",
            packets=PACKETS,
            bytes=PACKETS * REQUEST_BYTES,
            seconds=SECONDS,
            why="do marks arrive?",
            always=False,
        ),
        *own_scout(scope),
    )


PROBE = Probe(
    name="path_marks",
    title="marks of priority and congestion",
    after=("relay_stun", "nat_servers"),
    when=targets.only_elsewhere,
    needs=frozenset({"udp"}),
    budget=Budget(packets=PACKETS, bytes=PACKETS * REQUEST_BYTES, seconds=SECONDS),
    contacts=contacts,
    emits=(KIND, "nat.server"),
    uses=("relay_stun", "nat_servers"),
)


async def run(ctx: ProbeContext) -> None:
    """Both families, side by side."""
    await asyncio.gather(*(_family(ctx, family) for family in ctx.families if ctx.stun(family) is not None))


async def _family(ctx: ProbeContext, family: Family) -> None:
    if not answered(ctx, family):
        return
    helper = next((server.endpoint for server in await nat_servers(ctx, family) if server.helper), None)
    if helper is None:
        return
    marked: list[Request] = []
    plain: list[Request] = []
    bell = Bell(ctx)
    try:
        async with Asker(ctx, family, bell.ring) as asker:
            try:
                await _ask(ctx, asker, bell, helper, marked, plain)
            finally:
                if marked:
                    _record(ctx, helper, marked, plain)
    except HostError:
        return


async def _ask(
    ctx: ProbeContext, asker: Asker, bell: Bell, helper: Endpoint, marked: list[Request], plain: list[Request]
) -> None:
    clock = ctx.host.clock
    for number in range(TRIES):
        marked.append(asker.ask(helper, attributes=ASK, tos=MARKS))
        if number:
            plain.append(asker.ask(helper, attributes=ASK))
        until = min(clock.now() + (LAST_S if number in (0, TRIES - 1) else APART_S), ctx.deadline)
        if await bell.wait(until, lambda: any(not r.is_open for r in marked)):
            return


def _record(ctx: ProbeContext, helper: Endpoint, marked: list[Request], plain: list[Request]) -> None:
    came = next((r for r in marked if r.answered_at is not None), None)
    failed = next((r.failure for r in marked if r.failure is not None), None)
    told = None if came is None else _told(came)
    outcome = Outcome.ANSWERED if came else Outcome.LOCAL_ERROR if failed else Outcome.NO_ANSWER
    words = f"sent {MARKS:#04x}, came as {told:#04x}" if told is not None else ""
    region_id, node = region_of(ctx, helper)
    sent = [r for r in (*marked, *plain) if r.failure is None]
    ctx.observe(
        KIND, outcome, target=str(helper), family=helper.family, region_id=region_id, node=node,
        error="" if failed is None else failed.failure.value, sent_at=(came or marked[0]).sent_at,
        received_at=None if came is None else came.answered_at, packets=len(sent), bytes_sent=sum(r.size for r in sent),
        bytes_received=sum(r.answer_size for r in sent), summary=words or ("" if failed is None else failed.message),
        data={
            "tries": len(sent), "sent": MARKS, "told": told, "marked": len(marked),
            "plain": len(plain), "plain_answered": sum(r.answered_at is not None for r in plain),
        },
    )  # fmt: skip


def _told(request: Request) -> int | None:
    """What the helper says; None where its system does not tell it."""
    value = None if request.answer is None else request.answer.first(Attr.HELPER)
    try:
        message = None if value is None else decode_helper(value)
    except RemoteError:
        return None
    return message.tos if isinstance(message, TellMarks) else None
