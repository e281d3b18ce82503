"""When does this node have to log in again."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, skip, warn
from natscope.doctor.checks._words import NETWORK_ADMIN, no_daemon, root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("key-expiry", Group.TAILSCALED, 90)
SOON_DAYS = 14


def judge(facts: DoctorFacts) -> Outcome:
    """By this computer's clock."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    status = facts.daemon.status
    assert status is not None
    this = status.this
    if not status.has_node_key or this is None:
        return skip("this node has no key yet: it is not logged in")
    renew = root_remedy(facts, "Log in again.", "tailscale up --force-reauth")
    longer = Remedy(do="Or turn key expiry off for this node.", who=NETWORK_ADMIN)
    if this.key_expiry is None:
        if this.is_expired:
            return fail("this node's key has expired", "It cannot reach anybody.", renew, causes=("NS-CTL-05",))
        return ok("this node's key has no end")
    left_s = (this.key_expiry - facts.now).total_seconds()
    day = f"{this.key_expiry:%Y-%m-%d}"
    if this.is_expired or left_s <= 0:
        return fail(f"this node's key expired on {day}", "It cannot reach anybody.", renew, causes=("NS-CTL-05",))
    days = int(left_s // 86_400)
    left = f"{days} day{'s' if days != 1 else ''}" if days else f"{max(1, round(left_s / 3600))} h"
    if left_s < SOON_DAYS * 86_400:
        return warn(f"this node's key ends in {left}, on {day}", "From then on it reaches nobody.", renew, longer,
                    causes=("NS-CTL-05",))  # fmt: skip
    return ok(f"this node's key ends in {left}, on {day}")
