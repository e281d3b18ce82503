"""Curve25519 keys of the mesh: 32 bytes, and the text forms with a prefix and 64 hex digits.

Source: upstream types/key (node.go, disco.go, machine.go). Public keys are addresses; private ones never get a repr.
"""

from __future__ import annotations

import re

from nacl.bindings import crypto_scalarmult_base

from natscope.errors import RemoteError

KEY_BYTES = 32
NODE_PUBLIC, NODE_PRIVATE, DISCO_PUBLIC, MACHINE_PUBLIC = "nodekey:", "privkey:", "discokey:", "mkey:"
_HEX = re.compile(r"[0-9a-fA-F]{64}")


class PrivateKey:
    """A Curve25519 private key; `public` is derived once."""

    __slots__ = ("data", "public")

    def __init__(self, data: bytes) -> None:
        """32 random bytes; they are clamped as Curve25519 wants. Raises `RemoteError` for another length."""
        if len(data) != KEY_BYTES:
            raise RemoteError(f"a private key has {KEY_BYTES} bytes, not {len(data)}", field="private key")
        self.data = bytes((data[0] & 248, *data[1:31], (data[31] & 127) | 64))
        self.public: bytes = crypto_scalarmult_base(self.data)

    def __repr__(self) -> str:
        """Never the secret."""
        return f"PrivateKey(public={self.public.hex()[:10]}…)"


def key_text(key: bytes, prefix: str = NODE_PUBLIC) -> str:
    """The text form, such as `nodekey:` and 64 hex digits."""
    return prefix + key.hex()


def parse_key(text: str, prefix: str = NODE_PUBLIC) -> bytes:
    """The 32 bytes of a text form; an empty prefix takes bare hex digits. Raises `RemoteError`."""
    if not text.startswith(prefix) or not _HEX.fullmatch(text, len(prefix)):
        raise RemoteError(f"no key of the form {prefix}(64 hex digits)", field="key")
    return bytes.fromhex(text[len(prefix) :])


def short_key(key: bytes) -> str:
    """How people see a node key: the first five characters of its base64 in brackets, as upstream's logs have it."""
    import base64

    return f"[{base64.b64encode(key)[:5].decode()}]"
