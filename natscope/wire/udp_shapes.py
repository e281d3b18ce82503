"""Datagrams that are no STUN, and look like what a firewall may drop: for the question which shapes of UDP pass.

`OPAQUE` is 64 bytes that look random, as a mesh agent's own messages do to who has no key. `WIREGUARD` has the length
and the head of a handshake initiation, and its answer those of a response (148 and 92 bytes, WireGuard's protocol
page). Nothing in them is a handshake: the last 16 bytes are a digest of the rest, so that a server knows them from
everybody else's packets without keeping anything. An answer is a digest too: whoever asked can tell it is for him.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass

from natscope.errors import LocalError, RemoteError

DIGEST_BYTES = 16
_PURPOSE, _ANSWER = b"natscope shape 1", b"natscope shape 1 answer"


class Shape(enum.StrEnum):
    """What a datagram looks like."""

    OPAQUE = "opaque"
    WIREGUARD = "wireguard"


@dataclass(frozen=True, slots=True)
class _Form:
    """Head and length of the request and of its answer."""

    head: bytes
    length: int
    answer_head: bytes
    answer_length: int


FORMS = {
    Shape.OPAQUE: _Form(b"\xe7", 64, b"\xe8", 48),
    Shape.WIREGUARD: _Form(b"\1\0\0\0", 148, b"\2\0\0\0", 92),
}
"""First bytes of 64 and more are never STUN's (RFC 7983); WireGuard's are, so its requests have no STUN cookie."""


def random_bytes(shape: Shape) -> int:
    """How many random bytes a request takes."""
    form = FORMS[shape]
    return form.length - len(form.head) - DIGEST_BYTES


def encode_shape(shape: Shape, random: bytes) -> bytes:
    """A request. Raises `LocalError` for another number of random bytes."""
    if len(random) != random_bytes(shape):
        raise LocalError(f"a request of shape {shape} takes {random_bytes(shape)} random bytes")
    body = FORMS[shape].head + random
    return body + _digest(_PURPOSE, body, DIGEST_BYTES)


def is_shape(data: bytes) -> bool:
    """Whether it may be a request: by its length and head, at the cost of nothing."""
    return any(len(data) == form.length and data.startswith(form.head) for form in FORMS.values())


def decode_shape(data: bytes) -> Shape:
    """Of a request. Raises `RemoteError` for everything else, a real handshake too."""
    for shape, form in FORMS.items():
        body, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
        if len(data) == form.length and data.startswith(form.head) and digest == _digest(_PURPOSE, body, DIGEST_BYTES):
            return shape
    raise RemoteError("no request of a known shape", field="shape")


def answer_to(request: bytes) -> bytes:
    """The answer to a request, always the same one and shorter. Raises `RemoteError`."""
    form = FORMS[decode_shape(request)]
    return form.answer_head + _digest(_ANSWER, request, form.answer_length - len(form.answer_head))


def _digest(purpose: bytes, data: bytes, length: int) -> bytes:
    return hashlib.shake_128(purpose + data).digest(length)
