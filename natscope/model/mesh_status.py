"""What a node of a mesh knows of itself and of its peers, whoever told it: a tailscaled, a file, our own node."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime

import msgspec

from natscope.model.endpoint import Endpoint, IPAddress


class Way(enum.StrEnum):
    """How packets reach a peer now. `IDLE`: nothing was sent lately, so nothing stands."""

    DIRECT = "direct"
    RELAYED = "relayed"
    PEER_RELAY = "peer-relay"
    IDLE = "idle"
    UNKNOWN = "unknown"


class MeshNode(msgspec.Struct, frozen=True, kw_only=True):
    """One node. None is: not told (older program, or not known there). Times are UTC.

    `name` is the DNS name without its last dot; `relay` the code of its home relay; `endpoints` its own candidates,
    told for this node only; `current` where packets go while the way is direct; `is_active`: something was sent to it
    within the last 45 s. `rest` has the fields that we do not know, as they came.
    """

    key: str = ""
    stable_id: str = ""
    node_id: int | None = None
    name: str = ""
    host_name: str = ""
    os: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    addresses: tuple[IPAddress, ...] = ()
    routes: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    current: Endpoint | None = None
    relay: str = ""
    peer_relay: str = ""
    bytes_in: int | None = None
    bytes_out: int | None = None
    created: datetime | None = None
    last_write: datetime | None = None
    last_seen: datetime | None = None
    last_handshake: datetime | None = None
    key_expiry: datetime | None = None
    is_expired: bool | None = None
    is_online: bool | None = None
    is_active: bool | None = None
    is_exit_node: bool | None = None
    offers_exit_node: bool | None = None
    is_sharee: bool | None = None
    peer_api: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    is_in_map: bool | None = None
    is_in_transport: bool | None = None
    is_in_engine: bool | None = None
    rest: dict[str, object] = {}

    @property
    def way(self) -> Way:
        """Upstream's rule: direct while active with a trusted address, relayed while active without one."""
        if self.is_active is None:
            return Way.UNKNOWN
        if not self.is_active:
            return Way.IDLE
        if self.current is not None:
            return Way.DIRECT
        if self.peer_relay:
            return Way.PEER_RELAY
        return Way.RELAYED if self.relay else Way.UNKNOWN

    @property
    def short_name(self) -> str:
        """The first label of the DNS name, or the host name."""
        return self.name.partition(".")[0] or self.host_name

    @property
    def first_address(self) -> str:
        """By which it is asked about: IPv4 where it has one, as people name their nodes; empty where it has none."""
        return first_address(self.addresses)


def first_address(addresses: Iterable[IPAddress]) -> str:
    """IPv4 before IPv6; empty where there is none."""
    return str(min(addresses, key=lambda ip: ip.version, default=""))


class MeshState(enum.StrEnum):
    """What the program is doing; `UNKNOWN` is a word that we do not know."""

    NO_STATE = "no-state"
    NEEDS_LOGIN = "needs-login"
    NEEDS_APPROVAL = "needs-approval"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    IN_USE_OTHER_USER = "in-use-by-other-user"
    UNKNOWN = "unknown"


class MeshStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot. `peers` as they came, `health` the program's own warnings, `problems` what was odd in the answer."""

    version: str = ""
    state: MeshState = MeshState.UNKNOWN
    state_word: str = ""
    has_tunnel: bool | None = None
    has_node_key: bool | None = None
    login_url: str = ""
    addresses: tuple[IPAddress, ...] = ()
    this: MeshNode | None = None
    peers: tuple[MeshNode, ...] = ()
    health: tuple[str, ...] = ()
    network: str = ""
    dns_suffix: str = ""
    dns_enabled: bool | None = None
    newer_version: str = ""
    problems: tuple[str, ...] = ()
    problem_count: int = 0
    rest: dict[str, object] = {}
