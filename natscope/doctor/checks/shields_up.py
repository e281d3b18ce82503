"""Does this node refuse connections from its peers."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import no_daemon, root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("shields-up", Group.TAILSCALED, 100)


def judge(facts: DoctorFacts) -> Outcome:
    """A choice of its owner that is easily forgotten."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    prefs = facts.daemon.prefs
    if prefs is None or prefs.shields_up is None:
        return skip(f"shields-up: {facts.daemon.prefs_reason or 'not told'}")
    if not prefs.shields_up:
        return ok("peers may connect to this node, as the network's policy says")
    return warn("this node lets nobody in (--shields-up)", "Ping and connections from peers fail, direct or relayed.",
                root_remedy(facts, "Let peers in.", "tailscale set --shields-up=false"))  # fmt: skip
