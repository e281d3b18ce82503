"""Does tailscaled take part in its mesh."""

from __future__ import annotations

from natscope.doctor.check import Check, Outcome, fail, ok, warn
from natscope.doctor.checks._words import NETWORK_ADMIN, no_daemon, root_remedy
from natscope.doctor.facts import DoctorFacts
from natscope.mesh.states import state_words
from natscope.model.doctor import Group, Remedy
from natscope.model.mesh_status import MeshState

CHECK = Check("state", Group.TAILSCALED, 20)
_HURRY = (MeshState.STARTING, MeshState.NO_STATE)


def judge(facts: DoctorFacts) -> Outcome:
    """Stopped may be meant; logged out and waiting are not."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    status = facts.daemon.status
    assert status is not None
    words, hint = state_words(status)
    if not words:
        name = status.this.name or status.this.host_name if status.this is not None else ""
        return ok(f"tailscaled is up{f' as {name}' if name else ''}")
    said = f"tailscaled {words}"
    if status.state is MeshState.NEEDS_APPROVAL:
        return fail(said, "", Remedy(do="Let this node in.", who=NETWORK_ADMIN))
    if status.state is MeshState.NEEDS_LOGIN:
        opened = status.login_url if status.login_url.startswith(("https://", "http://")) else ""
        detail = f"It waits for somebody to open {opened}" if opened else "No peer can be reached until then."
        return fail(said, detail, root_remedy(facts, "Log in.", "tailscale up"))
    if status.state is MeshState.STOPPED:
        return warn(said, "No peer can be reached until then.", root_remedy(facts, "Bring it up.", "tailscale up"))
    if status.state in _HURRY:
        return warn(said, "", Remedy(do="Wait some seconds and look again.", command="natscope doctor"))
    what = f"{hint[:1].upper()}{hint[1:]}." if hint else "Look what it says itself."
    return fail(said, "", Remedy(do=what, command="" if hint else "tailscale status"))
