"""Does tailscaled come back after a restart of the computer."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import NO_DAEMON, root_remedy
from natscope.doctor.facts import Contact, DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("start-at-boot", Group.TAILSCALED, 50)


def judge(facts: DoctorFacts) -> Outcome:
    """By systemd's links; other service managers are not read."""
    enabled = facts.setup.enabled
    if enabled is None:
        if "enabled" in facts.setup.unread:
            return skip(f"start at boot: {facts.setup.unread['enabled']}")
        if facts.daemon.contact is Contact.ABSENT and not facts.setup.agents:
            return skip(NO_DAEMON)
        return skip("systemd has no unit for tailscaled: whether it starts at boot cannot be told")
    if enabled:
        return ok("tailscaled starts at boot")
    return warn("tailscaled is not started at boot", "After a restart this node is away until somebody starts it.",
                root_remedy(facts, "Start it at boot.", "systemctl enable tailscaled"))  # fmt: skip
