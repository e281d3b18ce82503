"""Which routers may be asked to open a port: the private gateways of default routes, tunnels left out.

A VPN, a proxy that takes the default route, or the overlay itself is no router of ours: what it opened would not lead
here, and what we sent would leave the network. Upstream asks private gateways only (net/netmon), and so do we.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from natscope.model.address_space import is_private, is_shared
from natscope.model.endpoint import Family, IPAddress

TUNNEL_NAMES = (
    "tailscale", "tun", "tap", "utun", "wg", "ipsec", "ppp", "zt", "nordlynx", "proton", "mullvad", "meta", "clash",
    "singbox", "sing-box", "gpd", "vti", "xfrm", "docker", "kube", "cni", "veth",
)  # fmt: skip
"""Beginnings of interface names that lead to no router of this network."""
TUNNEL_KIND = "tunnel"
MAX_GATEWAYS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """A default route: its interface, that interface's kind and own address, and the gateway, all of one family."""

    interface: str
    kind: str
    own: IPAddress | None
    gateway: IPAddress | None
    metric: int = 0

    @property
    def family(self) -> Family:
        """Of the gateway, else of the own address."""
        ip = self.gateway if self.gateway is not None else self.own
        return 6 if ip is not None and ip.version == 6 else 4


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a way's gateway is asked; `reason` says why not."""

    way: Way
    reason: str = ""

    @property
    def is_asked(self) -> bool:
        """Nothing speaks against it."""
        return not self.reason


def choose(ways: Iterable[Way], only_interface: str = "") -> tuple[Choice, ...]:
    """Judge every way, the preferred route first; a gateway on two routes is asked once."""
    found: list[Choice] = []
    asked: set[tuple[str, IPAddress]] = set()
    for way in sorted(ways, key=lambda w: (w.metric, w.interface)):
        reason = _against(way, only_interface)
        if not reason and way.gateway is not None:
            if (way.interface, way.gateway) in asked:
                continue
            if len(asked) >= MAX_GATEWAYS:
                reason = f"more than {MAX_GATEWAYS} gateways"
            else:
                asked.add((way.interface, way.gateway))
        found.append(Choice(way, reason))
    return tuple(found)


def _against(way: Way, only_interface: str) -> str:
    if only_interface and way.interface != only_interface:
        return f"only {only_interface} is used"
    if is_tunnel(way):
        return f"{way.interface} is a tunnel (VPN or proxy), not the way to a router of this network"
    if way.gateway is None:
        return f"{way.interface} has no gateway"
    if way.family == 6:
        return _against_six(way)
    if not (is_private(way.gateway) or is_shared(way.gateway) or way.gateway.is_link_local):
        return f"the gateway {way.gateway} has a public address"
    if way.own is None:
        return f"{way.interface} has no address"
    return ""


def _against_six(way: Way) -> str:
    """Over IPv6 a gateway is link-local, or in the same network of 64 bits (RFC 4291 §2.5.4); else it is far away."""
    if way.own is None or way.own.is_link_local:
        return f"{way.interface} has no IPv6 address that a peer could write to"
    assert way.gateway is not None
    near = way.gateway.packed[:8] == way.own.packed[:8]
    if not (way.gateway.is_link_local or is_private(way.gateway) or near):
        return f"the gateway {way.gateway} is not in this network"
    return ""


def is_tunnel(way: Way) -> bool:
    """By the kind of the interface, else by its name."""
    return way.kind == TUNNEL_KIND or way.interface.lower().startswith(TUNNEL_NAMES)
