"""A client's private node key from a file: for relays that admit known clients only.

Forms: `privkey:` and 64 hex digits alone, or JSON with such a text under `PrivateKey` or `PrivateNodeKey`, as
upstream's derper and tailscaled's preferences name it.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from typing import Any

from natscope.errors import RemoteError, UserError
from natscope.wire.keys import NODE_PRIVATE, parse_key

MAX_BYTES = 64 * 1024
FIELDS = ("privatekey", "privatenodekey")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_client_key(path: str) -> tuple[bytes, str]:
    """The 32 bytes, and a warning about the file (empty for none). Raises `UserError`, never with the content."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise UserError(f"{path}: the key cannot be read: {(error.strerror or 'unknown reason').lower()}") from error
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise UserError(f"{path}: is not a file")
        data = os.read(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)
    key = _key_of(data)
    if key is None:
        raise UserError(
            f"{path}: holds no private node key",
            hint=f'expected {NODE_PRIVATE}(64 hex digits), or JSON {{"PrivateKey": …}}',
        )
    warning = f"{path}: others may read this private key (chmod 600 {path})" if state.st_mode & OTHERS else ""
    return key, warning


def _key_of(data: bytes) -> bytes | None:
    texts = [data.decode("utf-8", "replace").strip()]
    with contextlib.suppress(ValueError, RecursionError):
        document: Any = json.loads(data)
        if isinstance(document, dict):
            texts += [value for name, value in document.items() if name.lower() in FIELDS and isinstance(value, str)]
    for text in texts:
        with contextlib.suppress(RemoteError):
            key = parse_key(text, NODE_PRIVATE)
            if any(key):
                return key
    return None
