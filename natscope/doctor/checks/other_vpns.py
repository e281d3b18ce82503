"""Other tunnels on this computer, and whether their routes claim what the mesh needs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.checks.tunnel import tunnel_name
from natscope.doctor.facts import DoctorFacts
from natscope.host.shared_space import overlays
from natscope.host.system_api import Device
from natscope.model.address_space import SHARED
from natscope.model.doctor import Group, Remedy

CHECK = Check("other-vpns", Group.SURROUNDINGS, 20)
_TUNNELS = {
    "wireguard": "WireGuard", "amneziawg": "AmneziaWG", "tun": "TUN", "tap": "TAP", "ppp": "PPP", "ovpn": "OpenVPN",
    "ovpn-dco": "OpenVPN", "xfrm": "IPsec", "vti": "IPsec", "vti6": "IPsec", "ipsec": "IPsec",
}  # fmt: skip
_MESH6 = ipaddress.IPv6Network("fd7a:115c:a1e0::/48")
"""Tailscale's own IPv6 addresses; of Headscale too."""


def judge(facts: DoctorFacts) -> Outcome:
    """A tunnel with an address of 100.64.0.0/10 is taken for the mesh itself."""
    if "devices" in facts.system.unread:
        return skip(f"other tunnels: {facts.system.unread['devices']}")
    if not facts.system.devices:
        return skip("other tunnels: the system tells no interfaces")
    mesh = overlays(facts.system) | {tunnel_name(facts) or ""}
    others = [d for d in facts.system.devices if d.up and d.driver in _TUNNELS and d.name not in mesh]
    if not others:
        return ok("no other VPN's interface is here")
    told = listed([f"{device.name} ({_TUNNELS[device.driver]})" for device in others])
    claimed = [f"{prefix} by {device.name}" for device in others for prefix in _claims(facts, device)]
    if claimed:
        return warn(
            f"another VPN claims addresses of the mesh: {listed(claimed)}",
            "Peers, or the name server 100.100.100.100, may be sought in the wrong tunnel.",
            Remedy(do=f"Take these routes from {others[0].name}, or let only one of the two run."),
            causes=("NS-HOST-02",),
        )
    return ok(f"other VPNs here take nothing from the mesh: {told}")


def _claims(facts: DoctorFacts, device: Device) -> Iterator[str]:
    """Routes by a tunnel that lie in the mesh's own ranges; the whole internet is the business of `way-out`."""
    for route in facts.system.routes:
        if route.interface != device.name:
            continue
        try:
            network = ipaddress.ip_network(route.destination)
        except ValueError:
            continue
        ours = SHARED if isinstance(network, ipaddress.IPv4Network) else _MESH6
        if network.prefixlen >= 8 and network.overlaps(ours):
            yield route.destination
