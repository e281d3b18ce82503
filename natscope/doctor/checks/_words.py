"""Words and commands that several checks share."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.doctor.check import Outcome, skip
from natscope.doctor.facts import Contact, DoctorFacts
from natscope.mesh.states import state_words
from natscope.model.doctor import Remedy
from natscope.model.mesh_status import MeshState, MeshStatus

ADMINISTRATOR = "administrator"
NETWORK_ADMIN = "network's admin"
NO_DAEMON = "no tailscaled is here to be asked"


def as_root(facts: DoctorFacts, command: str) -> str:
    """The command with sudo in front where this user is not root already."""
    return command if facts.setup.is_root else f"sudo {command}"


def root_remedy(facts: DoctorFacts, do: str, command: str) -> Remedy:
    """Something that root does."""
    return Remedy(do=do, who="you" if facts.setup.is_root else "you, as root", command=as_root(facts, command))


def listed(words: Sequence[str], most: int = 4) -> str:
    """`a, b and 3 more`."""
    shown = list(words[:most])
    if len(words) > most:
        return f"{', '.join(shown)} and {len(words) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def amount(count: int) -> str:
    """Bytes for people, 10³."""
    for limit, unit, name in ((10**6, 10**3, "kB"), (10**9, 10**6, "MB")):
        if count < limit:
            return f"{round(count / unit)} {name}"
    return f"{count / 10**9:.1f} GB"


def ago(seconds: float) -> str:
    """`5 min ago`, `2 h ago`, `3 d ago`."""
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            return f"{round(seconds / unit)} {name} ago"
    return f"{round(seconds / 86_400)} d ago"


def no_daemon(facts: DoctorFacts) -> Outcome | None:
    """A skip where no tailscaled told its status, with the reason; None where one did."""
    daemon = facts.daemon
    if daemon.status is not None:
        return None
    if daemon.contact is Contact.ABSENT and not facts.setup.agents:
        return skip(NO_DAEMON)
    return skip("tailscaled could not be asked (see above)")


def running(facts: DoctorFacts) -> MeshStatus | Outcome:
    """The status of a tailscaled that takes part in its mesh now, or a skip with the reason."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    status = facts.daemon.status
    assert status is not None
    if status.state is not MeshState.RUNNING:
        words, _ = state_words(status)
        return skip(f"tailscaled {words}")
    return status
