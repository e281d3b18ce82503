"""What a mesh program tells of its own accord while it runs."""

from __future__ import annotations

import msgspec

from natscope.model.mesh_status import MeshState, MeshStatus


class MeshNotice(msgspec.Struct, frozen=True, kw_only=True):
    """One notice; None and empty: it does not speak of that.

    `health` are all of the program's warnings from now on, `peers_changed` says that nodes of the mesh, or the way to
    one, may be different, so that a new status is worth asking for. `bytes_in` and `bytes_out` are sums over all peers
    since its start, `live_relays` the relays it is connected to. `kinds` are the parts that the notice had, by the
    program's names; `rest` has those that we do not read, as they came.
    """

    state: MeshState | None = None
    error: str = ""
    login_url: str = ""
    health: tuple[str, ...] | None = None
    status: MeshStatus | None = None
    peers_changed: bool = False
    bytes_in: int | None = None
    bytes_out: int | None = None
    live_relays: int | None = None
    kinds: tuple[str, ...] = ()
    rest: dict[str, object] = {}
    problems: tuple[str, ...] = ()


class WatchGap(msgspec.Struct, frozen=True, kw_only=True):
    """The program went away, or cannot be reached yet: notices are missing from here on. `attempt` counts from 1."""

    reason: str
    attempt: int
    retry_in_s: float
