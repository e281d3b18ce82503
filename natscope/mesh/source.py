"""Where knowledge of a mesh comes from: a running tailscaled, files that somebody saved, later a node of our own."""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator
from typing import Protocol

from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_notice import MeshNotice, WatchGap
from natscope.model.mesh_path import PathChange, PingAnswer, Traffic
from natscope.model.mesh_status import MeshStatus

NO_ANSWER = "no answer"
"""The `error` of a ping whose time was up."""


class PingKind(enum.StrEnum):
    """What a ping asks, from below upwards: the peer's transport without WireGuard, its daemon through WireGuard, its
    operating system, its daemon's HTTP server.
    """

    DISCO = "disco"
    TSMP = "tsmp"
    ICMP = "icmp"
    PEER_API = "peerapi"


class MeshSource(Protocol):
    """Asks; every method raises `CannotMeasure` when nobody is there to be asked and `RefusedError` when it says no."""

    @property
    def name(self) -> str:
        """Where the answers come from, for people."""
        ...

    async def status(self, *, peers: bool = True) -> MeshStatus:
        """A snapshot."""
        ...

    async def ping(self, ip: str, kind: PingKind, *, timeout_s: float, size: int = 0) -> PingAnswer:
        """One ping. `error` of the answer is `NO_ANSWER` when the time was up. `size` in bytes, disco only."""
        ...

    async def path_changes(self, ip: str) -> tuple[PathChange, ...] | None:
        """The history of the path to a peer, oldest first; None where the source keeps none."""
        ...

    async def details(self, ip: str) -> PeerDetails | None:
        """What the mesh tells of the node with that mesh address; None where it is not known, or nothing tells it."""
        ...

    async def traffic(self) -> dict[str, Traffic] | None:
        """Bytes by path over all peers; None where the source counts none."""
        ...

    def notices(self) -> AsyncGenerator[MeshNotice | WatchGap, None] | None:
        """What the source tells of its own accord, from now on and over its restarts; None where it never does.

        The first of them is asked for when it is awaited, and raises as the methods do.
        """
        ...
