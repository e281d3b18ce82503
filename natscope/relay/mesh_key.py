"""What the relays of one region share: 32 bytes, written as 64 hex digits. Source: upstream cmd/derper/derper.go."""

from __future__ import annotations

from natscope.errors import CannotMeasure, UserError
from natscope.relay.config import MeshConfig
from natscope.wire.keys import KEY_BYTES

MAX_BYTES = 4096
_HINT = "openssl rand -hex 32 > FILE, the same file on each relay of the region"


def load_mesh_key(config: MeshConfig) -> bytes:
    """The key, spaces around it trimmed; empty for none, which all zeros are too.

    Raises `UserError` for what is no key, `CannotMeasure` for a file that cannot be read.
    """
    what, text = "the mesh key", config.key
    if config.key_file:
        what = config.key_file
        try:
            with open(what, "rb") as file:
                text = file.read(MAX_BYTES).decode("ascii", "replace")
        except OSError as error:
            words = error.strerror or "unknown reason"
            raise CannotMeasure(f"{what}: the mesh key cannot be read: {words[:1].lower()}{words[1:]}") from error
    if not text.strip():
        if config.key_file:
            raise UserError(f"{what}: is empty, a mesh key has 64 hex digits", hint=_HINT)
        return b""
    digits = text.strip()
    try:
        key = bytes.fromhex(digits) if len(digits) == 2 * KEY_BYTES and digits.isalnum() else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UserError(f"{what}: a mesh key has 64 hex digits", hint=_HINT)
    return key if any(key) else b""
