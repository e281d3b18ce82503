"""Does tailscaled have a tunnel device, so that every program can use the mesh."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import no_daemon, running
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("tunnel", Group.TAILSCALED, 70)


def judge(facts: DoctorFacts) -> Outcome:
    """A tunnel is known by the mesh addresses that it holds, never by its name."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    status = facts.daemon.status
    assert status is not None
    if status.has_tunnel is None:
        return skip("this tailscaled does not tell whether it has a tunnel device")
    if not status.has_tunnel:
        return warn(
            "tailscaled runs without a tunnel device (userspace networking)",
            "Only programs that use its proxy reach the mesh, and it is slower; direct paths are not affected.",
            Remedy(do="Give it /dev/net/tun and leave --tun=userspace-networking out, where you want more.",
                   who="you, as root"),
        )  # fmt: skip
    now = running(facts)
    if isinstance(now, Outcome):
        return now
    holder = tunnel_name(facts)
    if holder is None:
        return warn(
            "no interface here holds this node's mesh addresses",
            "Its tunnel may lie in another network namespace (a container), or somebody took the address away.",
            Remedy(do="Look at the addresses.", command="ip address"),
        )
    return ok(f"the tunnel device {holder} holds this node's mesh addresses")


def tunnel_name(facts: DoctorFacts) -> str | None:
    """The interface with a mesh address of this node."""
    status = facts.daemon.status
    own = set(status.addresses) if status is not None else set()
    return next((i.name for i in facts.links.interfaces if own & set(i.addresses)), None)
