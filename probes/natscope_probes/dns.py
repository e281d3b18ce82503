"""What the name servers of this computer answer, each asked directly.

Question: do the configured name servers answer, how fast, and rightly?
Method: each server (also those that a stub on this computer asks in turn) gets the same few questions over UDP: the
IPv4 and IPv6 addresses of two relays of the map and of a root server (which has both), a random name under example.com
that cannot exist, and a random name under the first two search domains. Each question is sent up to three times within
1.5 s. Where a mesh VPN's interface is there, its own server 100.100.100.100 is asked for a name that it answers itself.
With the profile full the system's own resolver looks one relay up too, beside them.
RFC 1035; RFC 6761 §6.5 (example.com is resolved like any other name); upstream net/dns/resolver.
Can tell: servers that are silent, fail or refuse; made-up answers for names that do not exist; IPv6 addresses that are
held back; search domains that answer anything; answers that differ between servers or from the map.
Cannot tell: what a server does to other names; whether a public address is the right one where the map has none; what
the system's resolver makes of it, where neither the profile is full nor the map has names that were looked up.
Disturbs: nothing; some 20 small packets to the configured servers and nobody else. They learn the names of two relays.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any

from natscope.host.api import Datagram, Failure, HostError, LinkFacts, ResolverFacts, UdpSocket
from natscope.machines.dns_survey import PATIENCE_S, Asked, DnsSurvey
from natscope.model.address_space import is_shared
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayMap
from natscope.plugins.probe import FULL, QUICK, Budget, Contact, Probe, Scope
from natscope.wire.dns_message import DnsQuestion, RecordType, ResponseCode
from natscope_probes._path_targets import only_elsewhere

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

MAX_SERVERS, MAX_NAMES, MAX_SEARCH = 4, 2, 2
NOWHERE = "example.com"
"""RFC 2606: reserved, and resolved like any other name."""
CONTROL = "a.root-servers.net"
"""It has had both kinds of addresses for as long as anybody remembers, and belongs to no vendor."""
RELAY, ROOT, MISSING, SEARCH, MAGIC = "relay", "root", "missing", "search", "magic"
"""Why a question was asked."""
MAGIC_SERVER = Endpoint(ipaddress.IPv4Address("100.100.100.100"), 53)
MAGIC_NAME = "magicdns.localhost-tailscale-daemon"
"""Upstream net/dns/resolver: answered by the daemon itself, with the server's own address."""
OVERLAY_6 = ipaddress.IPv6Network("fd7a:115c:a1e0::/48")
QUESTION_BYTES = 60
QUESTIONS = MAX_SERVERS * (2 * (MAX_NAMES + 1) + 1 + MAX_SEARCH) + 1


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Who they are is only known once the configuration is read."""
    return (
        Contact(
            host="this computer's name servers",
            port=53,
            protocol="udp",
            packets=3 * QUESTIONS,
            bytes=3 * QUESTIONS * QUESTION_BYTES,
            seconds=PATIENCE_S,
            why="do they answer, and rightly",
        ),
    )


PROBE = Probe(
    name="dns",
    title="name servers",
    profile=QUICK,
    when=only_elsewhere,
    needs=frozenset({"udp", "resolver"}),
    budget=Budget(packets=3 * QUESTIONS, bytes=3 * QUESTIONS * QUESTION_BYTES, seconds=PATIENCE_S),
    contacts=contacts,
    emits=("dns.config", "dns.query", "dns.dropped", "dns.lookup"),
)


async def run(ctx: ProbeContext) -> None:
    """Read the configuration, ask everybody, write down what came back."""
    facts = await ctx.host.resolver.facts()
    links = await ctx.links()
    servers = tuple(s for s in chosen_servers(facts) if s.family in ctx.families)
    magic = MAGIC_SERVER.family in ctx.families and has_overlay(links)
    ctx.observe("dns.config", Outcome.ANSWERED, data=describe(facts, servers, magic=magic))
    random = ctx.host.rng.bytes(8).hex()
    asked = questions(servers, relay_names(ctx.relay_map), f"natscope-{random}", facts.search, magic=magic)
    if not asked:
        return
    survey = DnsSurvey(asked, ctx.host.rng.below, ctx.host.clock.now())
    own = asyncio.ensure_future(_look_up(ctx, relay_names(ctx.relay_map)[:1]))
    try:
        await _ask(ctx, survey)
        await own
    finally:
        own.cancel()
        await asyncio.gather(own, return_exceptions=True)
        _record(ctx, survey)


async def _look_up(ctx: ProbeContext, names: tuple[str, ...]) -> None:
    """As programs do it, by the system's own resolver; only with the profile full, because that is slow to load."""
    for name in names if ctx.options.profile == FULL else ():
        sent_at = ctx.host.clock.now()
        facts: dict[str, Any] = {"target": name, "family": ctx.families[0], "sent_at": sent_at}
        try:
            found = await ctx.host.resolver.addresses(name, ctx.families[0], timeout_s=PATIENCE_S)
        except HostError as error:
            outcome = Outcome.NO_ANSWER if error.failure is Failure.TIMEOUT else Outcome.REFUSED
            ctx.observe("dns.lookup", outcome, error=error.failure.value, summary=error.message, **facts)
            continue
        data = {"addresses": [str(ip) for ip in found]}
        ctx.observe("dns.lookup", Outcome.ANSWERED, received_at=ctx.host.clock.now(), data=data, **facts)


def chosen_servers(facts: ResolverFacts) -> tuple[Endpoint, ...]:
    """Whom this computer asks, and whom its stub asks, each once."""
    return tuple(dict.fromkeys((*facts.servers, *facts.behind)))[:MAX_SERVERS]


def has_overlay(links: LinkFacts) -> bool:
    """Whether the interface of a mesh VPN is there: only then does anybody answer at 100.100.100.100."""
    return any(
        i.up and (i.kind == "tunnel" or i.name.startswith("tailscale")) and (is_shared(ip) or ip in OVERLAY_6)
        for i in links.interfaces
        for ip in i.addresses
    )


def relay_names(relay_map: RelayMap) -> tuple[str, ...]:
    """Names of relays of two regions, in the map's order; a relay that is known by address only has none."""
    names = [_first_name([node.host_name for node in region.nodes]) for region in relay_map.measured_regions()]
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_NAMES]


def _first_name(names: list[str]) -> str:
    return next((name.rstrip(".").lower() for name in names if _is_name(name)), "")


def _is_name(text: str) -> bool:
    labels = text.rstrip(".").split(".")
    return len(labels) > 1 and text.isascii() and not labels[-1].isdigit() and ":" not in text


def questions(
    servers: tuple[Endpoint, ...], names: tuple[str, ...], random: str, search: tuple[str, ...], *, magic: bool
) -> list[Asked]:
    """What everybody is asked. Names that do not fit into the DNS are left out."""
    known = [*((RELAY, name) for name in names), (ROOT, CONTROL)]
    plan = [(why, name, kind) for why, name in known for kind in (RecordType.A, RecordType.AAAA)]
    plan.append((MISSING, f"{random}.{NOWHERE}", RecordType.A))
    plan += [(SEARCH, f"{random}.{domain}", RecordType.A) for domain in search[:MAX_SEARCH]]
    plan = [(why, name, kind) for why, name, kind in plan if _fits(name)]
    asked = [Asked(server, DnsQuestion(name, kind), why) for server in servers for why, name, kind in plan]
    if magic:
        asked.append(Asked(MAGIC_SERVER, DnsQuestion(MAGIC_NAME, RecordType.A), MAGIC))
    return asked


def _fits(name: str) -> bool:
    return len(name) < 250 and name.isascii() and all(0 < len(label) < 64 for label in name.split("."))


def describe(facts: ResolverFacts, servers: tuple[Endpoint, ...], *, magic: bool) -> dict[str, Any]:
    """The configuration as JSON values; `asked` are the servers of this run's families."""
    return {
        "servers": [str(server) for server in facts.servers],
        "behind": [str(server) for server in facts.behind],
        "asked": [str(server) for server in servers],
        "search": list(facts.search),
        "ndots": facts.ndots,
        "source": facts.source,
        "overlay": magic,
    }


async def _ask(ctx: ProbeContext, survey: DnsSurvey) -> None:
    """One socket a family; send what is due until everything is answered or over."""
    sockets: dict[Family, UdpSocket] = {}
    readers: list[asyncio.Task[None]] = []
    bell = asyncio.Event()
    try:
        for family in dict.fromkeys(a.server.family for a in survey.questions):
            try:
                sockets[family] = await ctx.host.udp.open(family, interface=_interface(ctx, survey, family))
            except HostError as error:
                _give_up(survey, family, error)
                continue
            readers.append(asyncio.get_running_loop().create_task(_read(sockets[family], survey, bell)))
        while (until := survey.deadline(ctx.host.clock.now())) is not None:
            for asked, send in survey.due(ctx.host.clock.now()):
                try:
                    sockets[asked.server.family].send(send.data, send.target)
                except HostError as error:
                    survey.failed(asked, error.failure.value)
            bell.clear()
            await _ring(ctx, bell, min(until, ctx.deadline))
            if ctx.host.clock.now() >= ctx.deadline:
                return
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        for socket in sockets.values():
            socket.close()


def _interface(ctx: ProbeContext, survey: DnsSurvey, family: Family) -> str | None:
    """As the user wants; a server on this computer itself is not behind any interface."""
    loopback = any(a.server.ip.is_loopback for a in survey.questions if a.server.family == family)
    return None if loopback else ctx.options.interface or None


def _give_up(survey: DnsSurvey, family: Family, error: HostError) -> None:
    for asked in survey.questions:
        if asked.server.family == family:
            asked.unsent = error.failure.value


async def _ring(ctx: ProbeContext, bell: asyncio.Event, until: float) -> None:
    """Until something arrives, at `until` at the latest."""
    ringing = asyncio.ensure_future(bell.wait())
    sleeping = asyncio.ensure_future(ctx.host.clock.sleep(max(0.0, until - ctx.host.clock.now())))
    try:
        await asyncio.wait((ringing, sleeping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        ringing.cancel()
        sleeping.cancel()
        await asyncio.gather(ringing, sleeping, return_exceptions=True)


async def _read(socket: UdpSocket, survey: DnsSurvey, bell: asyncio.Event) -> None:
    while True:
        try:
            item = await socket.receive()
        except HostError:
            return
        if isinstance(item, Datagram):
            survey.take(item.data, item.source, item.received_at)
        else:
            survey.refuse(item.target, item.words or item.failure.value, item.received_at)
        bell.set()


def _record(ctx: ProbeContext, survey: DnsSurvey) -> None:
    for asked in survey.questions:
        _record_one(ctx, asked)
    if survey.dropped:
        words = ", ".join(f"{count} {why}" for why, count in sorted(survey.dropped.items()))
        ctx.observe("dns.dropped", Outcome.WRONG, summary=f"they answered nothing: {words}", data=survey.dropped)


def _record_one(ctx: ProbeContext, asked: Asked) -> None:
    data: dict[str, Any] = {"name": asked.question.name, "type": RecordType(asked.question.record_type).name}
    data |= {"purpose": asked.purpose, "tries": len(asked.sent_at)}
    fields: dict[str, Any] = {"target": str(asked.server), "family": asked.server.family, "data": data}
    if asked.sent_at:
        fields |= {"sent_at": asked.sent_at[0], "bytes_sent": asked.bytes_sent, "packets": len(asked.sent_at)}
    if asked.answer is not None:
        data |= {"code": asked.answer.code_name, "addresses": [str(ip) for ip in asked.answer.addresses]}
        data |= {"truncated": True} if asked.answer.truncated else {}
        good = asked.answer.code in (ResponseCode.NOERROR, ResponseCode.NXDOMAIN)
        fields |= {"received_at": asked.answered_at, "bytes_received": asked.bytes_received}
        fields |= {"rtt_ms": round((asked.rtt_s or 0.0) * 1000, 4), "error": "" if good else asked.answer.code_name}
        ctx.observe("dns.query", Outcome.ANSWERED if good else Outcome.REFUSED, **fields)
    elif asked.unsent:
        ctx.observe("dns.query", Outcome.LOCAL_ERROR, error=asked.unsent, **fields)
    elif asked.refused_at is not None:
        ctx.observe("dns.query", Outcome.ICMP_ERROR, error="refused", summary=asked.error, **fields)
    elif _was_patient(ctx, asked):
        ctx.observe("dns.query", Outcome.NO_ANSWER, error="timeout", **fields)
    else:
        ctx.observe("dns.query", Outcome.CANCELLED, error="cut", summary="the run was over before", **fields)


def _was_patient(ctx: ProbeContext, asked: Asked) -> bool:
    """Whether it was asked three times and waited for: else the run ended first, and silence says nothing."""
    return len(asked.sent_at) > 1 and ctx.host.clock.now() - asked.sent_at[0] >= PATIENCE_S * 0.9
