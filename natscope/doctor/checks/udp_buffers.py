"""How much a UDP socket may hold while its program is busy."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, ok, skip, warn
from natscope.doctor.checks._words import amount, root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.model.doctor import Group

CHECK = Check("udp-buffers", Group.NATSCOPE, 110)
ENOUGH_BYTES = 1 << 20
"""A hundred milliseconds at 80 Mbit/s."""
WANTED_BYTES = 4 << 20


def judge(facts: DoctorFacts) -> Outcome:
    """Programs of root may take more than the limit, so a tailscaled of root does not depend on it."""
    limit = facts.system.receive_buffer_max
    if limit is None:
        return skip(f"UDP buffers: {facts.system.unread.get('receive_buffer_max', 'not told')}")
    if limit >= ENOUGH_BYTES:
        return ok(f"UDP receive buffer may grow to {amount(limit)}")
    return warn(
        f"UDP receive buffer is {amount(limit)}; 100 Mbit/s and more may lose packets",
        "That holds for natscope, relays and agents that do not run as root.",
        root_remedy(facts, "Raise the limit.", f"sysctl -w net.core.rmem_max={WANTED_BYTES}"),
    )
