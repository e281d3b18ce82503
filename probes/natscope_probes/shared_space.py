"""What of this computer's network lies inside 100.64.0.0/10, and what a rule here does to it.

Question: do addresses, gateways, routes or name servers use the range that mesh VPNs use too (RFC 6598), and do rules
drop what comes from there?
Method: one look at interfaces, routes of all tables and name servers; the cloud's own services by what the firmware
says. Where a rule drops the range and something in it is used: one ICMP echo request to at most two of those (gateway,
name server), and the rules' counters since the run began.
Can tell: what collides, and that a rule has eaten an answer, by its counter.
Cannot tell: services that nothing here points to, of other clouds than Alibaba, Huawei and Open Telekom Cloud; counters
without root.
Disturbs: nothing; at most two packets, to this network's own gateway and name server.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

import msgspec

from natscope.host.api import HostError
from natscope.host.shared_space import is_meant, overlays, shared_uses
from natscope.model.endpoint import IPAddress
from natscope.model.observation import Outcome
from natscope.plugins.probe import QUICK, Budget, Contact, Probe, Scope
from natscope_probes.host_firewall import LIMIT_S as READ_S
from natscope_probes.host_firewall import read, shared_drops

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

ECHO_S = 0.3
MAX_ASKED = 2
ECHO_BYTES = 16


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """This network's own gateway or name server, only where a rule drops what they say."""
    return (
        Contact(
            host="the gateway and name server",
            port=None, protocol="icmp", packets=MAX_ASKED, bytes=MAX_ASKED * ECHO_BYTES, seconds=ECHO_S,
            why="does a rule of this computer eat their answers", always=False,
        ),
    )  # fmt: skip


PROBE = Probe(
    name="shared_space",
    title="100.64.0.0/10 around this computer",
    profile=QUICK,
    families=(4,),
    after=("host_firewall",),
    needs=frozenset({"links", "resolver", "icmp", "system"}),
    budget=Budget(packets=MAX_ASKED, bytes=MAX_ASKED * ECHO_BYTES, seconds=ECHO_S + READ_S),
    contacts=contacts,
    emits=("host.shared", "host.eaten"),
    relays=False,
)


async def run(ctx: ProbeContext) -> None:
    """Look; where it matters, ask and compare counters."""
    links, facts = await ctx.links(), await ctx.host.system.look()
    names = await ctx.host.resolver.facts()
    uses = [msgspec.structs.asdict(use) for use in shared_uses(links, facts, names)]
    ctx.observe(
        "host.shared",
        Outcome.ANSWERED,
        family=4,
        summary=f"{len(uses)} uses of 100.64.0.0/10" if uses else "nothing of 100.64.0.0/10",
        data={"uses": uses, "overlay": sorted(overlays(facts)), "unread": {k: v for k, v in facts.unread.items()
              if k in ("devices", "routes")}, "resolver_known": bool(names.source)},
    )  # fmt: skip
    firewall = next(iter(ctx.observations("host.firewall")), None)
    rules: list[dict[str, Any]] = firewall.data.get("shared", []) if firewall is not None else []
    near = dict.fromkeys(use["ip"] for use in uses if use["what"] in ("gateway", "name server"))
    asked = [ip for ip in near if any(is_meant(rule.get("parts"), ip) for rule in rules)][:MAX_ASKED]
    if asked:
        await _what_is_eaten(ctx, rules, [ipaddress.ip_address(text) for text in asked])


async def _what_is_eaten(ctx: ProbeContext, before: list[dict[str, Any]], asked: list[IPAddress]) -> None:
    """An echo request to each, then the counters again."""
    answers: dict[str, str] = {}
    sent = 0
    for ip in asked:
        limit_s = min(ECHO_S, ctx.deadline - ctx.host.clock.now())
        if limit_s <= 0.02:
            break
        sent += 1
        try:
            await ctx.host.icmp.echo(ip, payload=b"natscope", timeout_s=limit_s)
            answers[str(ip)] = "answered"
        except HostError as error:
            answers[str(ip)] = error.failure.value
    after = {(r["place"], r["rule"]): r["packets"] for r in shared_drops(await read(ctx), await ctx.links())}
    rules = [r | {"after": after.get((r["place"], r["rule"]))} for r in before]
    grown = [
        r for r in rules if isinstance(r["packets"], int) and isinstance(r["after"], int) and r["after"] > r["packets"]
    ]
    ctx.observe(
        "host.eaten",
        Outcome.WRONG if grown else Outcome.ANSWERED,
        family=4,
        packets=sent,
        bytes_sent=sent * ECHO_BYTES,
        summary=f"{len(grown)} rules dropped something meanwhile" if grown else "no rule dropped anything meanwhile",
        data={"answers": answers, "rules": rules, "grown": grown},
    )
