"""What to do where a relay cannot listen: the port is taken, or ports below 1024 are for others."""

from __future__ import annotations

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Endpoint

FIRST_FREE_PORT = 1024


def explained(error: HostError, local: Endpoint, *, is_udp: bool = False) -> HostError:
    """The same failure with a hint for whoever runs the relay."""
    if error.failure is Failure.PERMISSION and local.port < FIRST_FREE_PORT:
        message = f"{_start(local, is_udp)}: ports below {FIRST_FREE_PORT} need a privilege"
        return HostError(
            error.failure,
            message,
            hint="systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE; by hand: "
            "setpriv --inh-caps +net_bind_service --ambient-caps +net_bind_service natscope derp serve …",
        )
    if error.failure is Failure.ADDRESS_IN_USE:
        kind = "-lunp" if is_udp else "-ltnp"
        return HostError(
            error.failure,
            f"{_start(local, is_udp)}: another program listens there",
            hint=f"ss {kind} 'sport = :{local.port}' says which (as root)",
        )
    return error


def _start(local: Endpoint, is_udp: bool) -> str:
    return f"cannot listen on {'UDP' if is_udp else 'TCP'} {local}"
