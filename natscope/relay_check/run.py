"""The observing half of a check: every node as a client sees it, then clients that meet, within a limit of time.

Nodes of a region are looked at side by side, at most `MAX_REGIONS` regions at a time. Nothing here concludes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.observation import Outcome
from natscope.model.relay_map import LoadedMap, RelayNode, RelayRegion
from natscope.netcheck.recorder import Recorder
from natscope.relay_check.addresses import addresses_of, stun_addresses
from natscope.relay_check.ask_stun import ask_stun
from natscope.relay_check.look import KIND, look
from natscope.relay_check.meeting import Client, meet
from natscope.relay_check.options import CheckOptions, CheckRecord
from natscope.relay_check.pages import ask_left_out, ask_page, ask_port80
from natscope.relay_check.pairing import pairs_of, stretch
from natscope.relay_check.stun_burst import ask_in_bursts
from natscope.relay_check.turns import Turns
from natscope.relay_check.watch import CheckProgress, Watch
from natscope.version import VERSION
from natscope.wire.keys import PrivateKey

MAX_REGIONS = 8
AGAIN = 4
"""Further connections to a node, so that a load balancer over two servers hides in 1 case of 64 at most."""
MESH_STREAMS_S = 5.0
"""For the streams of all pairs of a region, one after another; pairs whose turn does not come are not measured."""
CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class CheckInputs:
    """One run. `stop` ends it early."""

    host: Host
    http: Http
    loaded_map: LoadedMap
    regions: tuple[RelayRegion, ...]
    options: CheckOptions
    stop: asyncio.Event
    progress: Callable[[CheckProgress], None] | None = None


async def run_check(inputs: CheckInputs) -> CheckRecord:
    """Observe; never raises for what the network does."""
    host, options = inputs.host, inputs.options
    started = host.clock.now()
    started_at = host.clock.utc().isoformat(timespec="milliseconds")
    total = sum(len(region.nodes) for region in inputs.regions)
    watch = Watch(
        host=host,
        http=inputs.http,
        options=options,
        recorder=Recorder(started),
        deadline=started + options.limit_s,
        nodes_total=total,
        progress=inputs.progress,
    )
    gate = asyncio.Semaphore(MAX_REGIONS)
    work = asyncio.gather(*(_region(watch, region, gate) for region in inputs.regions))
    finished, interrupted = await _until_over(watch, work, inputs.stop)
    system = await host.system.look()
    return CheckRecord(
        natscope=VERSION,
        started_at=started_at,
        duration_ms=round((host.clock.now() - started) * 1000, 3),
        interrupted=interrupted,
        limit_reached=not finished and not interrupted,
        loaded_map=inputs.loaded_map,
        regions=inputs.regions,
        observations=tuple(watch.recorder.observations),
        families=options.families,
        keys_given=len(options.keys),
        stream_bytes=options.stream_bytes,
        clock_synchronised=system.clock_synchronised,
    )


async def _until_over(watch: Watch, work: asyncio.Future[Any], stop: asyncio.Event) -> tuple[bool, bool]:
    """(was everything done, did somebody stop it)."""
    stopped = asyncio.ensure_future(stop.wait())
    late = asyncio.ensure_future(watch.host.clock.sleep(watch.options.limit_s))
    try:
        await asyncio.wait((work, stopped, late), return_when=asyncio.FIRST_COMPLETED)
        finished = work.done()
        if finished:
            work.result()
        return finished, stopped.done() and not finished
    finally:
        for task in (work, stopped, late):
            task.cancel()
        await asyncio.gather(work, stopped, late, return_exceptions=True)


@dataclass
class _Visit:
    """One node while its region is looked at."""

    region: RelayRegion
    node: RelayNode
    addresses: tuple[IPAddress, ...] = ()
    good: list[Endpoint] = field(default_factory=list)
    keyed: list[Endpoint] = field(default_factory=list)
    """Where the relay at least showed its key."""
    clients: list[Client] = field(default_factory=list)


async def _region(watch: Watch, region: RelayRegion, gate: asyncio.Semaphore) -> None:
    async with gate:
        visits = [_Visit(region, node) for node in region.nodes]
        try:
            async with asyncio.TaskGroup() as tasks:
                for visit in visits:
                    tasks.create_task(_node(watch, visit))
            await _mesh(watch, [visit for visit in visits if visit.clients])
        finally:
            await _close([client for visit in visits for client in visit.clients])


async def _close(clients: list[Client]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)


async def _node(watch: Watch, visit: _Visit) -> None:
    node = visit.node
    watch.tell(f"connecting to {node.name}")
    visit.addresses = await addresses_of(watch, node)
    parts: list[Coroutine[Any, Any, None]] = []
    port = node.effective_stun_port
    if port is not None:
        parts += [_stun(watch, node, ip, port) for ip in stun_addresses(node, visit.addresses, watch.options.families)]
    if not node.stun_only:
        parts.append(_relay(watch, visit))
        if node.can_port80:
            parts += [
                ask_port80(watch, node, Endpoint(ip, watch.options.port80))
                for ip in stun_addresses_of_first(visit.addresses)
            ]
    async with asyncio.TaskGroup() as tasks:
        for part in parts:
            tasks.create_task(part)
    watch.nodes_done += 1
    watch.tell()


async def _stun(watch: Watch, node: RelayNode, ip: IPAddress, port: int) -> None:
    """Single requests; where all of them are answered, many at once."""
    if await ask_stun(watch, node, ip, port):
        await ask_in_bursts(watch, node, Endpoint(ip, port))


def stun_addresses_of_first(addresses: tuple[IPAddress, ...]) -> tuple[IPAddress, ...]:
    """The first address of each family."""
    return tuple({ip.version: ip for ip in reversed(addresses)}.values())


async def _relay(watch: Watch, visit: _Visit) -> None:
    """All addresses, then more connections to the good ones, then two clients that meet."""
    node = visit.node
    targets = [Endpoint(ip, node.effective_derp_port) for ip in visit.addresses]
    await asyncio.gather(*(_address(watch, visit, target) for target in targets))
    visit.good = [target for target in targets if target in visit.good]
    several = visit.good or visit.keyed
    for number in range(AGAIN if several else 0):
        await _once(watch, node, several[number % len(several)])
    if not visit.good:
        return
    watch.tell(f"two clients meet at {node.name}")
    await _clients(watch, visit)
    if visit.clients:
        await meet(watch, visit.clients[0], visit.clients[-1], stream_bytes=watch.options.stream_bytes)


async def _address(watch: Watch, visit: _Visit, target: Endpoint) -> None:
    """The first connection to an address, then its page: without checks where a certificate was refused."""
    before = len(watch.recorder.observations)
    connection = await look(watch, visit.node, target, "first", _key(watch, 0))
    if connection is not None:
        visit.good.append(target)
        await connection.close()
    own = [o for o in watch.recorder.observations[before:] if o.kind == KIND and o.target == str(target)]
    seen = own[0] if own else None
    if seen is not None and seen.data.get("server_key"):
        visit.keyed.append(target)
    reached_tls = seen is None or seen.data.get("failed") not in ("name", "connect")
    if not reached_tls or (seen is not None and seen.error == "plain-http"):
        return
    refused = seen is not None and seen.data.get("failed") == "tls"
    proxied = connection is not None and bool(connection.facts.proxy)
    if not refused or (seen is not None and seen.outcome is Outcome.WRONG):
        await ask_page(watch, visit.node, target, verify=not refused, proxied=proxied)
    if seen is not None and seen.data.get("failed") == "upgrade" and seen.data.get("status"):
        await ask_left_out(watch, visit.node, target, proxied=proxied)


async def _once(watch: Watch, node: RelayNode, target: Endpoint) -> None:
    connection = await look(watch, node, target, "again", _key(watch, 0))
    if connection is not None:
        await connection.close()


async def _clients(watch: Watch, visit: _Visit) -> None:
    """Two, on the first and the last good address; a single one where a single key was given."""
    count = 1 if len(watch.options.keys) == 1 else 2
    for number, target in zip(range(count), (visit.good[0], visit.good[-1]), strict=False):
        private = _key(watch, number) or PrivateKey(watch.host.rng.bytes(32))
        connection = await look(watch, visit.node, target, "client", private)
        if connection is None:
            await _close(visit.clients)
            visit.clients.clear()
            return
        client = Client(visit.node, private, connection)
        client.begin(watch.host)
        visit.clients.append(client)


def _key(watch: Watch, number: int) -> PrivateKey | None:
    keys = watch.options.keys
    return PrivateKey(keys[number]) if number < len(keys) else None


async def _mesh(watch: Watch, visits: list[_Visit]) -> None:
    """Pairs of nodes of a region; with keys of their own, since one key is one place."""
    if len(visits) < 2 or watch.options.keys:
        return
    watch.tell(f"clients on different nodes of region {visits[0].region.region_code} meet")
    pairs = [(visits[one].clients[0], visits[other].clients[0]) for one, other in pairs_of(len(visits))]
    turns = Turns(len(pairs), lambda: min(MESH_STREAMS_S, watch.left_s / 2), watch.now)
    size = stretch(watch.options.stream_bytes, len(visits))
    async with asyncio.TaskGroup() as tasks:
        for one, other in pairs:
            tasks.create_task(meet(watch, one, other, stream_bytes=size, turns=turns))
