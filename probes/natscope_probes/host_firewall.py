"""The rules of this computer's own packet filter, as far as this user may read them.

Question: which rule here would drop an unasked packet to the mesh agent's port, an answer, or what comes from
100.64.0.0/10?
Method: the rules are read by the system's own tools (`nft -j list ruleset`, `iptables-save -c`, the older tables too)
and walked for packets that are only thought of: nft(8), iptables(8). Nothing is sent, nothing is changed.
Can tell: the rule that decides, with its counter; that nothing would drop it.
Cannot tell: anything without root; what a rule does that looks at marks, sets of programs or rates.
Disturbs: nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from natscope.host.api import LinkFacts
from natscope.host.system_api import FirewallFacts
from natscope.machines.packet_filter import Asked, droppers, judge
from natscope.model.address_space import SHARED, is_shared
from natscope.model.endpoint import IPAddress
from natscope.model.observation import Outcome
from natscope.model.packet_filter import Chain, Rule, RuleSet
from natscope.plugins.probe import QUICK, Probe

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

LIMIT_S = 2.0
"""Usually some hundredths; a busy computer starts a tool late."""
CLOSING_S = 0.1
AGENT_PORT = 41641
"""What Tailscale's agent listens on unless told otherwise (ipn/ipnlocal, wgengine)."""
PROBE = Probe(
    name="host_firewall",
    title="this computer's own firewall",
    profile=QUICK,
    needs=frozenset({"links", "system"}),
    emits=("host.firewall",),
    relays=False,
)
_STRANGERS: dict[int, IPAddress] = {4: ipaddress.IPv4Address("192.0.2.77"), 6: ipaddress.IPv6Address("2001:db8::77")}
"""Thought of only, never sent to (RFC 5737, RFC 3849)."""
_NOBODY = ipaddress.IPv4Address("192.0.2.1")
"""Stands for this computer where it has no way out."""


async def run(ctx: ProbeContext) -> None:
    """Read, walk, and write down."""
    facts = await read(ctx)
    if facts.rules is None:
        ctx.observe("host.firewall", Outcome.LOCAL_ERROR, error="unread", summary=facts.reason,
                    data={"reason": facts.reason, "hint": facts.hint})  # fmt: skip
        return
    judged = [told async for told in _judged(ctx, facts.rules)]
    ctx.observe(
        "host.firewall",
        Outcome.ANSWERED,
        summary=f"{facts.rules.rules} rules were read",
        data={
            "rules": facts.rules.rules,
            "engines": sorted({chain.engine for chain in facts.rules.chains}),
            "partly": facts.partly,
            "judged": judged,
            "shared": list(shared_drops(facts, await ctx.links())),
        },
    )


async def read(ctx: ProbeContext) -> FirewallFacts:
    """The rules as they are now, before the run ends."""
    remaining_s = ctx.deadline - ctx.host.clock.now() - CLOSING_S
    return await ctx.host.system.firewall(timeout_s=max(0.01, min(LIMIT_S, remaining_s)))


def shared_drops(facts: FirewallFacts, links: LinkFacts) -> Iterator[dict[str, Any]]:
    """Rules that drop an answer from 100.64.0.0/10, or from a part of it, that comes in by a way out of this computer.

    `parts`: the prefixes that such a rule names, only where it is not the whole range.
    """
    if facts.rules is None:
        return
    for chain, rule, parts in droppers(facts.rules, "input", SHARED, _arrivals(links)):
        yield told(chain, rule) | ({} if SHARED in parts else {"parts": [str(part) for part in parts]})


def _arrivals(links: LinkFacts) -> Iterator[Asked]:
    """An answer by each interface with an IPv4 default route to each of its addresses; the overlay's own ones not."""
    ways = {route.interface for route in links.default_routes if route.family == 4}
    own = [
        (i.name, ip)
        for i in links.interfaces
        if i.name in ways and not (i.kind == "tunnel" and any(map(is_shared, i.addresses)))
        for ip in i.addresses
        if ip.version == 4
    ]
    for name, ip in own or [("", _NOBODY)]:
        yield Asked(source=ip, destination=ip, sport=53, dport=50_000, iif=name, state="established")


async def _judged(ctx: ProbeContext, rules: RuleSet) -> AsyncIterator[dict[str, Any]]:
    """An unasked packet and an answer, for each family that has a default route."""
    links = await ctx.links()
    for family in ctx.families:
        route = min((r for r in links.default_routes if r.family == family), key=lambda r: r.metric, default=None)
        if route is None:
            continue
        own = next((ip for i in links.interfaces if i.name == route.interface for ip in i.addresses
                    if ip.version == family and not ip.is_link_local), None)  # fmt: skip
        if own is None:
            continue
        stranger = _STRANGERS[family]
        unasked = Asked(source=stranger, destination=own, sport=40_000, dport=AGENT_PORT, iif=route.interface)
        answer = Asked(source=stranger, destination=own, sport=3478, dport=50_000, iif=route.interface,
                       state="established")  # fmt: skip
        for what, packet in (("unasked", unasked), ("answer", answer)):
            found = judge(rules, "input", packet)
            yield {"what": what, "family": family, "interface": route.interface, "verdict": found.verdict} | (
                told(found.chain, found.rule) if found.chain is not None else {}
            )


def told(chain: Chain, rule: Rule | None) -> dict[str, Any]:
    """A rule, or a chain's policy, as JSON values."""
    if rule is None:
        return {"place": chain.place, "rule": f"policy {chain.policy}", "packets": None}
    return {"place": chain.place, "rule": rule.text, "packets": rule.packets}
