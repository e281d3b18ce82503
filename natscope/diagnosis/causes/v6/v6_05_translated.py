"""IPv6 addresses are translated (NAT66).

What it is
    A router puts another IPv6 address in place of this computer's, as is usual for IPv4 only. The reason for
    IPv6, that every computer can be reached at its own address, is gone: peers need what they need behind IPv4
    routers, and may not even try, because they expect no translation.

What we look for
    - relays that see an IPv6 address which this computer does not have.

What would contradict it
    - relays that see this computer's own address.

What to do
    - Give the network a prefix of its own (prefix delegation) and switch the translation off.
    - A VPN or a container network does this too: let the mesh VPN's packets pass beside it.

How to verify
    `natscope netcheck -6` shows this computer's own address as the one that relays see.

Sources
    RFC 6296 (NPTv6), RFC 4864 (what to use instead), RFC 8415 (prefix delegation).
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, is_public, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.report import SeenEndpoint
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-V6-05",
    title="Your IPv6 addresses are translated (NAT66): peers cannot use the address that this computer has.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("administrator", "you"),
    fires=("nat66",),
    silent=("healthy", "ipv6-only", "nat64"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06"),
    fixes=(
        Fix(
            do="Give the network an IPv6 prefix of its own, and switch the translation off.",
            who="administrator",
            effort="E3",
            duration="30 min",
            undo="switch it on again",
            verify="natscope netcheck -6",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """An IPv6 address seen by relays that is not the socket's own."""
    seen = tuple(e for e in facts.endpoints(6) if _is_v6(e.address) and is_public(e.address) and e.local)
    if not seen:
        return unknown("an answer over IPv6 from a relay on the internet")
    foreign = tuple(e for e in seen if e.address != _host(e))
    if not foreign:
        return NOTHING
    cited = ordered(tuple(name for e in foreign for name in e.evidence))
    detail = f"This computer sends from {_host(foreign[0])}, relays see {foreign[0].address}."
    ground = Ground(Strength.DECISIVE, "relays see an address that this computer has not", cited)
    return Support(Tri.YES, (ground,), detail=detail)


def against(facts: Facts) -> Support:
    """The socket's own address, seen by any relay."""
    seen = tuple(e for e in facts.endpoints(6) if _is_v6(e.address))
    own = tuple(e for e in seen if e.address == _host(e))
    if own:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "relays see this computer's address", own[0].evidence),))
    return NOTHING if seen else unknown("an answer over IPv6 from a relay on the internet")


def _is_v6(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == 6
    except ValueError:
        return False


def _host(endpoint: SeenEndpoint) -> str:
    return endpoint.local.rpartition(":")[0].strip("[]").partition("%")[0]
