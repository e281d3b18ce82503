"""The addresses of a node: the map's literals, else all that its name has, each of which must be the same relay."""

from __future__ import annotations

import asyncio

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Family, IPAddress
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.plugins.stun_plan import stun_literal
from natscope.relay_check.watch import OUTCOMES, Watch, whereabouts

LOOKUP_S = 3.0
MAX_ADDRESSES = 3
"""Of one family; more would be a farm, and two tell already that they differ."""


async def addresses_of(watch: Watch, node: RelayNode) -> tuple[IPAddress, ...]:
    """Where relay clients connect to, IPv4 first; every look-up is written down, and what leads nowhere from here."""
    families: tuple[Family, ...] = (4, 6)
    wanted = [family for family in families if family in watch.options.families and node.may_have(family)]
    found = await asyncio.gather(*(_of_family(watch, node, family) for family in wanted))
    return tuple(ip for some in found for ip in some)


def stun_addresses(node: RelayNode, found: tuple[IPAddress, ...], families: tuple[int, ...]) -> tuple[IPAddress, ...]:
    """Where its STUN port is asked: one address for each of the families that are wanted."""
    chosen: list[IPAddress] = []
    both: tuple[Family, ...] = (4, 6)
    for family in (family for family in both if family in families):
        literal = stun_literal(node, family)
        first = next((ip for ip in found if ip.version == family), None)
        if literal is not None:
            chosen.append(literal)
        elif first is not None and not node.stun_test_ip:
            chosen.append(first)
    return tuple(chosen)


async def _of_family(watch: Watch, node: RelayNode, family: Family) -> tuple[IPAddress, ...]:
    given = node.given(family)
    if given is None and node.host_address is not None:
        return ()  # an address has no address of the other family
    found = (given,) if given is not None else await _look_up(watch, node, family)
    kept = []
    for ip in found[:MAX_ADDRESSES]:
        if await watch.host.links.source_for(ip) is None:
            words = f"this computer has no way to IPv{family} addresses"
            facts = {**whereabouts(node), "family": family, "target": str(ip)}
            watch.observe("derp.no-way", Outcome.LOCAL_ERROR, error="no-route", summary=words, **facts)
        else:
            kept.append(ip)
    return tuple(kept)


async def _look_up(watch: Watch, node: RelayNode, family: Family) -> tuple[IPAddress, ...]:
    facts = {**whereabouts(node), "target": node.host_name, "family": family, "sent_at": watch.now()}
    try:
        answer = await watch.host.resolver.addresses(node.host_name, family, timeout_s=watch.limit(LOOKUP_S))
    except HostError as error:
        outcome = OUTCOMES.get(error.failure, Outcome.REFUSED)
        if error.failure is Failure.NAME_SERVER_FAILED:
            outcome = Outcome.NO_ANSWER
        watch.observe("dns.lookup", outcome, error=error.failure.value, summary=error.message, **facts)
        return ()
    data = {"addresses": [str(ip) for ip in answer]}
    watch.observe("dns.lookup", Outcome.ANSWERED, received_at=watch.now(), data=data, **facts)
    return tuple(dict.fromkeys(answer))
