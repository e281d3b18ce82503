"""What the relays of one region share: 32 bytes, written as 64 hex digits. Source: upstream cmd/derper/derper.go.

A file of ours may hold two keys, one below the other: the first is shown to the other relays, both are admitted. So a
region changes its key one relay after another, and no link is missing meanwhile.
"""

from __future__ import annotations

from natscope.errors import CannotMeasure, UserError
from natscope.relay.config import MeshConfig
from natscope.wire.keys import KEY_BYTES

MAX_BYTES = 4096
MAX_KEYS = 2
_HINT = "openssl rand -hex 32 > FILE, the same file on each relay of the region"


def load_mesh_keys(config: MeshConfig) -> tuple[bytes, ...]:
    """The keys, the one to show first; empty for none, which all zeros are too.

    Raises `UserError` for what is no key, `CannotMeasure` for a file that cannot be read.
    """
    what, text = "the mesh key", config.key
    if config.key_file:
        what = config.key_file
        try:
            with open(what, "rb") as file:
                text = file.read(MAX_BYTES).decode("ascii", "replace")
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise CannotMeasure(f"{what}: the mesh key cannot be read: {reason[:1].lower()}{reason[1:]}") from error
    if not text.strip():
        if config.key_file:
            raise UserError(f"{what}: is empty, a mesh key has 64 hex digits", hint=_HINT)
        return ()
    keys = [_key(digits) for digits in text.split()]
    if len(keys) > MAX_KEYS or any(len(key) != KEY_BYTES for key in keys):
        raise UserError(f"{what}: a mesh key has 64 hex digits, and there are two at most", hint=_HINT)
    return tuple(dict.fromkeys(key for key in keys if any(key)))


def _key(digits: str) -> bytes:
    """Empty for what is none."""
    try:
        return bytes.fromhex(digits) if len(digits) == 2 * KEY_BYTES and digits.isalnum() else b""
    except ValueError:
        return b""
