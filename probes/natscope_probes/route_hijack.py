"""By which interface packets to relays leave, and what relays see past it.

Question: does proxy or VPN software own the way to the relays, and which other ways out are there?
Method: the system's own route look-up for every relay (rtnetlink; nothing is sent), the drivers of the interfaces, the
rules that choose routing tables, names that lead to fake addresses (198.18.0.0/15); then, over each further interface
with a default route, one STUN request (a second after 0.3 s) to two relays from a socket that is bound to it.
Can tell: a TUN or VPN interface that carries what we send, which of several uplinks is used, what each of them is seen
as, and that a check of source addresses (rp_filter) drops the answers.
Cannot tell: what a router in this network does with packets (a proxy there is seen by nobody here).
Disturbs: nothing; at most four small packets an uplink.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from natscope.host.api import HostError
from natscope.host.system_api import RouteChoice, SystemFacts
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.observation import Outcome
from natscope.plugins.probe import QUICK, Budget, Contact, Probe, Scope
from natscope.plugins.stun_plan import stun_literal
from natscope_probes._asker import Asker, Bell, Request

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

MAX_RELAYS, MAX_UPLINKS, ASKED_A_WAY = 16, 3, 2
LOOKUP_S, RETRY_S, LIMIT_S = 0.5, 0.3, 0.7
REQUEST_BYTES = 40
AGENT_MARK = 0x80000
"""Tailscale's agent marks its own packets so, and rules keep them out of its tunnel (net/netns, router_linux.go)."""
_USUAL_TABLES = frozenset({253, 254, 255})


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Two relays, once more over further uplinks."""
    regions = scope.loaded_map.relay_map.measured_regions()[:ASKED_A_WAY]
    return tuple(
        Contact(
            host=region.nodes[0].host_name,
            port=region.nodes[0].effective_stun_port,
            protocol="udp",
            packets=2 * MAX_UPLINKS,
            bytes=2 * MAX_UPLINKS * REQUEST_BYTES,
            seconds=LIMIT_S,
            why=f"STUN to relay {region.nodes[0].name} over each further interface",
            always=False,
        )
        for region in regions
        if region.nodes and region.nodes[0].effective_stun_port is not None
    )


PROBE = Probe(
    name="route_hijack",
    title="the way packets leave this computer",
    profile=QUICK,
    needs=frozenset({"udp", "links", "system"}),
    budget=Budget(packets=4 * MAX_UPLINKS * 2, bytes=4 * MAX_UPLINKS * 2 * REQUEST_BYTES, seconds=LIMIT_S),
    contacts=contacts,
    emits=("host.route", "route.stun", "dns.lookup"),
)


async def run(ctx: ProbeContext) -> None:
    """Look ways up, then ask relays over the others."""
    facts = await ctx.host.system.look()
    await asyncio.gather(*(_family(ctx, family, facts) for family in ctx.families))


async def _family(ctx: ProbeContext, family: Family, facts: SystemFacts) -> None:
    targets = await _targets(ctx, family)
    if not targets:
        return
    used = await _look_up(ctx, family, facts, targets)
    if all(target.ip.is_loopback for target in targets):
        return  # no uplink leads to relays on this computer
    others = await _other_uplinks(ctx, family, used)
    await asyncio.gather(*(_ask_over(ctx, family, name, targets) for name in others))


async def _targets(ctx: ProbeContext, family: Family) -> dict[Endpoint, str]:
    """Where relays are asked, with the node's name where it had to be looked up; nearest first."""
    known: dict[Endpoint, str] = {}
    waiting = []
    for region in ctx.relay_map.measured_regions()[:MAX_RELAYS]:
        for node in region.nodes[:1]:
            port, literal = node.effective_stun_port, stun_literal(node, family)
            if port is None:
                continue
            if literal is not None:
                known[Endpoint(literal, port)] = ""
            elif node.may_have(family):
                waiting.append((node, port))

    async def resolve(node: Any, port: int) -> None:
        try:
            known[Endpoint(await ctx.resolve(node, family, stun=True), port)] = node.host_name
        except HostError:
            return

    if waiting:
        tasks = [asyncio.ensure_future(resolve(node, port)) for node, port in waiting]
        try:
            await asyncio.wait(tasks, timeout=LOOKUP_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return known


async def _look_up(
    ctx: ProbeContext, family: Family, facts: SystemFacts, targets: dict[Endpoint, str]
) -> frozenset[str]:
    """One observation a way; the interfaces in use."""
    system = ctx.host.system
    ips = tuple(dict.fromkeys(target.ip for target in targets))
    ways = _bound(ctx, ips) if ctx.options.interface else await system.route_to(ips)
    marked = {c.target: c for c in await system.route_to(ips[:1], mark=AGENT_MARK)}
    by_way: dict[tuple[str, str, int, str], list[RouteChoice]] = {}
    for choice in ways:
        if choice.interface or choice.failure:
            by_way.setdefault((choice.interface, choice.source, choice.table, choice.failure), []).append(choice)
    for (interface, source, table, failure), chosen in by_way.items():
        agent = marked.get(str(ips[0]))
        ctx.observe(
            "host.route",
            Outcome.LOCAL_ERROR if failure else Outcome.ANSWERED,
            family=family,
            error=failure,
            summary=failure or f"packets to {len(chosen)} relays leave by {interface}",
            data=_description(facts, family, interface)
            | {
                "interface": interface,
                "source": source,
                "table": table,
                "gateway": chosen[0].gateway,
                "targets": [c.target for c in chosen][:MAX_RELAYS],
                "inside": sum(is_inside(ip) for ip in ips if str(ip) in {c.target for c in chosen}),
                "names": {name: str(t.ip) for t, name in targets.items() if name},
                "agent_interface": agent.interface if agent is not None else "",
            },
        )
    return frozenset(interface for interface, *_ in by_way)


def _bound(ctx: ProbeContext, ips: tuple[IPAddress, ...]) -> tuple[RouteChoice, ...]:
    """Sockets of this run are bound to an interface: no look-up decides."""
    return tuple(RouteChoice(target=str(ip), interface=ctx.options.interface) for ip in ips)


def _description(facts: SystemFacts, family: Family, interface: str) -> dict[str, Any]:
    """What the system says about an interface, and which rules choose tables of their own."""
    device = facts.device(interface)
    rules = [r for r in facts.rules if r.family == family and r.table not in _USUAL_TABLES and r.action == "lookup"]
    return {
        "driver": "" if device is None else device.driver,
        "addresses": [] if device is None else list(device.addresses),
        "rules": [f"{r.priority}: {r.selectors} lookup {r.table}".replace("  ", " ") for r in rules[:16]],
        "others": [
            {"name": d.name, "driver": d.driver}
            for d in facts.devices
            if d.name != interface and d.up and d.driver != "loopback" and d.addresses
        ],
    }


async def _other_uplinks(ctx: ProbeContext, family: Family, used: frozenset[str]) -> tuple[str, ...]:
    """Further interfaces with a default route, in the order of their metrics."""
    if ctx.options.interface:
        return ()
    links = await ctx.links()
    up = {i.name for i in links.interfaces if i.up and any(ip.version == family for ip in i.addresses)}
    routes = sorted((r for r in links.default_routes if r.family == family), key=lambda r: r.metric)
    found = dict.fromkeys(r.interface for r in routes if r.interface in up and r.interface not in used)
    return tuple(found)[:MAX_UPLINKS]


class _BoundAsker(Asker):
    """A socket that sends by one interface only."""

    def __init__(self, ctx: ProbeContext, family: Family, bell: Bell, interface: str) -> None:
        super().__init__(ctx, family, bell.ring)
        self._interface = interface

    async def __aenter__(self) -> _BoundAsker:
        self._socket = await self._ctx.host.udp.open(self._family, interface=self._interface)
        self._reader = asyncio.get_running_loop().create_task(self._read(self._socket))
        return self


async def _ask_over(ctx: ProbeContext, family: Family, interface: str, targets: dict[Endpoint, str]) -> None:
    """Two relays over one interface; each request that was sent becomes an observation."""
    clock, bell = ctx.host.clock, Bell(ctx)
    began, before = clock.now(), await ctx.host.system.source_drops()
    device = (await ctx.host.system.look()).device(interface)
    strict = None if device is None else device.strict_source
    asked = [target for target in targets if not is_inside(target.ip)][:ASKED_A_WAY] or list(targets)[:ASKED_A_WAY]
    data = {"interface": interface, "driver": "" if device is None else device.driver, "strict_source": strict}
    try:
        async with _BoundAsker(ctx, family, bell, interface) as asker:
            until = min(began + LIMIT_S, ctx.deadline)
            try:
                for wait_until in (began + RETRY_S, until):
                    for target in asked:
                        if not any(r.target == target and not r.is_open for r in asker.requests):
                            asker.ask(target)
                    if await bell.wait(min(wait_until, until), lambda: _all_told(asker.requests, asked)):
                        break
            finally:
                after = await ctx.host.system.source_drops()
                dropped = None if before is None or after is None else after - before
                for request in asker.requests:
                    _record(ctx, family, request, data | {"source_drops": dropped})
    except HostError as error:
        ctx.observe("route.stun", Outcome.LOCAL_ERROR, family=family, error=error.failure.value,
                    summary=f"{interface}: {error.message}", data=data)  # fmt: skip


def _all_told(requests: list[Request], asked: list[Endpoint]) -> bool:
    return all(any(r.target == target and not r.is_open for r in requests) for target in asked)


def _record(ctx: ProbeContext, family: Family, request: Request, data: dict[str, Any]) -> None:
    common: dict[str, Any] = {"target": str(request.target), "family": family, "sent_at": request.sent_at,
                              "bytes_sent": request.size, "packets": 1}  # fmt: skip
    interface = data["interface"]
    if request.failure is not None:
        common |= {"bytes_sent": 0, "packets": 0}
        ctx.observe("route.stun", Outcome.LOCAL_ERROR, error=request.failure.failure.value,
                    summary=f"{interface}: {request.failure.message}", data=data, **common)  # fmt: skip
    elif request.answered_at is not None and request.mapped is not None:
        ctx.observe("route.stun", Outcome.ANSWERED, received_at=request.answered_at, bytes_received=request.answer_size,
                    rtt_ms=round((request.answered_at - request.sent_at) * 1000, 4), source=str(request.target),
                    summary=f"past everything else, by {interface}, it sees {request.mapped}",
                    data=data | {"mapped": str(request.mapped)}, **common)  # fmt: skip
    else:
        outcome = Outcome.ICMP_ERROR if request.error is not None else Outcome.NO_ANSWER
        ctx.observe("route.stun", outcome, summary=f"no answer by {interface}", data=data, **common)
