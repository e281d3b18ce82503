"""Which name servers this computer asks, and who decides that."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import listed
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("resolver", Group.SURROUNDINGS, 40)


def judge(facts: DoctorFacts) -> Outcome:
    """Whether they answer is asked by a netcheck only."""
    resolver = facts.resolver
    if not resolver.source:
        return skip("name servers: this system does not tell them in a file")
    keeper = facts.setup.resolver.writer if facts.setup.resolver is not None else ""
    servers = [str(server.ip) for server in resolver.servers]
    behind = f", which asks {listed([str(server.ip) for server in resolver.behind])}" if resolver.behind else ""
    if servers == ["127.0.0.1"] and not keeper and not resolver.behind:
        return warn(
            "name server: this computer itself (127.0.0.1)",
            f"{resolver.source} names no other one, or none at all.",
            Remedy(do="See whether names are found.", command="natscope netcheck --only dns"),
            causes=("NS-CTL-10",),
        )
    kept = f"kept by {keeper}" if keeper else "signed by nobody"
    return ok(f"name servers: {listed(servers)}{behind}; {resolver.source} is {kept}")
