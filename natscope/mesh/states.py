"""What a mesh program that is not running needs, in words: told apart from one that is not there."""

from __future__ import annotations

from natscope.errors import CannotMeasure
from natscope.model.mesh_status import MeshState, MeshStatus

_WORDS = {
    MeshState.NEEDS_LOGIN: ("is logged out", "sudo tailscale up"),
    MeshState.STOPPED: ("is stopped", "sudo tailscale up"),
    MeshState.NEEDS_APPROVAL: (
        "waits for approval: an admin of the network has to let this node in",
        "ask the network's admin",
    ),
    MeshState.IN_USE_OTHER_USER: ("is in use by another user of this computer", "log in as that user"),
    MeshState.STARTING: ("is still starting", "wait some seconds and try again"),
    MeshState.NO_STATE: ("is still starting", "wait some seconds and try again"),
}


def state_words(status: MeshStatus) -> tuple[str, str]:
    """(what it is, what helps), both empty while it runs: `("is logged out", "sudo tailscale up")`."""
    if status.state is MeshState.RUNNING:
        return "", ""
    words, hint = _WORDS.get(status.state, (f'is in a state that natscope does not know ("{status.state_word}")', ""))
    if status.state is MeshState.NEEDS_LOGIN and status.login_url.startswith("https://"):
        hint = f"{hint}, or open {status.login_url}"
    return words, hint


def check_running(status: MeshStatus, name: str) -> None:
    """Raises `CannotMeasure` for a program that takes no part in its mesh now; `name` is the source's."""
    words, hint = state_words(status)
    if words:
        raise CannotMeasure(f"{name} {words}", hint=hint)
