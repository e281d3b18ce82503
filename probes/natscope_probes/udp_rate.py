"""Whether UDP is dropped beyond some rate.

Question: does somebody on the way drop UDP packets when there are many of them, there or back?
Method: paced trains of numbered packets to a helper (docs/helper.md), which says first what it counts, sends one back
for each that arrived, and tells which did: a second of 25 packets/s, then 100, 250 and 500 of 1000 bytes. A train ends
early where packets come back late: then a queue fills, and the line is just that slow. Where the end of a train got
lost, the slow one is sent again (it must pass), the fast one (the same rate must pass), one of short packets at the
fast one's rate (bytes or packets?), and as many bytes over TCP to the same computer (only UDP?). Token buckets let a
burst pass and then a constant rate (RFC 2697).
Can tell: a limit between about 0.1 and 4 Mbit/s or up to 500 packets/s, with the rate that passes, each way.
Cannot tell: limits above; those that take longer than a second to act; who drops; anything without a helper.
Disturbs: the line, with up to 4 Mbit/s for some seconds: about 0.9 MB each way, twice as much where packets get lost.
Therefore it takes --udp-rate or --full, and comes when all other probes have ended.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from natscope.host.api import HostError, UdpSocket
from natscope.machines.helper.ramp import GENTLE_RATES, MOST_PACKETS, MOST_TRAINS, RATES, Ramp
from natscope.machines.helper.train import IDS, Train, TrainPlan, TrainResult
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope_probes._asker import HEADERS_BYTES
from natscope_probes._drive import drive
from natscope_probes._nat_servers import NatServer, local_text, nat_servers, open_socket, own_scout, region_of
from natscope_probes._tcp_upload import KIND as UPLOAD_KIND
from natscope_probes._tcp_upload import MOST_BYTES as UPLOAD_BYTES
from natscope_probes._tcp_upload import upload

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

NAME, KIND = "udp_rate", "udp.train"
PACKET_BYTES = 1000
"""A whole IP packet: what fits everywhere, and is long enough for a few Mbit/s."""
PARTS = 8
"""A train is told in so many parts."""
SERVERS = 3
SECONDS, TRAIN_S, UPLOAD_S, CLOSING_S = 24.0, 1.6, 3.0, 0.5
REQUESTS = 24
"""Packets of a train beside its own, at most: asks, bookings, counts."""
ALL_PACKETS = MOST_PACKETS + MOST_TRAINS * REQUESTS
NOT_ASKED = "sends a megabyte or two"


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The relay that counts trains; which one, is not known before."""
    why = "from which rate on UDP is dropped"
    where = "one relay that is a helper"
    size = ALL_PACKETS * PACKET_BYTES
    return (
        Contact(
            host=where, port=None, protocol="udp", packets=ALL_PACKETS, bytes=size, seconds=SECONDS, why=why,
            always=False,
        ),
        Contact(
            host=where, port=None, protocol="tcp", packets=0, bytes=UPLOAD_BYTES, seconds=UPLOAD_S,
            why="whether only UDP is", always=False,
        ),
        *own_scout(scope),
    )  # fmt: skip


def when(scope: Scope) -> str:
    """Only where it was asked for."""
    options = scope.options
    asked = options.udp_rate or options.profile == FULL or NAME in options.only
    return "" if asked else NOT_ASKED


PROBE = Probe(
    name=NAME,
    title="limits of UDP's rate",
    after=("nat_cross_check",),
    when=when,
    needs=frozenset({"udp", "streams"}),
    budget=Budget(packets=ALL_PACKETS, bytes=ALL_PACKETS * PACKET_BYTES + UPLOAD_BYTES, seconds=SECONDS),
    contacts=contacts,
    emits=(KIND, UPLOAD_KIND),
    flag="--udp-rate",
    last=True,
    uses=("relay_stun", "interfaces", "nat_servers"),
)


async def run(ctx: ProbeContext) -> None:
    """The first family in which a server counts trains."""
    until = min(ctx.deadline, ctx.host.clock.now() + SECONDS - CLOSING_S)
    for family in ctx.families:
        if ctx.stun(family) is None:
            continue
        helpers = [server for server in await nat_servers(ctx, family) if server.helper]
        for server in helpers[:SERVERS]:
            if await _measure(ctx, family, server, until):
                return


async def _measure(ctx: ProbeContext, family: Family, server: NatServer, until: float) -> bool:
    """Whether this server took a train at all."""
    try:
        socket = await open_socket(ctx, family)
    except HostError:
        return False
    clock = ctx.host.clock
    ramp = Ramp(PACKET_BYTES - HEADERS_BYTES[family], GENTLE_RATES if ctx.options.gentle else RATES)
    try:
        while (chosen := ramp.next()) is not None and clock.now() + TRAIN_S < until:
            why, plan = chosen
            ctx.progress(f"UDP at {plan.rate} packets/s")
            result = await _train(ctx, socket, server.endpoint, plan, why, until)
            ramp.add(why, result)
    finally:
        socket.close()
    taken = [result for _, result in ramp.done if result.granted is not None]
    if taken and ramp.needs_control and clock.now() + UPLOAD_S < until:
        ctx.progress("TCP beside it")
        region_id, _ = region_of(ctx, server.endpoint)
        most = max(r.plan.rate for r in taken) * PACKET_BYTES
        await upload(ctx, server.endpoint, region_id, min(most, 2 * _passed(taken)), until)
    return bool(taken)


def _passed(results: list[TrainResult]) -> int:
    """Bytes of the fullest train's last half that arrived, for a whole second."""
    fastest = max(results, key=lambda r: r.plan.rate * r.plan.length)
    there = [n for n in (fastest.arrived or ()) if n in fastest.echoes and n >= len(fastest.sent) // 2]
    return 2 * len(there) * PACKET_BYTES


async def _train(
    ctx: ProbeContext, socket: UdpSocket, server: Endpoint, plan: TrainPlan, why: str, until: float
) -> TrainResult:
    """One; written down also when it is cut."""
    train = Train(server, plan, ctx.host.rng.bytes(12 * IDS), until)
    began, words = ctx.host.clock.now(), "it was cut"
    try:
        words = await drive(ctx.host, socket, train)
    finally:
        result = train.result
        if words:
            result.reason = result.reason or words
        await _observe(ctx, socket, result, why, began)
    return result


async def _observe(ctx: ProbeContext, socket: UdpSocket, result: TrainResult, why: str, began: float) -> None:
    plan, granted = result.plan, result.granted
    family = result.server.family
    data: dict[str, Any] = {"purpose": why, "rate": plan.rate, "size": plan.length + HEADERS_BYTES[family]}
    if result.arrived is not None and granted is not None:
        data |= {
            "tries": result.packets_sent, "granted": granted.packets, "granted_rate": granted.rate,
            "late": result.late, "parts": parts_of(result), "sent_span_ms": _span_ms(result.sent),
            "arrived_span_ms": round(result.span_us / 1000, 3), "back_span_ms": _span_ms(result.echoes.values()),
        }  # fmt: skip
    if result.retry_s:
        data["retry_s"] = result.retry_s
    region_id, node = region_of(ctx, result.server)
    outcome = Outcome.ANSWERED if result.arrived is not None else Outcome.NO_ANSWER
    counted = f"{len(result.arrived or ())} of {len(result.sent)} arrived, {len(result.echoes)} came back"
    ctx.observe(
        KIND, Outcome.REFUSED if result.retry_s else outcome, target=str(result.server), family=family,
        region_id=region_id, node=node, socket=await local_text(ctx, socket, result.server), sent_at=began,
        rtt_ms=round(result.rtt_s * 1000, 3) if result.rtt_s else None, bytes_sent=result.bytes_sent,
        bytes_received=result.bytes_received, packets=result.packets_sent,
        summary=result.reason or counted, data=data,
    )  # fmt: skip


def _span_ms(times: Collection[float]) -> float:
    return round((max(times) - min(times)) * 1000, 3) if times else 0.0


def parts_of(result: TrainResult) -> list[list[float | int | None]]:
    """Per part: when it began (ms after the first packet), sent, arrived, came back, median round trip in ms."""
    found: list[list[float | int | None]] = []
    count = len(result.sent)
    arrived = result.arrived or frozenset()
    for part in range(PARTS):
        numbers = range(count * part // PARTS, count * (part + 1) // PARTS)
        if not numbers:
            continue
        trips = sorted(result.echoes[n] - result.sent[n] for n in numbers if n in result.echoes)
        median = round(trips[len(trips) // 2] * 1000, 3) if trips else None
        there = [n for n in numbers if n in arrived]
        back = sum(n in result.echoes for n in there)
        began_ms = round((result.sent[numbers[0]] - result.sent[0]) * 1000, 1)
        found.append([began_ms, len(numbers), len(there), back, median])
    return found
