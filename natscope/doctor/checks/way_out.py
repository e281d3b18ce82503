"""By which interface does this computer reach the internet: its own uplink, or somebody's tunnel."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy
from natscope.model.report_surroundings import WayReport
from natscope.model.tri import Tri

CHECK = Check("way-out", Group.SURROUNDINGS, 10)


def judge(facts: DoctorFacts) -> Outcome:
    """By the system's own route look-up towards addresses of the documentation; nothing is sent."""
    ways = [way for way in facts.ways if not way.failure]
    if not facts.ways:
        return skip(f"the way out: {facts.system.unread.get('routes', 'this system does not tell it')}")
    if not ways:
        return fail("this computer has no way to the internet: no default route", "",
                    Remedy(do="Connect it, then look again."))  # fmt: skip
    through = next((way for way in ways if way.tunnel is Tri.YES), None)
    if through is not None:
        return _through(through)
    untold = next((way for way in ways if way.tunnel is Tri.UNKNOWN), None)
    if untold is not None:
        return skip(f"the way out leads by {untold.interface}, and the system does not tell what that is")
    told = dict.fromkeys(f"IPv{way.family} by {way.interface}" for way in ways)
    return ok(f"packets leave by this computer's own uplink ({listed(list(told))})")


def _through(way: WayReport) -> Outcome:
    """Whose tunnel it is decides what to do; the agent's own packets may go past it."""
    name = way.interface
    past = way.agent_interface not in ("", name)
    also = f" A mesh agent's own packets go past it, by {way.agent_interface}." if past else ""
    if way.owner == "overlay":
        return warn(
            f"everything leaves through {name}: an exit node of the mesh carries it",
            f"A netcheck then measures the exit node's network, not yours.{also}",
            Remedy(do="To measure here, stop using it for a moment.", command="tailscale set --exit-node="),
            causes=("NS-ENV-02",),
        )
    who = "a proxy program" if way.owner == "proxy" else "a VPN"
    sign = f" ({'; '.join(way.signs[:2])})" if way.signs else ""
    return (warn if past else fail)(
        f"{who} carries everything: packets leave through {name}",
        f"A mesh VPN inside another tunnel is seldom direct{sign}.{also}",
        Remedy(do="Let the mesh VPN's program and its UDP port go past it (exclude tailscaled), or switch it off."),
        causes=("NS-ENV-01" if way.owner == "proxy" else "NS-ENV-02",),
    )
