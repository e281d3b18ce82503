"""What to do where a relay cannot listen: the port is taken, or ports below 1024 are for others."""

from __future__ import annotations

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Endpoint

FIRST_FREE_PORT = 1024
NO_IPV6 = (Failure.FAMILY_NOT_SUPPORTED, Failure.ADDRESS_NOT_AVAILABLE)
_PRIVILEGE = (
    "systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
    "by hand: setpriv --inh-caps +net_bind_service --ambient-caps +net_bind_service natscope derp serve …"
)


def explained(error: HostError) -> HostError:
    """A failure to listen with a hint for whoever runs the relay; its message begins `cannot listen on TCP …: `."""
    doing = error.message.partition(": ")[0]
    port = doing.rpartition(":")[2]
    if not port.isdecimal():
        return error
    if error.failure is Failure.PERMISSION and int(port) < FIRST_FREE_PORT:
        return HostError(error.failure, f"{doing}: ports below {FIRST_FREE_PORT} need a privilege", hint=_PRIVILEGE)
    if error.failure is Failure.ADDRESS_IN_USE:
        kind = "-lunp" if " UDP " in doing else "-ltnp"
        return HostError(
            error.failure, f"{doing}: another program listens there", hint=f"ss {kind} 'sport = :{port}' tells which"
        )
    return error


def has_no_ipv6(error: HostError, end: Endpoint) -> bool:
    """Whether "all IPv6 addresses" failed since the computer has none."""
    return end.family == 6 and end.ip.is_unspecified and error.failure in NO_IPV6
