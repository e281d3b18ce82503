"""Classic STUN (RFC 3489): messages without cookie, their 16-byte transaction ids and plain addresses.

Reading needs nothing special (`message.decode` sets `classic`); writing differs: addresses are never XORed and the
server names its addresses as SOURCE-ADDRESS and CHANGED-ADDRESS. RESPONSE-ADDRESS is never written nor honoured.
"""

from __future__ import annotations

from natscope.errors import LocalError
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr, Change, RawAttribute, encode_address, encode_change
from natscope.wire.stun.message import MessageClass, encode

CLASSIC_ID_BYTES = 16


def encode_classic_request(transaction_id: bytes, change: Change | None = None) -> bytes:
    """A classic Binding request, with CHANGE-REQUEST when `change` is given (RFC 3489 §9.3)."""
    attributes = [] if change is None else [(int(Attr.CHANGE_REQUEST), encode_change(change))]
    return encode(MessageClass.REQUEST, _classic_id(transaction_id), attributes)


def encode_classic_success(
    transaction_id: bytes, mapped: Endpoint, source: Endpoint, changed: Endpoint | None
) -> bytes:
    """A classic Binding response (RFC 3489 §8.1); a server with one address leaves `changed` out."""
    attributes: list[RawAttribute] = [
        (Attr.MAPPED_ADDRESS, encode_address(mapped)),
        (Attr.SOURCE_ADDRESS, encode_address(source)),
    ]
    if changed is not None:
        attributes.append((Attr.CHANGED_ADDRESS, encode_address(changed)))
    return encode(MessageClass.SUCCESS, _classic_id(transaction_id), attributes)


def _classic_id(transaction_id: bytes) -> bytes:
    if len(transaction_id) != CLASSIC_ID_BYTES:
        raise LocalError(f"a classic transaction id has 16 bytes, not {len(transaction_id)}")
    return transaction_id
