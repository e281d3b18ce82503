"""What tailscaled itself warns of."""

from __future__ import annotations

import re

from natscope.doctor.check import Check, Outcome, fail, ok, warn
from natscope.doctor.checks._words import no_daemon, root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.mesh.health import explain_health
from natscope.model.doctor import Group, Remedy

CHECK = Check("health", Group.TAILSCALED, 30)
MAX_SHOWN, MAX_WORDS = 5, 300
_STATES = frozenset({"stopped", "logged-out", "starting"})
"""What the check of the state says already."""
_COMMAND = re.compile(r"(?:sudo|natscope|tailscale) [^;,:]*")


def judge(facts: DoctorFacts) -> Outcome:
    """Its messages in its words, with what they mean where that is known."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    status = facts.daemon.status
    assert status is not None
    notes = [note for note in explain_health(status.health) if note.id not in _STATES]
    if not notes:
        return ok("tailscaled warns of nothing" if not status.health else "tailscaled warns of nothing but its state")
    parts = [f'"{_short(note.message)}"' + (f": {note.meaning}" if note.meaning else "") for note in notes[:MAX_SHOWN]]
    remedies = [_remedy(note.fix) for note in notes[:MAX_SHOWN] if note.fix]
    if any(not note.fix for note in notes):
        remedies.append(_log(facts))
    said = f"tailscaled warns of {len(notes)} thing{'s' if len(notes) > 1 else ''}"
    make = fail if any(note.matters for note in notes) else warn
    more = f" And {len(notes) - MAX_SHOWN} more." if len(notes) > MAX_SHOWN else ""
    return make(said, " ".join(parts) + more, *dict.fromkeys(remedies))


def _short(message: str) -> str:
    return message if len(message) <= MAX_WORDS else f"{message[: MAX_WORDS - 1]}…"


def _log(facts: DoctorFacts) -> Remedy:
    """For what nobody here knows."""
    if facts.setup.enabled is None:  # no unit, so no journal of one
        return Remedy(do="See what the log of tailscaled says around a message that is not explained here.")
    do = "See what its log says around a message that is not explained here."
    return root_remedy(facts, do, "journalctl -u tailscaled -n 100")


def _remedy(fix: str) -> Remedy:
    """A fix that is a command and nothing else stands as one."""
    if _COMMAND.fullmatch(fix):
        return Remedy(do="Run:", command=fix)
    return Remedy(do=f"{fix[:1].upper()}{fix[1:]}" + ("" if fix.endswith((".", "?")) else "."))
