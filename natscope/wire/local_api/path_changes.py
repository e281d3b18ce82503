"""The daemon's history of decisions about the path to one peer.

Source: upstream wgengine/magicsock/endpoint.go, types/ringlog. The daemon keeps the last hundred or so; what changed is
told in the names of its functions, addresses are told for some of them only.
"""

from __future__ import annotations

from natscope.errors import RemoteError
from natscope.model.mesh_path import PathChange
from natscope.wire.local_api.loose import Loose, Problems, decode_json

MAX_BYTES = 4 << 20
MAX_CHANGES = 10_000


def decode_path_changes(data: bytes) -> tuple[PathChange, ...]:
    """Oldest first, as they came; at most the last `MAX_CHANGES`. Raises `RemoteError`."""
    tree = decode_json(data, "the path's history", MAX_BYTES)
    if tree is None:
        return ()
    if not isinstance(tree, list):
        raise RemoteError("the path's history is no list", field="the path's history")
    problems = Problems()
    changes = (Loose(item, f"[{number}]", problems) for number, item in enumerate(tree[-MAX_CHANGES:]))
    return tuple(
        PathChange(
            at=change.time("When"), what=change.text("What") or "", before=_texts(change, "From"),
            after=_texts(change, "To"),
        )
        for change in changes
    )  # fmt: skip


def _texts(change: Loose, name: str) -> tuple[str, ...]:
    """A text, a list of texts, or an object in which newer daemons put the address."""
    value = change.rest(frozenset()).get(name)
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()
