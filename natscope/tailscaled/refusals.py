"""The words for a tailscaled that is not there, does not answer or says no, each with the command that helps."""

from __future__ import annotations

import json

from natscope.errors import CannotMeasure, NatscopeError, RefusedError
from natscope.host.api import Failure, HostError
from natscope.host.http_api import NOT_HTTP

START = "sudo systemctl start tailscaled, or name its socket: --socket PATH"
OPERATOR = "sudo, or once: sudo tailscale set --operator=$USER"
MAX_WORDS = 200


def absent(name: str, error: HostError) -> NatscopeError:
    """Nobody could be asked; `name` is the daemon's, for people."""
    if error.failure is Failure.PERMISSION:
        return CannotMeasure(f"{name} may not be asked by you", hint="sudo, or join the group that owns the socket")
    if error.failure is Failure.TIMEOUT:
        return CannotMeasure(f"{name} does not answer", hint="sudo systemctl restart tailscaled")
    if error.failure in (Failure.CLOSED, Failure.RESET):
        return RefusedError(f"{name} breaks off in the middle of an answer", hint="is this the socket of a tailscaled?")
    if error.message == NOT_HTTP:
        return RefusedError(f"{name}: {error.message}", hint="is this the socket of a tailscaled?")
    return CannotMeasure(f"{name} does not run: {error.message}", hint=START)


def refused(name: str, status: int, body: bytes) -> RefusedError:
    """An HTTP status that is not 200, with the daemon's own words."""
    words = _words(body)
    if status == 403:
        return RefusedError(f"{name} does not allow this to you: {words}", hint=OPERATOR)
    return RefusedError(f"{name} answers {status}: {words}")


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
