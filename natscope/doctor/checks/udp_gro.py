"""Can the uplink join UDP packets that are passed on: throughput of a subnet router or exit node.

By tailscaled's own check, else as that one does it (net/netkernelconf): the uplink should have rx-udp-gro-forwarding on
and rx-gro-list off, which matters only where the tunnel device cuts large UDP packets itself.
"""

from __future__ import annotations

from shlex import quote

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._router import offers
from natscope.doctor.checks._words import root_remedy
from natscope.doctor.checks.tunnel import tunnel_name
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("udp-gro", Group.TAILSCALED, 120)


def judge(facts: DoctorFacts) -> Outcome:
    """It costs speed only."""
    what = offers(facts)
    if isinstance(what, Outcome):
        return what
    if facts.daemon.status is not None and facts.daemon.status.has_tunnel is False:
        return skip("UDP GRO forwarding does not matter without a tunnel device")
    uplink = _uplink(facts)
    told = facts.daemon.gro
    if told is not None:
        return _bad(facts, uplink, told.partition("\n")[0]) if told else ok("UDP GRO forwarding is set as it should be")
    offload = facts.setup.offloads.get(uplink)
    if offload is None or offload.udp_gro_forwarding is None:
        reason = facts.daemon.check_reasons.get("gro") or facts.setup.unread.get("offloads", "the driver does not tell")
        return skip(f"UDP GRO forwarding: {reason}")
    if offload.udp_gro_forwarding and not offload.gro_list:
        return ok(f"UDP GRO forwarding is on at {uplink}")
    tunnel = facts.setup.offloads.get(tunnel_name(facts) or "")
    if tunnel is None or tunnel.udp_segmentation is None:
        return skip(f"UDP GRO forwarding is off at {uplink}; whether the tunnel device would use it is not told")
    if not tunnel.udp_segmentation:
        return ok("UDP GRO forwarding does not matter here: the tunnel device would not use it")
    return _bad(facts, uplink, "")


def _bad(facts: DoctorFacts, uplink: str, detail: str) -> Outcome:
    name = quote(uplink) if uplink else "INTERFACE"
    return warn(
        f"UDP GRO forwarding is off{f' at {uplink}' if uplink else ''}: forwarded traffic is slower than it could be",
        detail or "Until the next restart of the computer, this changes it.",
        root_remedy(facts, "Turn it on.", f"ethtool -K {name} rx-udp-gro-forwarding on rx-gro-list off"),
    )


def _uplink(facts: DoctorFacts) -> str:
    """The interface of the best default route, IPv4 first, tunnels left out."""
    tunnels = {interface.name for interface in facts.links.interfaces if interface.kind == "tunnel"}
    routes = [route for route in facts.links.default_routes if route.interface not in tunnels]
    return min(routes, key=lambda route: (route.family, route.metric)).interface if routes else ""
