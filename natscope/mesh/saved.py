"""A mesh from a file that somebody saved: `tailscale status --json`, without access to their computer."""

from __future__ import annotations

from natscope.errors import CannotMeasure, RemoteError, UserError
from natscope.mesh.source import PingKind
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PathChange, PingAnswer, Traffic
from natscope.model.mesh_status import MeshStatus
from natscope.wire.local_api.loose import Problems
from natscope.wire.local_api.status import decode_status, read_status

_BOM = b"\xef\xbb\xbf"


class SavedStatus:
    """One snapshot. It cannot be pinged and keeps no history."""

    def __init__(self, data: bytes, name: str, *, tree: object = None) -> None:
        """`name` is the file's, for people; `tree` is `data`, read already. Raises `UserError` when it is no status."""
        try:
            self._status = decode_status(data.removeprefix(_BOM)) if tree is None else read_status(tree, Problems())
        except RemoteError as error:
            raise UserError(f"{name}: {error.message}", hint="tailscale status --json > FILE") from error
        self._name = name

    @property
    def name(self) -> str:
        """The file."""
        return self._name

    @property
    def snapshot(self) -> MeshStatus:
        """What the file holds."""
        return self._status

    async def status(self, *, peers: bool = True) -> MeshStatus:
        """The snapshot, whole in any case."""
        return self._status

    async def ping(self, ip: str, kind: PingKind, *, timeout_s: float, size: int = 0) -> PingAnswer:
        """Never possible."""
        raise CannotMeasure(f"{self._name} is a saved status: nobody can be pinged through it")

    async def path_changes(self, ip: str) -> tuple[PathChange, ...] | None:
        """A status has no history."""
        return None

    async def details(self, ip: str) -> PeerDetails | None:
        """A status has none."""
        return None

    async def traffic(self) -> dict[str, Traffic] | None:
        """Nor counters."""
        return None

    def notices(self) -> None:
        """Nor news."""
        return
