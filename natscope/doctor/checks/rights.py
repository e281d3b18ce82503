"""May this user change the node, or read it and ping through it only.

Source: upstream ipn/localapi/localapi.go: whatever natscope asks of a tailscaled, pings and the addresses of peers too,
everybody may ask; root and the operator may change the node (ipn/ipnauth).
"""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip
from natscope.doctor.checks._words import no_daemon
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("rights", Group.TAILSCALED, 60)


def judge(facts: DoctorFacts) -> Outcome:
    """Who may not change the node misses nothing that natscope does."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    if facts.setup.is_root:
        return ok("root may read and change everything of tailscaled")
    prefs, user = facts.daemon.prefs, facts.setup.user
    if prefs is None or not user or facts.setup.is_root is None:
        return skip(f"rights: {facts.daemon.prefs_reason or 'not known which user this is'}")
    if prefs.operator == user:
        return ok(f"{user} is the operator: may read and change everything of tailscaled")
    return ok(f"{user} may read what natscope needs of tailscaled, and ping; not change it")
