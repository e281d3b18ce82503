"""Detours through a hub: an address behind a router of the mesh that is another node's own, a peer that relays."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from typing import TypeVar

from natscope.apps.mesh_peer import Target
from natscope.diagnosis.pair.star import Star, hub_node, node_with
from natscope.errors import RefusedError
from natscope.mesh.source import MeshSource, PingKind
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PingAnswer
from natscope.model.mesh_status import MeshNode, MeshStatus, Way
from natscope.model.tri import Tri

MAX_ASKED = 64
PARALLEL = 16
PING_S = 3.0
PINGS, PAUSE_S = 4, 1.0
"""To the node itself: the first pongs come through the relay while the direct way is being found."""
T = TypeVar("T")


async def star_of(
    source: MeshSource,
    status: MeshStatus,
    target: Target,
    *,
    sleep: Callable[[float], Awaitable[None]] | None,
    probe: bool,
) -> Star | None:
    """None where nobody else tells the target's address. `probe`: ping by both ways.

    Of a target that is a node itself, and that another one relays: both legs, by one ping to each, where `probe` allows
    it and the other is known.

    Raises `CannotMeasure`; refusals leave out what they are about.
    """
    try:
        address = ipaddress.ip_address(target.ip)
    except ValueError:
        return None
    if target.is_this:
        return None
    if address in target.node.addresses:
        return await _legs(source, status, target.node) if probe else None
    online = [peer for peer in status.peers if peer.is_online and peer.addresses and peer.key != target.node.key]
    node = node_with(address, status, target.node, await _details(source, online[:MAX_ASKED]))
    if node is None:
        return None
    star = Star(address=address, node=node)
    if not probe:
        return star
    through = await _told(source.ping(target.ip, PingKind.ICMP, timeout_s=PING_S))
    straight = await _straight(source, node, sleep)
    came = straight is not None and not straight.error
    return Star(
        address=address,
        node=node,
        through_s=through.latency_s if through is not None and not through.error else None,
        straight_s=straight.latency_s if straight is not None and came else None,
        is_straight=Tri.of(straight.endpoint is not None) if straight is not None and came else Tri.UNKNOWN,
    )


async def _legs(source: MeshSource, status: MeshStatus, given: MeshNode) -> Star | None:
    node = next((peer for peer in status.peers if peer.key == given.key), given)
    hub = hub_node(node, status) if node.way is Way.PEER_RELAY else None
    if hub is None or not hub.addresses:
        return None
    whole = await _told(source.ping(node.first_address, PingKind.DISCO, timeout_s=PING_S))
    leg = await _told(source.ping(hub.first_address, PingKind.DISCO, timeout_s=PING_S))
    return Star(
        address=None,
        node=node,
        through_s=whole.latency_s if whole is not None and not whole.error and whole.peer_relay else None,
        hub_s=leg.latency_s if leg is not None and not leg.error and leg.endpoint is not None else None,
    )


async def _details(source: MeshSource, peers: list[MeshNode]) -> dict[str, PeerDetails | None]:
    """By node key."""
    gate = asyncio.Semaphore(PARALLEL)

    async def one(peer: MeshNode) -> PeerDetails | None:
        async with gate:
            return await _told(source.details(peer.first_address))

    found = await asyncio.gather(*(one(peer) for peer in peers))
    return dict(zip((peer.key for peer in peers), found, strict=True))


async def _straight(
    source: MeshSource, node: MeshNode, sleep: Callable[[float], Awaitable[None]] | None
) -> PingAnswer | None:
    """The first direct pong, else the last answer."""
    answer = None
    for number in range(PINGS):
        if number and sleep is not None:
            await sleep(PAUSE_S)
        answer = await _told(source.ping(node.first_address, PingKind.DISCO, timeout_s=PING_S))
        if answer is None or answer.error or answer.endpoint is not None:
            break
    return answer


async def _told(question: Awaitable[T]) -> T | None:
    try:
        return await question
    except RefusedError:
        return None
