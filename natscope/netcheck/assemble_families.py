"""IPv4 and IPv6 of this host: support, addresses, public endpoints, and whether packets come back."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.host.api import LinkFacts
from natscope.model.address_space import is_inside, is_private
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.report import FamilyReport, SeenEndpoint
from natscope.model.tri import Tri
from natscope.netcheck.assemble_reach import came_back, host_of
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.plan import usable_addresses

WORKS, ABSENT, LINK_LOCAL, BROKEN, UNKNOWN = "works", "absent", "link-local-only", "broken", "unknown"
_WAYS = {"stun.binding": "UDP", "https.latency": "TCP", "icmp.echo": "ICMP"}
_SILENT = (Outcome.NO_ANSWER, Outcome.ICMP_ERROR)


def family_report(
    family: Family, links: LinkFacts | None, observations: Sequence[Observation], options: NetcheckOptions
) -> FamilyReport:
    """One family."""
    mine = [o for o in observations if o.family == family and o.kind in _WAYS]
    works, state, reason = _judge(family, links, mine, observations, options)
    return FamilyReport(
        os_support=_os_support(family, links, observations, mine),
        works=works,
        state=state,
        reason=reason,
        endpoints=endpoints(family, observations),
        local=_local(family, links),
        evidence=_evidence(works, mine, observations) or tuple(o.id for o in _looks(family, observations)),
    )


def endpoints(family: Family, observations: Sequence[Observation]) -> tuple[SeenEndpoint, ...]:
    """Our addresses as relays saw them, in order of the first answer that told them."""
    seen: dict[tuple[str, str], list[Observation]] = {}
    for observation in observations:
        if is_mapped(observation, family):
            seen.setdefault((observation.data["mapped"], observation.socket), []).append(observation)
    return tuple(_endpoint(mapped, local, group) for (mapped, local), group in seen.items())


def is_mapped(observation: Observation, family: Family) -> bool:
    """Whether it is an answered STUN request over that family that tells our address."""
    return (
        observation.kind == "stun.binding"
        and observation.outcome is Outcome.ANSWERED
        and observation.family == family
        and "mapped" in observation.data
    )


def only_inside(observations: Sequence[Observation], family: Family) -> bool:
    """Whether all answers came from inside and saw our inside address: nothing of the way out was crossed."""
    answers = [o for o in observations if is_mapped(o, family)]
    return bool(answers) and all(
        o.data["mapped"] == o.socket
        and is_inside(Endpoint.parse(o.socket).ip)
        and is_inside(Endpoint.parse(o.target).ip)
        for o in answers
    )


def _endpoint(mapped: str, local: str, group: Sequence[Observation]) -> SeenEndpoint:
    endpoint = Endpoint.parse(mapped)
    regions = {o.region_id for o in group if o.region_id is not None}
    return SeenEndpoint(
        address=str(endpoint.ip),
        port=endpoint.port,
        seen_by=tuple(sorted(regions)),
        local=local,
        evidence=tuple(o.id for o in group),
    )


def _os_support(
    family: Family, links: LinkFacts | None, observations: Sequence[Observation], mine: Sequence[Observation]
) -> Tri:
    """An answer is yes; else what the system's tables say. A switched off family still gives sockets."""
    if any(o.outcome is Outcome.ANSWERED for o in mine):
        return Tri.YES
    told = None if links is None else links.os_ipv4 if family == 4 else links.os_ipv6
    if told is not None:
        return Tri.of(told)
    opened = any(o.kind == "udp.socket" and o.family == family and o.outcome is Outcome.ANSWERED for o in observations)
    return Tri.YES if opened else Tri.UNKNOWN


def _local(family: Family, links: LinkFacts | None) -> tuple[str, ...]:
    return () if links is None else tuple(str(ip) for ip in usable_addresses(links, family))


def _judge(
    family: Family,
    links: LinkFacts | None,
    mine: Sequence[Observation],
    everything: Sequence[Observation],
    options: NetcheckOptions,
) -> tuple[Tri, str, str]:
    """Whether it works, the state, and the reason: an answer is yes; no needs a missing precondition or a control."""
    if any(o.outcome is Outcome.ANSWERED for o in mine):
        return Tri.YES, WORKS, ""
    if any(came_back(o) for o in mine):
        return Tri.YES, WORKS, "a relay answered over TCP, though not as it should"
    if _looks(family, everything):
        return Tri.YES, WORKS, "relays answered over TCP only"
    if family not in options.families:
        return Tri.UNKNOWN, UNKNOWN, f"switched off by a flag; without it IPv{family} is tried"
    missing = _missing(family, links)
    if missing is not None:
        return Tri.NO, *missing
    refused = next((o for o in everything if o.kind == "udp.socket" and o.family == family and o.error), None)
    if refused is not None:
        return Tri.UNKNOWN, UNKNOWN, f"no socket: {refused.summary or refused.error}"
    if not mine:
        return Tri.UNKNOWN, UNKNOWN, f"no relay of the map could be asked over IPv{family}"
    return _silence(family, mine, everything)


def _looks(family: Family, everything: Sequence[Observation]) -> list[Observation]:
    """Relays that spoke when they were looked at one by one; these count where nothing else came back."""
    return [o for o in everything if o.kind == "relay.check" and o.family == family and came_back(o)]


def _missing(family: Family, links: LinkFacts | None) -> tuple[str, str] | None:
    """State and reason when this host lacks what the family needs."""
    if links is None or not links.interfaces:
        return None
    if (links.os_ipv4 if family == 4 else links.os_ipv6) is False:
        return ABSENT, f"this system has no IPv{family}"
    usable = [ip for ip in usable_addresses(links, family) if _reaches_out(ip)]
    if not usable:
        if _has_link_local(family, links):
            return LINK_LOCAL, f"this host has only link-local IPv{family} addresses"
        return (
            ABSENT,
            f"this host has no global IPv{family} address" if family == 6 else "this host has no IPv4 address",
        )
    if links.routes_known and not any(route.family == family for route in links.default_routes):
        if all(is_private(ip) for ip in usable) and family == 6:
            return ABSENT, "this host has only unique local IPv6 addresses, and no route out"
        return BROKEN, f"there is an IPv{family} address, but no default route"
    return None


def _reaches_out(ip: IPAddress) -> bool:
    return not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified)


def _has_link_local(family: Family, links: LinkFacts) -> bool:
    return any(ip.is_link_local and ip.version == family for i in links.interfaces if i.up for ip in i.addresses)


def _silence(family: Family, mine: Sequence[Observation], everything: Sequence[Observation]) -> tuple[Tri, str, str]:
    if any(o.kind == "https.latency" and o.outcome is Outcome.REFUSED for o in mine):
        words = "a connection was refused, by a relay or by a firewall in its place; nothing else came back"
        return Tri.UNKNOWN, UNKNOWN, f"{words} over IPv{family}"
    sent = [o for o in mine if o.outcome in _SILENT]
    if not sent:
        words = mine[0].summary or mine[0].error or "the run was interrupted"
        if all(o.outcome is Outcome.LOCAL_ERROR and o.error == "network-unreachable" for o in mine):
            return Tri.NO, BROKEN, f"this host has no route for IPv{family}"
        return Tri.UNKNOWN, UNKNOWN, f"nothing could be sent: {words}"
    return _beside_the_other(family, sent, everything)


def _beside_the_other(
    family: Family, sent: Sequence[Observation], everything: Sequence[Observation]
) -> tuple[Tri, str, str]:
    """Silence is no beside the other family's answer; for IPv4 only if TCP or ICMP was silent too.

    A control goes the same way: an answer over TCP is none for the silence of a network that drops UDP.
    """
    other = 6 if family == 4 else 4
    asked = {o.kind for o in sent}
    ways = [kind for kind in _WAYS if kind in asked]
    answered = {o.kind for o in everything if o.family == other and o.outcome is Outcome.ANSWERED}
    controls = [kind for kind in ways if kind in answered]
    hosts = len({host_of(o) for o in sent})
    who = f"none of {hosts} relays" if hosts > 1 else "no relay"
    silence = f"{who} answered over IPv{family} ({_named(ways)})"
    if not controls:
        return Tri.UNKNOWN, UNKNOWN, f"{silence}, nor the same way over IPv{other}"
    if family == 4 and ways == ["stun.binding"]:
        return Tri.UNKNOWN, UNKNOWN, f"{silence}, while IPv{other} was answered; nothing but UDP was tried"
    return Tri.NO, BROKEN, f"{silence}, while IPv{other} was answered ({_named(controls)})"


def _named(kinds: Sequence[str]) -> str:
    """`over UDP and TCP`."""
    return "over " + " and ".join(_WAYS[kind] for kind in kinds)


def _evidence(works: Tri, mine: Sequence[Observation], everything: Sequence[Observation]) -> tuple[str, ...]:
    """What the judgement rests on: answers, or the silence and the look at the interfaces."""
    if works is Tri.YES:
        return tuple(o.id for o in mine if o.outcome is Outcome.ANSWERED or came_back(o))
    links = [o.id for o in everything if o.kind == "host.links" and o.outcome is Outcome.ANSWERED]
    return tuple(o.id for o in mine) + tuple(links)
