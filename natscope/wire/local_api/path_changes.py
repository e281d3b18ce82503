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
_PLACES = ("From", "To")
_KNOWN = frozenset({"When", "What"})
_NOTHING: tuple[object, ...] = (None, "", {}, [])


def decode_path_changes(data: bytes) -> tuple[PathChange, ...]:
    """Oldest first, as they came; at most the last `MAX_CHANGES`. Raises `RemoteError`."""
    tree = decode_json(data, "the path's history", MAX_BYTES)
    if tree is None:
        return ()
    if not isinstance(tree, list):
        raise RemoteError("the path's history is no list", field="the path's history")
    problems = Problems()
    changes = (Loose(item, f"[{number}]", problems) for number, item in enumerate(tree[-MAX_CHANGES:]))
    return tuple(_change(change) for change in changes)


def _change(told: Loose) -> PathChange:
    rest = told.rest(_KNOWN)
    places = {name: _texts(rest.get(name)) for name in _PLACES}
    for name, texts in places.items():
        if rest.get(name) in _NOTHING or rest[name] in (texts[0] if texts else None, list(texts)):
            rest.pop(name, None)  # read whole
    return PathChange(
        at=told.time("When"), what=told.text("What") or "", before=places["From"], after=places["To"], rest=rest
    )


def _texts(value: object) -> tuple[str, ...]:
    """A text, or the texts of a list. Newer daemons (1.102.5) write `{}`: Go leaves out the fields in which the address
    stands.
    """
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
