"""The words for a tailscaled that is not there, does not answer or says no, each with the command that helps.

Whoever wants to know more than the sentence has it from the two errors: what the host or HTTP said, and a clause of it.
"""

from __future__ import annotations

import json

from natscope.errors import CannotMeasure, NatscopeError, RefusedError
from natscope.host.api import Failure, HostError
from natscope.host.http_api import NOT_HTTP

_SERVICES = {
    "Darwin": ("sudo launchctl start com.tailscale.tailscaled",
               "sudo launchctl kickstart -k system/com.tailscale.tailscaled"),
    "FreeBSD": ("sudo service tailscaled start", "sudo service tailscaled restart"),
    "OpenBSD": ("doas rcctl start tailscaled", "doas rcctl restart tailscaled"),
}  # fmt: skip
"""(start, start again); all others are Linux."""
_SYSTEMD = ("sudo systemctl start tailscaled", "sudo systemctl restart tailscaled")
OPERATOR = "sudo, or once: sudo tailscale set --operator=$USER"
MAX_WORDS = 200


class AbsentDaemon(CannotMeasure):
    """Nobody could be asked: `failure` is the host's, `reason` a clause without the daemon's name."""

    def __init__(self, message: str, error: HostError, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.failure, self.reason = error.failure, error.message


class RefusingDaemon(RefusedError):
    """It said no (`status` is HTTP's), or what came was no answer of a tailscaled (0); `reason` as above."""

    def __init__(self, message: str, *, reason: str, status: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason, self.status = reason, status


def start_command(system: str, *, again: bool = False) -> str:
    """Starts the daemon, or ends it and starts it `again`; `system` is `Identity.os`."""
    return next((found for name, found in _SERVICES.items() if system.startswith(name)), _SYSTEMD)[again]


def absent(name: str, error: HostError, system: str = "") -> NatscopeError:
    """Nobody could be asked; `name` is the daemon's, for people, `system` that of the computer (`Identity.os`)."""
    if error.failure is Failure.PERMISSION:
        return AbsentDaemon(
            f"{name} may not be asked by you", error, hint="sudo, or join the group that owns the socket"
        )
    if error.failure is Failure.TIMEOUT:
        return AbsentDaemon(f"{name} does not answer", error, hint=start_command(system, again=True))
    if error.failure in (Failure.CLOSED, Failure.RESET):
        return odd(f"{name} breaks off in the middle of an answer", error.message)
    if error.message == NOT_HTTP:
        return odd(f"{name}: {error.message}", error.message)
    hint = f"{start_command(system)}, or name its socket: --socket PATH"
    return AbsentDaemon(f"{name} does not run: {error.message}", error, hint=hint)


def refused(name: str, status: int, body: bytes) -> RefusingDaemon:
    """An HTTP status that is not 200, with the daemon's own words."""
    words = _words(body)
    if status == 403:
        return RefusingDaemon(f"{name} does not allow this to you: {words}", reason=words, status=status, hint=OPERATOR)
    return RefusingDaemon(f"{name} answers {status}: {words}", reason=f"it answered {status}: {words}", status=status)


def odd(message: str, reason: str) -> RefusingDaemon:
    """What answers is probably somebody else."""
    return RefusingDaemon(message, reason=reason, hint="is this the socket of a tailscaled?")


def _words(body: bytes) -> str:
    """Text, or the `error` of JSON."""
    try:
        tree = json.loads(body[:4096])
    except (ValueError, RecursionError):
        tree = None
    if isinstance(tree, dict) and isinstance(tree.get("error"), str):
        return _line(str(tree["error"]))
    return _line(body[: 4 * MAX_WORDS].decode(errors="replace")) or "without a word"


def _line(words: str) -> str:
    """One line: another one could look as if it were ours."""
    return " ".join(words.split())[:MAX_WORDS]
