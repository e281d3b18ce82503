"""May this user change the node, and read what only its owner may."""

from __future__ import annotations

from shlex import quote

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import no_daemon
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("rights", Group.TAILSCALED, 60)


def judge(facts: DoctorFacts) -> Outcome:
    """Anybody may read status and ping; peers' own endpoints are told to root and the operator only."""
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
    return warn(
        f"{user} may read tailscaled's status, but not its peers' endpoints",
        'Why a peer is relayed stays "likely" more often than it must.',
        Remedy(do="Once, if you want it.", who="you, as root", command=f"sudo tailscale set --operator={quote(user)}"),
    )
