"""The relay's private key in a file: JSON `{"PrivateKey": "privkey:…"}`, as upstream's derper keeps it.

Source: upstream cmd/derper/derper.go (loadConfig, writeNewConfig).
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from dataclasses import dataclass

from natscope.errors import CannotMeasure, RemoteError, UserError
from natscope.relay.private_files import write_whole
from natscope.wire.keys import KEY_BYTES, NODE_PRIVATE, PrivateKey, key_text, parse_key

MAX_BYTES = 64 * 1024
FIELD = "PrivateKey"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The key, whether it was made just now, and a `warning` about the file (empty for none)."""

    private: PrivateKey
    is_new: bool = False
    warning: str = ""


def load_or_make(path: str, random: bytes) -> KeyFile:
    """Read the key; without a file make one from 32 random bytes.

    Raises `UserError` for a file that holds no key, `CannotMeasure` when it cannot be read or written.
    """
    found = _read(path)
    if found is not None:
        return found
    private = PrivateKey(random)
    try:
        _write_new(path, private)
    except FileExistsError:  # another process was faster: its key counts
        found = _read(path)
        if found is not None:
            return found
        raise CannotMeasure(f"{path}: cannot be written: it comes and goes") from None
    except OSError as error:
        raise CannotMeasure(
            f"{path}: the key cannot be written: {_words(error)}", hint="another place: --key-file FILE"
        ) from error
    return KeyFile(private, is_new=True)


def _read(path: str) -> KeyFile | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotMeasure(f"{path}: the key cannot be read: {_words(error)}") from error
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise UserError(f"{path}: is not a file")
        data = os.read(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)
    warning = ""
    if state.st_mode & OTHERS:
        warning = f"{path}: others may read this private key (chmod 600 {path})"
    return KeyFile(PrivateKey(_key_of(path, data)), warning=warning)


def _key_of(path: str, data: bytes) -> bytes:
    """Field names are compared as Go's decoder does, without case."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        for name, value in document.items():
            if name.lower() == FIELD.lower() and isinstance(value, str):
                with contextlib.suppress(RemoteError):
                    key = parse_key(value, NODE_PRIVATE)
                    if any(key):
                        return key
    raise UserError(
        f'{path}: holds no key: expected {{"{FIELD}": "{NODE_PRIVATE}(64 hex digits)"}}',
        hint="move the file away and a new key is made; clients then see another relay key",
    )


def _write_new(path: str, private: PrivateKey) -> None:
    """Whole or not at all, never over another file; only the owner may read it. Raises `OSError`."""
    assert len(private.data) == KEY_BYTES
    text = json.dumps({FIELD: key_text(private.data, NODE_PRIVATE)}, indent="\t") + "\n"
    write_whole(path, text.encode(), 0o600, replace=False)


def _words(error: OSError) -> str:
    text = error.strerror or "unknown reason"
    return text[:1].lower() + text[1:]
