"""The error hierarchy: what a user, a peer or a plug-in can do wrong, each with a stable code.

Anything that is not a `NatscopeError` is a bug of ours: the command line prints one line for it and exits 4.
"""

from __future__ import annotations


class NatscopeError(Exception):
    """Base of all errors that may reach a user as one sentence.

    `code` is stable and names a page; `hint` says what to do and may be empty.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserError(NatscopeError):
    """A bad flag, configuration, policy or map. Exit code 2."""

    code = "usage"


class CannotMeasure(NatscopeError):
    """Nothing could be tested: no network, no permission, a capability is missing. Exit code 3."""

    code = "cannot-measure"


class NotRunning(CannotMeasure):
    """A program that has to be asked is installed but does not run: whoever has time may wait for it."""


class WireError(NatscopeError):
    """Bytes that do not follow their protocol."""

    code = "wire"


class LocalError(WireError):
    """We tried to build something illegal: a bug of ours."""

    code = "wire-local"


class RemoteError(WireError):
    """The peer's bytes are wrong: counted and dropped, never leaves the owner of the socket.

    `offset` is the byte at which reading failed, `field` what was being read.
    """

    code = "wire-remote"

    def __init__(self, message: str, *, offset: int = 0, field: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.field = field


class RefusedError(NatscopeError):
    """The peer answered no; `message` carries its own words and is cleaned before it is drawn."""

    code = "refused"


class PluginError(NatscopeError):
    """A plug-in cannot be used: a warning, the rest goes on."""

    code = "plugin"
