"""Does anything but the mesh itself use 100.64.0.0/10 here."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.host.shared_space import shared_uses
from natscope.model.doctor import Group, Remedy

CHECK = Check("shared-space", Group.SURROUNDINGS, 60)
PARTS = ("devices", "routes")


def judge(facts: DoctorFacts) -> Outcome:
    """By addresses, gateways, routes and name servers; whether a rule eats their answers, a netcheck says."""
    uses = list(shared_uses(facts.links, facts.system, facts.resolver))
    here = facts.daemon.status is not None or facts.setup.agents
    if uses:
        what = "drops" if here else "would drop"
        return warn(
            f"100.64.0.0/10 is used here besides the mesh: {listed([use.text for use in uses], 3)}",
            f"On Linux tailscaled {what} what comes from that range by other interfaces.",
            Remedy(do="See whether a rule eats answers.", command="sudo natscope netcheck --only "
                   "host_firewall,shared_space"),
            Remedy(do="Leave the packet filter to yourself.",
                   command="sudo tailscale set --netfilter-mode=nodivert" if here else
                           "sudo tailscale up --netfilter-mode=nodivert"),
            Remedy(do="Or let the mesh use another range, where its control server can.", who="network's admin"),
            causes=("NS-HOST-02",),
        )  # fmt: skip
    unread = [facts.system.unread[part] for part in PARTS if part in facts.system.unread]
    if not facts.links.interfaces:
        return skip("100.64.0.0/10: the system tells no interfaces")
    if unread:
        return skip(f"100.64.0.0/10: {unread[0]}")
    return ok("nothing but a mesh uses 100.64.0.0/10 here")
