"""A stand-in for a tailscaled, as a script: its mesh, what becomes of pings, and what is wrong with its answers.

In a test:

    mesh = StandInMesh(peers=(StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217",)),))
    async with StandInServer(StandIn(mesh, host.clock), str(tmp_path / "t.sock")) as server:   # a real socket, or
        http = StandInHttp(StandIn(mesh, clock))                              # the same without one, in virtual time
        source = Daemon(http, "/any")

`natscope.lab.stand_in_scenario.mesh_of` makes a mesh from a scenario's truth; for people there is
`natscope lab daemon`. Bodies have the fields of upstream 1.102.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from natscope.model.mesh_status import Way

LEVELS = frozenset({"disco", "TSMP", "ICMP", "peerapi"})


class Fault(enum.StrEnum):
    """What is wrong with the answers to one question."""

    DENIED = "denied"
    """403, as for a user without the right."""
    MISSING = "missing"
    """404, as from a daemon that was built without it."""
    BROKEN = "broken"
    """500."""
    HTML = "html"
    """A page of something else that listens there."""
    HALF = "half"
    """Half of the JSON, then the connection ends."""
    ENDLESS = "endless"
    """A body without end."""
    SILENT = "silent"
    """No answer."""
    GARBAGE = "garbage"
    """No HTTP."""


@dataclass(frozen=True, slots=True)
class StandInPeer:
    """One peer, and what pinging it does.

    `direct`: from where its pongs come while the way is direct; the way becomes so after `direct_after` disco pongs
    through the relay (None: never). `peer_relay` (`ip:port:vni:N`) is used in place of the relay. `levels`: the kinds
    of ping that it answers, by upstream's names. `lost`: numbers of its disco pings, from 1, that stay unanswered.
    An `online` False peer answers none. Of one whose key has `expired` (without `key_expiry`: a day before the daemon's
    start) disco and peerapi pings say so, others stay unanswered. `network` is its NetInfo as JSON. `way` is how it is
    reached at the start.
    """

    name: str
    ip: str
    ip6: str = ""
    relay: str = "fra"
    endpoints: tuple[str, ...] = ()
    network: dict[str, Any] | None = None
    direct: str = ""
    direct_after: int | None = None
    peer_relay: str = ""
    way: Way = Way.IDLE
    relay_ms: float = 42.0
    direct_ms: float = 12.0
    jitter_ms: float = 1.0
    levels: frozenset[str] = LEVELS
    lost: frozenset[int] = frozenset()
    online: bool = True
    expired: bool = False
    authorized: bool = True
    key_expiry: datetime | None = None
    last_seen: datetime | None = None
    handshake: datetime | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    os: str = "linux"
    owner: str = "ana@example.com"
    tags: tuple[str, ...] = ()
    version: str = "1.102.5"
    routes: tuple[str, ...] = ()
    exit_node: bool = False
    offers_exit_node: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    """Fields put over those of its line in the status."""


@dataclass(frozen=True, slots=True)
class StandInMesh:
    """The daemon's own node and its peers. `faults` by question: `status`, `ping`, `whois`, …, `*` for all.

    `slow_s` is waited before every answer. `regions` are the relays' codes by id.
    """

    peers: tuple[StandInPeer, ...] = ()
    name: str = "laptop"
    ip: str = "100.64.0.2"
    ip6: str = "fd7a:115c:a1e0::2"
    state: str = "Running"
    relay: str = "fra"
    regions: dict[int, str] = field(default_factory=lambda: {900: "fra", 901: "ams"})
    endpoints: tuple[str, ...] = ("203.0.113.24:41641", "192.168.1.20:41641")
    network: dict[str, Any] | None = None
    health: tuple[str, ...] = ()
    suffix: str = "lab.internal"
    owner: str = "ana@example.com"
    login_url: str = ""
    version: str = "1.102.5"
    capability: int = 142
    faults: dict[str, Fault] = field(default_factory=dict)
    slow_s: float = 0.0
    prefs: dict[str, Any] = field(default_factory=dict)
    """Fields put over those of its preferences."""
    more: dict[str, Any] = field(default_factory=dict)
    """Fields put over those of the status."""
    without: frozenset[str] = frozenset()
    """Names of fields that no answer has, at any depth: an older daemon."""


def many_peers(count: int) -> tuple[StandInPeer, ...]:
    """As many, all idle, with names and addresses of their own (at most 4 million)."""
    return tuple(
        StandInPeer(
            f"node-{n}", f"100.{64 + (n >> 16)}.{n >> 8 & 255}.{n & 255}", endpoints=(f"198.51.100.7:{n % 60000}",)
        )
        for n in range(10, count + 10)
    )
