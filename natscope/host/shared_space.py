"""What of a computer's network lies inside 100.64.0.0/10 (RFC 6598), the overlay itself left out. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import msgspec

from natscope.host.api import LinkFacts, ResolverFacts
from natscope.host.system_api import SystemFacts
from natscope.model.address_space import SHARED, is_shared

_OVERLAY_DRIVERS = frozenset({"tun", "wireguard"})
MAGIC_DNS = ipaddress.IPv4Address("100.100.100.100")
"""Where Tailscale's agent answers questions for names of its network."""
_CLOUD_SERVICES = {
    "Alibaba Cloud": (("metadata service", "100.100.100.200"), ("name server", "100.100.2.136"),
                      ("package mirror", "100.100.2.148"), ("load balancers", "100.64.0.0/10")),
    "Huawei Cloud": (("load balancers", "100.125.0.0/16"),),
    "Open Telekom Cloud": (("load balancers", "100.125.0.0/16"),),
}  # fmt: skip
"""Services of clouds inside the range, by their own documentation; nobody is asked.

Requests and health checks of load balancers come from there: Alibaba Cloud, "FAQ about backend servers" (CLB); Huawei
Cloud and Open Telekom Cloud, "Security Group Rules" (elb_ug_hd_0002). Huawei's name servers lie there too, but differ
by region. Volcano Engine has its metadata service at 100.96.0.96, but no name of its firmware is documented.
"""


class SharedUse(msgspec.Struct, frozen=True):
    """`what`: address, gateway, route, name server or cloud service; `ip` an address or prefix; `text` for people."""

    what: str
    ip: str
    text: str


def overlays(facts: SystemFacts) -> frozenset[str]:
    """Interfaces that are the overlay itself: tunnels with an address of the range."""
    return frozenset(
        d.name for d in facts.devices if d.driver in _OVERLAY_DRIVERS and any(_in_range(a) for a in d.addresses)
    )


def shared_uses(links: LinkFacts, facts: SystemFacts, names: ResolverFacts) -> Iterator[SharedUse]:
    """Everything in the range but the overlay."""
    overlay = overlays(facts)
    for interface in links.interfaces:
        if interface.up and interface.name not in overlay:
            for ip in interface.addresses:
                if is_shared(ip):
                    yield SharedUse("address", str(ip), f"{ip} on {interface.name}")
    for route in links.default_routes:
        if route.interface not in overlay and route.gateway is not None and is_shared(route.gateway):
            yield SharedUse("gateway", str(route.gateway), f"gateway {route.gateway}")
    for way in facts.routes:
        if way.interface not in overlay and _overlaps(way.destination):
            told = f"route to {way.destination}" + (f" by {way.interface}" if way.interface else f" ({way.kind})")
            yield SharedUse("route", way.destination, told)
    for server in (*names.servers, *names.behind):
        if is_shared(server.ip) and not (overlay and server.ip == MAGIC_DNS):
            yield SharedUse("name server", str(server.ip), f"name server {server.ip}")
    for what, text in _CLOUD_SERVICES.get(facts.cloud or "", ()):
        yield SharedUse("cloud service", text, f"{facts.cloud}'s {what} {text}")


def is_meant(parts: object, ip: str) -> bool:
    """Whether a rule that drops `parts` of the range, None for all of it, is about that address or prefix."""
    if not isinstance(parts, list | tuple):
        return True
    try:
        asked = ipaddress.IPv4Network(ip)
        return any(ipaddress.IPv4Network(str(part)).overlaps(asked) for part in parts)
    except ValueError:
        return False


def _in_range(text: str) -> bool:
    try:
        return is_shared(ipaddress.ip_address(text))
    except ValueError:
        return False


def _overlaps(prefix: str) -> bool:
    """Whether a route is about the range: inside it, or not much wider."""
    try:
        network = ipaddress.ip_network(prefix)
    except ValueError:
        return False
    return isinstance(network, ipaddress.IPv4Network) and network.prefixlen >= 8 and network.overlaps(SHARED)
