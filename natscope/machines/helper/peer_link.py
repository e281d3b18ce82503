"""Servers of one owner, with one secret, that send ordered packets for each other.

Each message is a Binding indication with HELPER and, last, MESSAGE-INTEGRITY-SHA256 by the secret; whoever lacks it
gets silence. A forwarded order carries a nonce that proves the other server's address, so that a recorded one can't be
played from elsewhere or later, and each transaction id is served once. One packet in gives at most one packet back to
the other server, and one to the asker.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from natscope.errors import RemoteError
from natscope.machines.helper.tokens import TOKEN_LIFE_S, Tokens
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import (
    Done,
    Fate,
    Forward,
    Hello,
    HelperMessage,
    Nonce,
    decode_helper,
    encode_helper,
)
from natscope.wire.stun.integrity import append_integrity, is_integrity_right
from natscope.wire.stun.message import BINDING, Message, MessageClass, encode

MIN_SECRET_BYTES = 16
NONCE_FRESH_S = TOKEN_LIFE_S * 2 / 3
"""Older ones are replaced before they lapse."""
WAITING_S = 2.0
"""So long an order waits for the other server's nonce."""
MAX_WAITING = 64
MAX_SERVED = 4096
_PURPOSE = b"server"


def peer_key(secret: bytes) -> bytes:
    """The key of the integrity attribute. Raises `ValueError` for a secret that is too short to be one."""
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"the secret has fewer than {MIN_SECRET_BYTES} bytes")
    return hashlib.sha256(b"natscope helper\0" + secret).digest()


class PeerLink:
    """One server's side, for one family: it forwards to `peer`, and sends for everybody who has the secret.

    `peer` is another server's first endpoint, None where we only send for others; `own_other_port` is where our
    packets for them come from.
    """

    def __init__(self, key: bytes, tokens: Tokens, peer: Endpoint | None, own_other_port: int) -> None:
        self.peer = peer
        self.other_port = 0
        """The other server's, once it said."""
        self._key = key
        self._tokens = tokens
        self._own_other_port = own_other_port
        self._nonce = b""
        self._nonce_at = float("-inf")
        self._waiting: OrderedDict[bytes, tuple[Endpoint, float]] = OrderedDict()
        self._served: OrderedDict[bytes, float] = OrderedDict()

    def wake(self, identity: bytes, now: float) -> bytes | None:
        """A hello when our nonce is old, so that it is fresh when an order comes; None otherwise."""
        return None if now - self._nonce_at < NONCE_FRESH_S else self._seal(identity, Hello())

    def forward(self, identity: bytes, target: Endpoint, now: float) -> bytes:
        """What to send to the peer for an order with that transaction id: the order, or a hello before it."""
        for old in [key for key, (_, at) in self._waiting.items() if now - at > WAITING_S]:
            del self._waiting[old]
        while len(self._waiting) >= MAX_WAITING:
            self._waiting.popitem(last=False)
        self._waiting[identity] = target, now
        if now - self._nonce_at >= TOKEN_LIFE_S:
            return self._seal(identity, Hello())
        return self._seal(identity, Forward(self._nonce, target))

    def open(self, request: Message, source: Endpoint) -> HelperMessage | None:
        """What another server says; None for anything that is not from one, and for answers not from our peer."""
        if (request.message_class, request.method) != (MessageClass.INDICATION, BINDING):
            return None
        value = request.first(Attr.HELPER)
        if value is None or not is_integrity_right(request.data, self._key, sha256=True):
            return None
        try:
            message = decode_helper(value)
        except RemoteError:
            return None
        return None if isinstance(message, (Nonce, Done)) and source != self.peer else message

    def on_hello(self, identity: bytes, source: Endpoint, now: float) -> bytes:
        """The nonce that it wants."""
        return self._seal(identity, Nonce(self._tokens.make(_PURPOSE, source, now), self._own_other_port))

    def on_nonce(self, nonce: Nonce, now: float) -> list[bytes]:
        """Take it, and forward what waited for it."""
        self._nonce, self._nonce_at, self.other_port = nonce.nonce, now, nonce.other_port
        ready = [(key, target) for key, (target, at) in self._waiting.items() if now - at <= WAITING_S]
        return [self._seal(key, Forward(nonce.nonce, target)) for key, target in ready]

    def on_done(self, identity: bytes) -> None:
        """It is not waiting any more."""
        self._waiting.pop(identity, None)

    def is_proved(self, order: Forward, source: Endpoint, now: float) -> bool:
        """Whether the nonce of a forwarded order is good."""
        return self._tokens.is_good(order.nonce, _PURPOSE, source, now)

    def is_new(self, identity: bytes, now: float) -> bool:
        """Whether no order with that transaction id was served; remembers it."""
        while self._served and (len(self._served) >= MAX_SERVED or now - next(iter(self._served.values())) > 60.0):
            self._served.popitem(last=False)
        if identity in self._served:
            return False
        self._served[identity] = now
        return True

    def done(self, identity: bytes, fate: Fate) -> bytes:
        """The confirmation."""
        return self._seal(identity, Done(fate))

    def _seal(self, identity: bytes, message: HelperMessage) -> bytes:
        body = [(int(Attr.HELPER), encode_helper(message))]
        return append_integrity(encode(MessageClass.INDICATION, identity, body), self._key, sha256=True)
