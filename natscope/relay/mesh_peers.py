"""`--mesh-with`: which relays of the region to link to, in derper's form `name[:port][/host-to-dial]`."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from natscope.errors import UserError


class MeshPeer(msgspec.Struct, frozen=True):
    """`name` is for TLS and HTTP, with a port where it is not 443; `dial` is connected to instead, empty for itself."""

    name: str
    dial: str = ""

    @property
    def url(self) -> str:
        """Always encrypted."""
        return f"https://{self.name}/derp"


def parse_mesh_peers(texts: Iterable[str]) -> tuple[MeshPeer, ...]:
    """From the parts of the flag. Raises `UserError`."""
    return tuple(_parse(text.strip()) for text in texts if text.strip())


def _parse(text: str) -> MeshPeer:
    name, *rest = text.split("/")
    if len(rest) > 1 or (rest and not rest[0]):
        raise UserError(f"--mesh-with: {text} is neither NAME nor NAME/HOST-TO-DIAL")
    dial = rest[0] if rest else ""
    peer = MeshPeer(name, dial if dial != name else "")
    try:
        parts = urlsplit(peer.url)
        good = bool(parts.hostname) and (parts.port is None or parts.port > 0) and parts.username is None
    except ValueError:
        good = False
    if not good:
        raise UserError(f"--mesh-with: {text} does not begin with the name of a host")
    return peer
