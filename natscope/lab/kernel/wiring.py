"""Cables, addresses and routes of a lab: the internet in the middle, routers, hosts.

Who stands on the internet has its public addresses without a subnet, on a cable of its own to the core, whose gateway
is 169.254.0.1 and fe80::1 for everybody. Behind a router there is one bridge, `lan`; a router's way out is `wan`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network

from natscope.lab.kernel.netns import BRIDGE_UNFILTERED, Space, add_addresses, cable
from natscope.lab.kernel.nftables import INSIDE, OUTSIDE
from natscope.lab.scenario import Attachment, Site
from natscope.model.endpoint import IPAddress

CORE_4, CORE_6 = "203.0.113.1", "2001:db8::1"
"""The core's own addresses: the source of its ICMP errors."""
GATEWAY_4, GATEWAY_6 = "169.254.0.1", "fe80::1"
DEVICE, DEVICE_OUTSIDE = "tun0", "tun1"
TABLE, TABLE_OUTSIDE = 77, 78
TABLE_CARRIED, PREF_CARRIED = 52, 5270
"""Those of Tailscale's agent."""
TUNNEL_MTU = 1500
FORWARDING: dict[str, str | int] = {
    "net/ipv4/ip_forward": 1,
    "net/ipv6/conf/all/forwarding": 1,
    "net/ipv6/conf/default/forwarding": 1,
    "net/ipv4/icmp_ratelimit": 0,
    "net/ipv6/icmp/ratelimit": 0,
    "net/ipv4/conf/all/send_redirects": 0,
    "net/ipv4/conf/default/send_redirects": 0,
    "net/ipv4/conf/all/accept_local": 1,
    "net/ipv4/conf/default/accept_local": 1,
}
"""`accept_local`: else what a router's process writes from the router's own address vanishes as martian."""


def prepare_core(core: Space) -> None:
    """The middle of everything: forwards, and refuses at once what it does not know."""
    core.sysctl(FORWARDING)
    add_addresses(core, "lo", (f"{CORE_4}/32", f"{CORE_6}/128"))
    core.ip("route add unreachable default")
    core.ip("route add unreachable default metric 4000", option="-6")


def join_core(core: Space, space: Space, device: str, number: int, own: Sequence[IPAddress]) -> str:
    """A cable from the core's next port; the other end gets addresses and default routes. The port's name."""
    port = f"p{number}"
    cable(core, port, space, device)
    add_addresses(core, port, (f"{GATEWAY_4}/32", f"{GATEWAY_6}/64"))
    add_addresses(space, device, [f"{ip}/{ip.max_prefixlen}" for ip in own] + ["fe80::2/64"])
    for family, gateway in ((4, f"{GATEWAY_4} dev {device} onlink"), (6, f"{GATEWAY_6} dev {device}")):
        first = next((ip for ip in own if ip.version == family), None)
        if first is not None:
            space.ip(f"route add default via {gateway} src {first}")
            core.ip(*(f"route add {ip} dev {port} src {_core(family)}" for ip in own if ip.version == family))
    return port


def join_lan(router: Space, space: Space, device: str, number: int, site: Site, at: Attachment, metric: int) -> None:
    """A cable to a router's bridge, with addresses and default routes of that site."""
    port = f"l{number}"
    cable(router, port, space, device)
    router.ip(f"link set {port} master {INSIDE}")
    if at.ipv4 is not None:
        width = 32 if site.lan is None else site.lan.prefixlen
        add_addresses(space, device, [f"{at.ipv4}/{width}"])
        space.ip(f"route add default via {site.gateway} dev {device} onlink metric {metric}")
        if site.lan is None:
            router.ip(f"route add {at.ipv4} dev {INSIDE}")
    if at.ipv6 is not None:
        add_addresses(space, device, [f"{at.ipv6}/64", f"fe80::{number + 2:x}/64"])
        space.ip(f"route add default via {GATEWAY_6} dev {device} metric {metric}")


def carried(device: str, networks: Iterable[IPv4Network]) -> list[str]:
    """Commands for a tunnel that takes some networks before the main table is asked, as mesh VPNs route."""
    routes = [f"route add {network} dev {device} table {TABLE_CARRIED}" for network in networks]
    return [*routes, f"rule add pref {PREF_CARRIED} lookup {TABLE_CARRIED}"]


def prepare_router(space: Space, site: Site) -> int | None:
    """Forwarding, and the bridge with the gateway's addresses; of a tunnel a TUN device, and its descriptor."""
    space.sysctl(FORWARDING | BRIDGE_UNFILTERED)
    tunnel = None
    if site.tunnel:
        tunnel = space.tun(INSIDE)
        space.ip(f"link set {INSIDE} mtu {TUNNEL_MTU}")
    else:
        space.ip(
            f"link add name {INSIDE} type bridge mcast_snooping 0", f"link set {INSIDE} addrgenmode none",
            f"link set {INSIDE} up",
        )  # fmt: skip
        if site.hardware:
            space.ip(f"link set {INSIDE} address {site.hardware}:00:00:01")
    width = 32 if site.lan is None else site.lan.prefixlen
    own = [f"{site.gateway}/{width}"]
    if site.gateway_6 is not None:
        own += [f"{site.gateway_6}/64", f"{GATEWAY_6}/64"]
    add_addresses(space, INSIDE, own)
    return tunnel


def route_down(above: Space, prefixes: Iterable[IPAddress | IPv6Network], via: str, device: str, source: str) -> None:
    """The way to what lies behind a router, one of `above`'s neighbours. `source` is for its own errors, if given."""
    tail = f" src {source}" if source else ""
    above.ip(*(f"route add {p} via {via} dev {device} onlink{tail}" for p in prefixes))


def divert(space: Space, own: Sequence[IPAddress], behind: Sequence[str]) -> tuple[int, int]:
    """Send what a router forwards through its process: the descriptors of its TUN devices for inside and outside.

    What is for its public addresses (`own`) goes there before the table of local addresses sees it, but for ARP and
    neighbour discovery: those are no UDP, TCP or ICMP, or are not sent to that address. `behind`: prefixes of hosts
    with addresses of their own. Everything that enters at `lan` and is not for the router itself goes there too.
    """
    inside, outside = space.tun(DEVICE), space.tun(DEVICE_OUTSIDE)
    for icmp, family in (("icmp", 4), ("ipv6-icmp", 6)):
        lines = [f"route add default dev {DEVICE} table {TABLE}",
                 f"route add default dev {DEVICE_OUTSIDE} table {TABLE_OUTSIDE}",
                 "rule add pref 100 lookup local", "rule del pref 0",
                 f"rule add pref 200 iif {INSIDE} lookup {TABLE}"]  # fmt: skip
        public = [str(ip) for ip in own if ip.version == family]
        hosts = [text for text in behind if (":" in text) == (family == 6)]
        lines += [line for ip in public for line in public_rules(ip, icmp)]
        lines += [f"rule add pref 10 iif {OUTSIDE} to {to} ipproto {proto} lookup {TABLE_OUTSIDE}"
                  for to in hosts for proto in ("udp", "tcp", icmp)]  # fmt: skip
        space.ip(*lines, option=f"-{family}")
    return inside, outside


def public_rules(ip: str, icmp: str) -> list[str]:
    """What is for a router's public address goes to its process, but for ARP and neighbour discovery."""
    tables = ((INSIDE, TABLE), (OUTSIDE, TABLE_OUTSIDE))
    return [
        f"rule add pref 10 iif {device} to {ip} ipproto {proto} lookup {table}"
        for proto in ("udp", "tcp", icmp)
        for device, table in tables
    ]


def divert_core(core: Space, ports: Sequence[str]) -> int:
    """Send all that the core forwards through its process; the descriptor of the TUN device."""
    device = core.tun(DEVICE)
    lines = [f"route add default dev {DEVICE} table {TABLE}"]
    lines += [f"rule add pref 10 iif {port} lookup {TABLE}" for port in ports]
    for option in ("-4", "-6"):
        core.ip(*lines, option=option)
    return device


def _core(family: int) -> str:
    return CORE_4 if family == 4 else CORE_6
