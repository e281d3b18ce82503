"""Is tailscaled as new as it knows, and does the program run that is installed."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import no_daemon, root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("version", Group.TAILSCALED, 40)


def judge(facts: DoctorFacts) -> Outcome:
    """Newer ones are known to it only by its control server."""
    replaced = [agent for agent in facts.setup.agents if agent.replaced]
    if replaced:
        return warn(
            f"tailscaled was updated, but the old one still runs (process {replaced[0].pid})",
            "The command line and the daemon are of different versions until it is restarted.",
            root_remedy(facts, "Start it again; connections are interrupted for a moment.",
                        "systemctl restart tailscaled"),
        )  # fmt: skip
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    status = facts.daemon.status
    assert status is not None
    if status.newer_version:
        return warn(
            f"tailscaled {status.version.partition('-')[0]} is not the newest: there is {status.newer_version}",
            "",
            root_remedy(facts, "Update it, or let the package manager do it.", "tailscale update"),
            causes=(),
        )
    if not status.version:
        return skip("tailscaled does not tell its version")
    return ok(f"tailscaled {status.version.partition('-')[0]}: no newer one is known to it")
