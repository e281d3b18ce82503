"""The daemon's stream of notices: one JSON object a line, without end. Source: upstream ipn/backend.go (Notify).

`NoticeReader` takes the stream in any pieces. A line that is longer than `MAX_LINE_BYTES` or is no object is counted
and passed over; the stream goes on behind it. `read_notice` says what one of them tells.
"""

from __future__ import annotations

from natscope.errors import RemoteError
from natscope.model.mesh_notice import MeshNotice
from natscope.model.mesh_status import MeshState
from natscope.wire.local_api.loose import Loose, Problems, Tree, decode_json
from natscope.wire.local_api.status import read_status

MAX_LINE_BYTES = 16 << 20
_STATES = (
    MeshState.NO_STATE, MeshState.IN_USE_OTHER_USER, MeshState.NEEDS_LOGIN, MeshState.NEEDS_APPROVAL,
    MeshState.STOPPED, MeshState.STARTING, MeshState.RUNNING,
)  # fmt: skip
"""By number (ipn.State)."""
_PEERS = ("NetMap", "SelfChange", "PeersChanged", "PeersRemoved", "PeerChangedPatch", "PeerState", "Engine")
"""Parts after which a status may be different."""
_READ = frozenset({
    "Version", "SessionID", "ErrMessage", "State", "BrowseToURL", "Health", "InitialStatus", "Engine",
})  # fmt: skip
_KEYS = frozenset({"Prefs", "NetMap"})
"""Parts in which a daemon may send its private keys: they are not kept. The network map is also the longest part."""


def read_notice(tree: Tree) -> MeshNotice:
    """One notice; a part that is absent, new or odd costs nothing else."""
    problems = Problems()
    notice = Loose(tree, "notice", problems)
    engine = notice.inner("Engine")
    kinds = tuple(name for name, value in tree.items() if value is not None and name not in ("Version", "SessionID"))
    initial = read_status(tree["InitialStatus"], problems) if notice.has("InitialStatus") else None
    return MeshNotice(
        state=_state(notice),
        error=notice.text("ErrMessage") or "",
        login_url=notice.text("BrowseToURL") or "",
        health=_health(notice.inner("Health")) if notice.has("Health") else None,
        status=initial,
        peers_changed=initial is not None or any(name in kinds for name in _PEERS),
        bytes_in=engine.whole("RBytes"),
        bytes_out=engine.whole("WBytes"),
        live_relays=engine.whole("LiveDERPs"),
        kinds=kinds,
        rest={name: value for name, value in notice.rest(_READ | _KEYS).items() if value is not None},
        problems=tuple(problems.words),
    )


def _state(notice: Loose) -> MeshState | None:
    number = notice.whole("State")
    if number is None:
        return None
    return _STATES[number] if 0 <= number < len(_STATES) else MeshState.UNKNOWN


def _health(told: Loose) -> tuple[str, ...]:
    """The text of each warning, or its title."""
    warnings = told.inner("Warnings")
    rows = (warnings.inner(name) for name, _ in warnings.pairs())
    return tuple(words for row in rows if (words := row.text("Text") or row.text("Title") or ""))


class NoticeReader:
    """`skipped` counts lines that were no notices."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        """Nothing was read yet."""
        self.skipped = 0
        self._max = max_line_bytes
        self._held = bytearray()
        self._is_passing_over = False

    def feed(self, data: bytes) -> list[Tree]:
        """The notices that are complete now."""
        found: list[Tree] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._take(line)
            self._end(found)
        self._take(rest)
        return found

    def _take(self, piece: bytes) -> None:
        if self._is_passing_over:
            return
        if len(self._held) + len(piece) > self._max:
            self._held.clear()
            self._is_passing_over = True
        else:
            self._held += piece

    def _end(self, found: list[Tree]) -> None:
        line = bytes(self._held)
        self._held.clear()
        if self._is_passing_over:
            self._is_passing_over = False
            self.skipped += 1
        elif line.strip():
            try:
                tree = decode_json(line, "the notice", self._max)
            except RemoteError:
                tree = None
            if isinstance(tree, dict):
                found.append(tree)
            else:
                self.skipped += 1
