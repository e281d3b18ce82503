"""FINGERPRINT and MESSAGE-INTEGRITY: what proves that a STUN message arrived as it was sent.

Both count the header's length field as it is with the attribute in question as the last one, whatever follows.
Source: RFC 8489 §14.5 to §14.7 and §9. Passwords and names are expected prepared (SASLprep, OpaqueString).
"""

from __future__ import annotations

import struct
import zlib

from natscope.wire.cursor import Reader
from natscope.wire.stun.attributes import Attr

HEADER_BYTES = 20
FINGERPRINT_XOR = 0x5354554E
FINGERPRINT_BYTES = 8
SHA1_BYTES = 20
SHA256_BYTES = 32


def fingerprint(before: bytes) -> int:
    """The value for a message that ends just before its FINGERPRINT; the header counts the attribute already."""
    return zlib.crc32(before) ^ FINGERPRINT_XOR


def append_fingerprint(message: bytes) -> bytes:
    """`message` with FINGERPRINT as its last attribute."""
    before = with_length(message, len(message) - HEADER_BYTES + FINGERPRINT_BYTES)
    return before + struct.pack("!HHI", Attr.FINGERPRINT, 4, fingerprint(before))


def is_fingerprint_right(message: bytes) -> bool:
    """Whether the last 8 bytes are a FINGERPRINT of all bytes before them and the header's length is true."""
    if len(message) < HEADER_BYTES + FINGERPRINT_BYTES:
        return False
    kind, length, value = struct.unpack_from("!HHI", message, len(message) - FINGERPRINT_BYTES)
    if (kind, length) != (Attr.FINGERPRINT, 4) or int.from_bytes(message[2:4], "big") != len(message) - HEADER_BYTES:
        return False
    return bool(value == fingerprint(message[:-FINGERPRINT_BYTES]))


def short_term_key(password: str) -> bytes:
    """RFC 8489 §9.1.1: the prepared password itself."""
    return password.encode()


def long_term_key(username: str, realm: str, password: str, *, sha256: bool = False) -> bytes:
    """RFC 8489 §9.2.2: the digest of `username:realm:password`; MD5 unless the server chose SHA-256."""
    import hashlib

    text = f"{username}:{realm}:{password}".encode()
    return hashlib.sha256(text).digest() if sha256 else hashlib.md5(text, usedforsecurity=False).digest()


def append_integrity(message: bytes, key: bytes, *, sha256: bool = False) -> bytes:
    """`message` with MESSAGE-INTEGRITY (or MESSAGE-INTEGRITY-SHA256) as its last attribute."""
    kind, size = _kind(sha256)
    return (
        with_length(message, len(message) - HEADER_BYTES + 4 + size)
        + struct.pack("!HH", kind, size)
        + _digest(message, key, sha256)
    )


def is_integrity_right(message: bytes, key: bytes, *, sha256: bool = False) -> bool:
    """Whether the first integrity attribute of that kind is there and right; compares in constant time.

    The SHA-256 form may be cut to 16 bytes or more, in steps of 4 (RFC 8489 §14.6).
    """
    import hmac

    kind, size = _kind(sha256)
    found = _find(message, kind)
    if found is None:
        return False
    offset, value = found
    sizes = range(16, SHA256_BYTES + 1, 4) if sha256 else (size,)
    expected = _digest(message[:offset], key, sha256, announced=len(value))[: len(value)]
    return len(value) in sizes and hmac.compare_digest(expected, value)


def with_length(message: bytes, length: int) -> bytes:
    """`message` with another length in its header."""
    return message[:2] + struct.pack("!H", length) + message[4:]


def _kind(sha256: bool) -> tuple[Attr, int]:
    if sha256:
        return Attr.MESSAGE_INTEGRITY_SHA256, SHA256_BYTES
    return Attr.MESSAGE_INTEGRITY, SHA1_BYTES


def _digest(before: bytes, key: bytes, sha256: bool, announced: int | None = None) -> bytes:
    import hmac

    size = _kind(sha256)[1] if announced is None else announced
    covered = with_length(before, len(before) - HEADER_BYTES + 4 + size)
    return hmac.digest(key, covered, "sha256" if sha256 else "sha1")


def _find(message: bytes, wanted: int) -> tuple[int, bytes] | None:
    """Offset and value of the first attribute `wanted`; raises `RemoteError` on a broken message."""
    reader = Reader(message, HEADER_BYTES)
    while reader.remaining:
        offset = reader.offset
        kind, length = reader.u16("attribute type"), reader.u16("attribute length")
        value = reader.take(length, "attribute value")
        reader.skip(-length % 4, "attribute padding")
        if kind == wanted:
            return offset, value
    return None
