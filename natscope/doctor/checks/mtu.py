"""Do packets of the tunnel fit into packets of the uplink.

Source: wireguard protocol §5.4.6 (16 bytes header, 16 bytes tag), UDP 8 bytes, IPv4 20 bytes, IPv6 40 bytes.
"""

from __future__ import annotations

from shlex import quote

from natscope.doctor.check import Check, Outcome, fail, ok, skip, warn
from natscope.doctor.checks._words import root_remedy, running
from natscope.doctor.checks.tunnel import tunnel_name
from natscope.doctor.facts import DoctorFacts
from natscope.host.api import Interface
from natscope.model.doctor import Group, Remedy

CHECK = Check("mtu", Group.TAILSCALED, 80)
OVERHEAD = {4: 60, 6: 80}
USUAL_TUNNEL = 1280
"""What tailscaled sets (net/tstun), and the least that IPv6 may have (RFC 8200 §5)."""


def judge(facts: DoctorFacts) -> Outcome:
    """Only this computer's two ends are compared; the way between is what `natscope netcheck --full` measures."""
    uplinks = _uplinks(facts)
    if not uplinks:
        return skip("MTU: no interface with a default route is known")
    told = ", ".join(dict.fromkeys(f"{interface.name} {interface.mtu}" for interface in uplinks.values()))
    now = running(facts)
    device = None if isinstance(now, Outcome) else _interface(facts, tunnel_name(facts))
    size = USUAL_TUNNEL if device is None or device.mtu is None else device.mtu
    whose = f"{device.name} {device.mtu}" if device is not None else f"a mesh VPN's usual {USUAL_TUNNEL}"
    tight = {family: i for family, i in uplinks.items() if i.mtu is not None and i.mtu < size + OVERHEAD[family]}
    if not tight:
        return ok(f"MTU: the tunnel ({whose}) fits the uplink ({told})")
    family, interface = next(iter(tight.items()))
    need = size + OVERHEAD[family]
    smaller = (interface.mtu or 0) - OVERHEAD[family]
    detail = f"A full packet takes {need} bytes over IPv{family}, and {interface.name} carries {interface.mtu}."
    if smaller < USUAL_TUNNEL:
        remedy = root_remedy(facts, f"Raise the uplink's MTU to {need} or more, where its network allows it.",
                             f"ip link set {quote(interface.name)} mtu {need}")  # fmt: skip
        return warn(f"MTU: full packets of the tunnel ({whose}) are cut in pieces on {interface.name}", detail, remedy,
                    causes=("NS-PERF-01",))  # fmt: skip
    assert device is not None
    return fail(
        f"MTU: the tunnel ({whose}) is too large for {interface.name}", detail,
        root_remedy(facts, "Lower the tunnel's MTU.", f"ip link set {quote(device.name)} mtu {smaller}"),
        Remedy(do="Look for TS_DEBUG_MTU in tailscaled's environment: it set this value."), causes=("NS-PERF-01",),
    )  # fmt: skip


def _uplinks(facts: DoctorFacts) -> dict[int, Interface]:
    """The interface of the best default route of each family, tunnels left out."""
    found: dict[int, Interface] = {}
    for route in sorted(facts.links.default_routes, key=lambda route: route.metric):
        interface = _interface(facts, route.interface)
        if interface is not None and interface.kind != "tunnel" and interface.mtu is not None:
            found.setdefault(route.family, interface)
    return found


def _interface(facts: DoctorFacts, name: str | None) -> Interface | None:
    return next((interface for interface in facts.links.interfaces if interface.name == name), None)
