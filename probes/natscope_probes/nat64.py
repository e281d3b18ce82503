"""Whether names lead to IPv4 by IPv6 addresses: NAT64 with DNS64.

Question: does this network translate IPv6 to IPv4, and by which prefix?
Method: one look-up of `ipv4only.arpa` for IPv6 by the system's own resolver. The name has IPv4 addresses only, so an
IPv6 answer was made up by a DNS64, and its prefix is what stands around the two known addresses (RFC 7050, RFC 6052).
Can tell: that a DNS64 answers, with its prefixes.
Cannot tell: prefixes that the network announces elsewhere (RFC 8781), and whether packets really pass.
Disturbs: nothing; one question to the configured name server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Family
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope.wire.nat64 import ONLY_V4, prefix_of
from natscope_probes import _path_targets as targets

if TYPE_CHECKING:
    from natscope.host.api import LinkFacts
    from natscope.plugins.probe_context import ProbeContext

LIMIT_S = 1.0
FAMILY: Family = 6


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The system's name server, where this computer has IPv6."""
    if not targets.leaves_this_computer(scope):
        return ()
    return (
        Contact(
            host="the name server of this system",
            port=53,
            protocol="dns",
            packets=2,
            bytes=100,
            seconds=LIMIT_S,
            why=f"the IPv6 address of {ONLY_V4}",
            always=False,
        ),
    )


PROBE = Probe(
    name="nat64",
    title="IPv4 by IPv6 (NAT64)",
    families=(FAMILY,),
    when=targets.only_elsewhere,
    needs=frozenset({"resolver"}),
    budget=Budget(packets=2, bytes=100, seconds=LIMIT_S),
    contacts=contacts,
    emits=("nat64.prefix",),
)
_NO_SUCH = (Failure.NAME_NO_ADDRESS, Failure.NAME_NOT_FOUND)


async def run(ctx: ProbeContext) -> None:
    """Ask, where there is an IPv6 address that could be used."""
    if not _has_ipv6(await ctx.links()):
        return
    sent_at = ctx.host.clock.now()
    limit_s = max(0.05, min(LIMIT_S, ctx.deadline - sent_at))
    try:
        found = await ctx.host.resolver.addresses(ONLY_V4, FAMILY, timeout_s=limit_s)
    except HostError as error:
        outcome = Outcome.REFUSED if error.failure in _NO_SUCH else Outcome.NO_ANSWER
        ctx.observe(
            "nat64.prefix", outcome, target=ONLY_V4, family=FAMILY, error=error.failure.value, summary=error.message,
            sent_at=sent_at, received_at=ctx.host.clock.now() if outcome is Outcome.REFUSED else None,
        )  # fmt: skip
        return
    prefixes = dict.fromkeys(str(prefix) for ip in found if (prefix := prefix_of(ip)) is not None)
    ctx.observe(
        "nat64.prefix", Outcome.ANSWERED if prefixes else Outcome.WRONG, target=ONLY_V4, family=FAMILY,
        sent_at=sent_at, received_at=ctx.host.clock.now(), data={"prefixes": list(prefixes)},
        summary="" if prefixes else "the answer holds none of the known addresses",
    )  # fmt: skip


def _has_ipv6(links: LinkFacts) -> bool:
    usable = (ip for i in links.interfaces if i.up and i.kind != "loopback" for ip in i.addresses if ip.version == 6)
    return any(not ip.is_link_local for ip in usable)
