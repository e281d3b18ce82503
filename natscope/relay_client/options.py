"""How to connect to a relay."""

from __future__ import annotations

import msgspec

from natscope.host.api import Failure, HostError
from natscope.machines.relay_dial import CONNECT_S, NODE_S
from natscope.model.endpoint import Family, IPAddress
from natscope.wire.keys import PrivateKey

FROM_ENVIRONMENT = "environment"
"""The proxy that the host's environment names for HTTPS, if it names one."""
DIRECT = "direct"
"""No proxy."""


class ConnectOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Who connects, and how. Seconds: `limit_s` for everything, `node_s` for name and TCP of one node.

    `private` is the node key, `mesh_key` 32 bytes for relays of one region. `home` and `watch` say NotePreferred and
    WatchConns right behind the greeting. `prefer_ipv6`: IPv4 starts 200 ms later. `plain`: no TLS; on port 3340 unless
    the map names one. `proxy`: `FROM_ENVIRONMENT`, `DIRECT`, or the URL of one to use whatever the relay's name is.
    `ca_file` adds trust (PEM). Without `fast_start` the relay's meta certificate is not used.
    """

    private: PrivateKey
    mesh_key: bytes = b""
    is_prober: bool = False
    app_name: str = ""
    can_ack_pings: bool = True
    home: bool = False
    watch: bool = False
    families: tuple[Family, ...] = (4, 6)
    prefer_ipv6: bool = False
    plain: bool = False
    proxy: str = FROM_ENVIRONMENT
    ca_file: str = ""
    fast_start: bool = True
    limit_s: float = CONNECT_S
    node_s: float = NODE_S
    source: IPAddress | None = None
    interface: str = ""


def most_telling(errors: list[HostError]) -> HostError | None:
    """A refusal says more than silence, silence more than a family without addresses."""
    ranked = sorted(errors, key=lambda e: _TELLING.index(e.failure) if e.failure in _TELLING else len(_TELLING))
    return ranked[0] if ranked else None


_TELLING = (
    Failure.REFUSED,
    Failure.RESET,
    Failure.PERMISSION,
    Failure.TIMEOUT,
    Failure.UNREACHABLE_HOST,
    Failure.UNREACHABLE_NET,
    Failure.NAME_SERVER_FAILED,
    Failure.NAME_NOT_FOUND,
    Failure.NAME_NO_ADDRESS,
)
