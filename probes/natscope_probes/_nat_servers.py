"""Which of the relays that answered can show more than a mapped address, and which of them a probe should take.

Relays are asked in the form they answer, with HELPER's ask (docs/helper.md): a helper offers its places, a server of
RFC 5780 names its OTHER-ADDRESS, any other one just answers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from natscope.errors import RemoteError
from natscope.host.api import HostError, UdpSocket
from natscope.machines.many_asks import Asked, ManyAsks
from natscope.machines.unseen_trial import beside
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Observation, Outcome
from natscope.plugins.probe import Contact, Scope
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import Ask, Offer, decode_helper, encode_helper
from natscope_probes._drive import drive

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

KIND = "nat.server"
NAME = "nat_servers"
MAX_SERVERS, GENTLE_SERVERS = 24, 4
TRIES = ManyAsks.ids_needed(1)
"""A server that keeps silent is asked so often."""
SCOUT_PACKETS = MAX_SERVERS * TRIES
"""Of one family, where nothing is answered but what made the servers known."""
SCOUT_S = 1.6
ASK = ((int(Attr.HELPER), encode_helper(Ask())),)
ASK_BYTES = 92


class NatServer(msgspec.Struct, frozen=True):
    """A server that answered, from where this host stands. Places that it does not have are None.

    `other_port` is on its own address; `others` are another address's first and other port (helper) or OTHER-ADDRESS
    with the first port (RFC 5780). `helper`: it sends on order, and counts.
    """

    endpoint: Endpoint
    mapped: Endpoint
    rtt_s: float
    helper: bool = False
    other_port: Endpoint | None = None
    others: tuple[Endpoint, ...] = ()
    other_address: Endpoint | None = None

    @property
    def is_full(self) -> bool:
        """Whether it has another port and another address."""
        return self.other_port is not None and bool(self.others)


def scout_contacts(scope: Scope) -> tuple[Contact, ...]:
    """Relays that answered; which ones, is not known before."""
    count = GENTLE_SERVERS if scope.options.gentle else MAX_SERVERS
    packets = count * TRIES * len(scope.families)
    return (
        Contact(
            host=f"up to {count} relays",
            port=None,
            protocol="udp",
            packets=packets,
            bytes=packets * ASK_BYTES,
            seconds=SCOUT_S,
            why="what more they can show of a router",
            always=False,
        ),
    )


def own_scout(scope: Scope) -> tuple[Contact, ...]:
    """The same for a probe that has to look for servers itself, because `nat_servers` is left out; else nothing."""
    options = scope.options
    left_out = NAME in options.skip or (bool(options.only) and NAME not in options.only)
    return scout_contacts(scope) if left_out else ()


async def nat_servers(ctx: ProbeContext, family: Family) -> list[NatServer]:
    """What is known of a family's servers, the best first: asked now unless the probe `nat_servers` did it."""
    known = [o for o in ctx.observations(KIND) if o.family == family]
    if not known:
        await scout(ctx, family)
        known = [o for o in ctx.observations(KIND) if o.family == family]
    servers = [server for o in known if (server := _of(o)) is not None]
    outside = [server for server in servers if not is_inside(server.mapped.ip)]
    return sorted(
        outside or servers, key=lambda s: (not (s.helper and s.is_full), not s.is_full, not s.helper, s.rtt_s)
    )


async def scout(ctx: ProbeContext, family: Family) -> None:
    """Ask the servers that answered the shared socket, from a socket of its own, and write down what they offer."""
    targets = answered(ctx, family)[: GENTLE_SERVERS if ctx.options.gentle else MAX_SERVERS]
    if not targets:
        return
    try:
        socket = await open_socket(ctx, family)
    except HostError:
        return
    ids = ctx.host.rng.bytes(12 * ManyAsks.ids_needed(len(targets)))
    asks = ManyAsks(targets, ids, ASK, patience=False)
    try:
        await drive(ctx.host, socket, asks)
    finally:
        for asked in asks.asked:
            if asked.sends:
                await _observe(ctx, socket, asked)
        socket.close()


def answered(ctx: ProbeContext, family: Family) -> list[Endpoint]:
    """The STUN servers that answered the shared socket over a family, the fastest first."""
    best: dict[Endpoint, float] = {}
    for exchange in ctx.exchanges():
        if exchange.answered_at is not None and exchange.target.family == family and exchange.mapped is not None:
            rtt_s = exchange.answered_at - exchange.sent_at
            best[exchange.target] = min(rtt_s, best.get(exchange.target, rtt_s))
    return sorted(best, key=lambda target: best[target])


def region_of(ctx: ProbeContext, target: Endpoint) -> tuple[int | None, str]:
    """The region and node that a server belongs to; None and empty for a place that no map names."""
    found = next((e for e in ctx.exchanges() if e.target == target and e.region_id is not None), None)
    return (None, "") if found is None else (found.region_id, "")


def is_lossy(ctx: ProbeContext, family: Family) -> bool:
    """Whether any server that answers has left a request unanswered."""
    alive = set(answered(ctx, family))
    return any(e.is_open for e in ctx.exchanges() if e.target in alive)


async def open_socket(ctx: ProbeContext, family: Family) -> UdpSocket:
    """A fresh socket, on the address and interface that the user asked for. Raises `HostError`."""
    options = ctx.options
    address = ipaddress.ip_address(options.bind_address) if options.bind_address else None
    return await ctx.host.udp.open(family, address=address, interface=options.interface or None)


async def local_text(ctx: ProbeContext, socket: UdpSocket, target: Endpoint) -> str:
    """The socket's own endpoint towards a target; the wildcard becomes the address that the system would take."""
    local = socket.local
    if local.ip.is_unspecified:
        local = Endpoint(await ctx.host.links.source_for(target.ip) or local.ip, local.port)
    return str(local)


def valid_other(server: Endpoint, other: Endpoint | None) -> Endpoint | None:
    """OTHER-ADDRESS where it can test anything: another address and another port."""
    if other is None:
        return None
    other = beside(server, other)
    usable = other.family == server.family and other.ip != server.ip and other.port not in (0, server.port)
    return other if usable and not is_inside(other.ip) | is_inside(server.ip) else None


async def _observe(ctx: ProbeContext, socket: UdpSocket, asked: Asked) -> None:
    data: dict[str, Any] = {"tries": asked.sends}
    if asked.mapped is not None:
        data["mapped"] = str(asked.mapped)
        data |= _offers(asked)
    if asked.other_source is not None:
        data["other_source"] = str(asked.other_source)
    outcome = Outcome.ANSWERED if asked.mapped else Outcome.REFUSED if asked.error else Outcome.NO_ANSWER
    region_id, node = region_of(ctx, asked.target)
    ctx.observe(
        KIND,
        outcome,
        target=str(asked.target),
        family=asked.target.family,
        region_id=region_id,
        node=node,
        socket=await local_text(ctx, socket, asked.target),
        sent_at=asked.sent_at,
        received_at=asked.answered_at,
        bytes_sent=asked.bytes_sent,
        bytes_received=asked.bytes_received,
        packets=asked.sends,
        summary=", ".join(data.get("offers", ())),
        data=data,
    )


def _offers(asked: Asked) -> dict[str, Any]:
    """What the answer names, in JSON values."""
    assert asked.answer is not None
    value = asked.answer.first(Attr.HELPER)
    try:
        told = None if value is None else decode_helper(value)
    except RemoteError:
        told = None
    found: dict[str, Any] = {}
    if isinstance(told, Offer):
        found["offers"] = ["helper: other port"] if told.other_port else []
        found["other_port"] = told.other_port
        if told.other is not None:
            found["offers"].append("helper: other address")
            found["other"], found["other_main_port"] = str(beside(asked.target, told.other)), told.other_main_port
    other = valid_other(asked.target, asked.answer.other_address)
    if other is not None:
        found["offers"] = [*found.get("offers", ()), "RFC 5780"]
        found["other_address"] = str(other)
    return found


def _of(observation: Observation) -> NatServer | None:
    """Back from the observation."""
    data = observation.data
    if observation.outcome is not Outcome.ANSWERED or "mapped" not in data:
        return None
    endpoint, mapped = Endpoint.parse(observation.target), Endpoint.parse(data["mapped"])
    others: Sequence[Endpoint] = ()
    other_address = Endpoint.parse(data["other_address"]) if "other_address" in data else None
    port = data.get("other_port") or (other_address.port if other_address else 0)
    if "other" in data:
        other = Endpoint.parse(data["other"])
        others = [Endpoint(other.ip, p) for p in (data.get("other_main_port", 0), other.port) if p]
    elif other_address is not None:
        others = [Endpoint(other_address.ip, endpoint.port), other_address]
    return NatServer(
        endpoint=endpoint,
        mapped=mapped,
        rtt_s=(observation.rtt_ms or 0.0) / 1000,
        helper="other_port" in data,
        other_port=Endpoint(endpoint.ip, port) if port else None,
        others=tuple(others),
        other_address=other_address,
    )
