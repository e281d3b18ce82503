"""A STUN server's decisions: one datagram in, at most one answer out.

Two kinds of server. The default one (no `places`) answers a valid Binding request with cookie by XOR-MAPPED-ADDRESS
and nothing else, 32 or 44 bytes, never above 2.2 times the request. The alternate one (four `places`: two addresses by
two ports) is RFC 5780 and RFC 3489 in full, except that RESPONSE-ADDRESS is never honoured, RESPONSE-PORT only above
1023, and PADDING is never longer than the request's.

Both are silent to everything that is no Binding request, to a wrong FINGERPRINT, to bytes behind the message, and to
sources that can't be clients; a required attribute that is not understood gets error 420 (RFC 8489 §6.3.1), as a
request with wrong attributes gets 400. Errors carry no reason text, and none is sent that would be larger than 2.2
times its request. Limits per source are their owner's matter (`natscope.stun_server.limits`).
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from natscope.errors import RemoteError
from natscope.machines.api import Command, Event, Input, Received, Send
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.wire.stun.attributes import (
    ATTRIBUTES,
    COMPREHENSION_OPTIONAL,
    Attr,
    Change,
    ErrorCode,
    RawAttribute,
    Use,
    encode_address,
)
from natscope.wire.stun.classic import encode_classic_success
from natscope.wire.stun.message import (
    BINDING,
    Message,
    MessageClass,
    decode,
    encode_binding_error,
    encode_binding_success,
)

MAX_GROWTH = 2.2
"""44 bytes for 20: the most that any answer of the default server may exceed its request."""
MAX_UNKNOWN = 16
"""A request with more attributes unknown to us gets no answer."""
MIN_RESPONSE_PORT = 1024
MAX_DATAGRAM_BYTES = 65_507
_INTEGRITY = (Attr.MESSAGE_INTEGRITY, Attr.MESSAGE_INTEGRITY_SHA256)


class Place(NamedTuple):
    """One of the alternate server's sockets: which of its addresses, which of its two ports (0 or 1).

    Addresses 0 and 1 are a pair, and so are 2 and 3 of a server for both families.
    """

    address: int
    port: int

    def changed(self, change: Change) -> Place:
        """The socket that a CHANGE-REQUEST asks for, seen from this one."""
        return Place(self.address ^ change.address, self.port ^ change.port)


class Drop(enum.StrEnum):
    """Why a datagram gets no answer."""

    NOT_STUN = "not-stun"
    """No STUN message, or a broken one."""
    NOT_A_REQUEST = "not-a-binding-request"
    TRAILING_BYTES = "trailing-bytes"
    CLASSIC = "classic"
    """A request without cookie, and this server answers none."""
    FINGERPRINT = "wrong-fingerprint"
    UNKNOWN_ATTRIBUTES = "too-many-unknown-attributes"
    SOURCE = "source-cannot-be-answered"
    """Port 0, one of our own addresses, multicast, broadcast, unspecified or reserved."""
    RESPONSE_PORT = "response-port-refused"
    TOO_LARGE = "answer-too-large"
    RATE_LIMITED = "rate-limited"
    HELPER = "helper-refused"
    """A request to the helper with a bad token, an order played again, or one that can't be carried out."""
    OVERSIZED = "request-too-long"
    """Longer than the owner of the socket reads."""


class Reply(NamedTuple):
    """An answer, the socket that must send it (of the alternate server's four), and where to.

    `kind` is `success`, `error-400`, `error-420`, or `helper-offer`, `-tally`, `-sent`, `-peer`, `-train`, `-echo`,
    `-marks` and `-shape` of the helper.
    """

    data: bytes
    place: Place
    target: Endpoint
    kind: str


Outcome: TypeAlias = Reply | Drop
HOME = Place(0, 0)


class Dropped(Event):
    """A datagram was not answered; `reason` is a `Drop`."""


class StunResponder:
    """Answers datagrams. Stateless: the same datagram always gets the same outcome.

    `places` has four entries per family for the alternate server and is empty for the default one, whose answers leave
    by the socket that the request came in. `own` are endpoints that requests can't honestly come from. As a `Machine`
    it numbers its sockets `2 * address + port`.
    """

    def __init__(self, places: Mapping[Place, Endpoint] | None = None, own: Sequence[Endpoint] = ()) -> None:
        self._places = dict(places or {})
        for place, endpoint in self._places.items():
            other = self._places.get(place.changed(Change(True, True)))
            if other is None or (other.family, other.ip == endpoint.ip, other.port == endpoint.port) != (
                endpoint.family,
                False,
                False,
            ):
                raise ValueError("an alternate server has two addresses and two ports per family")
        self.own = frozenset([*own, *self._places.values()])

    @property
    def is_alternate(self) -> bool:
        """Whether CHANGE-REQUEST and the rest of RFC 5780 are served."""
        return bool(self._places)

    def handle(self, item: Input, now: float) -> list[Command | Event]:
        """The `Machine` way in; `now` changes nothing."""
        if not isinstance(item, Received):
            return []
        outcome = self.respond(item.data, item.source, Place(item.socket >> 1, item.socket & 1))
        if isinstance(outcome, Drop):
            return [Dropped(outcome.value)]
        return [Send(outcome.data, outcome.target, 2 * outcome.place.address + outcome.place.port)]

    def deadline(self) -> float | None:
        """Never: nothing is pending."""
        return None

    def respond(self, data: bytes, source: Endpoint, arrival: Place = HOME) -> Outcome:
        """What to do with a whole datagram from `source` that came in at `arrival`."""
        if not self.may_answer(source):
            return Drop.SOURCE
        try:
            request = decode(data)
        except RemoteError:
            return Drop.NOT_STUN
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        request = _without_uncovered(request)
        unknown = self._unknown(request.attributes)
        if unknown:
            return self._error(request, source, arrival, 420, unknown)
        if not self.is_alternate:
            answer = encode_binding_success(request.transaction_id, source)
            return Reply(answer, arrival, source, "success")
        return self._alternate(request, source, arrival)

    def may_answer(self, source: Endpoint) -> bool:
        """Whether anything may be sent to `source` at all."""
        return source.port != 0 and source not in self.own and is_answerable(source.ip)

    def _refuse(self, request: Message) -> Drop | None:
        if (request.message_class, request.method) != (MessageClass.REQUEST, BINDING):
            return Drop.NOT_A_REQUEST
        if request.trailing:
            return Drop.TRAILING_BYTES
        if request.classic and not self.is_alternate:
            return Drop.CLASSIC
        if request.has_fingerprint and not request.classic and not request.fingerprint_ok:
            return Drop.FINGERPRINT
        return None

    def _unknown(self, attributes: Sequence[RawAttribute]) -> list[int]:
        """The required attributes that this server does not understand, each once, in order."""
        understood = {Use.IGNORED, Use.CHECKED} | ({Use.ALTERNATE} if self.is_alternate else set())
        found: dict[int, None] = {}
        for kind, _ in attributes:
            row = ATTRIBUTES.get(kind)
            if kind < COMPREHENSION_OPTIONAL and (row is None or row.use not in understood):
                found[kind] = None
        return list(found)

    def _error(
        self, request: Message, source: Endpoint, arrival: Place, code: int, unknown: Sequence[int] = ()
    ) -> Outcome:
        if len(unknown) > MAX_UNKNOWN:
            return Drop.UNKNOWN_ATTRIBUTES
        if request.classic and len(unknown) % 2:
            unknown = [*unknown, unknown[-1]]  # RFC 3489 §11.2.10: values are multiples of 4 bytes, one is repeated
        fingerprint = self.is_alternate and request.has_fingerprint and not request.classic
        answer = encode_binding_error(request.transaction_id, ErrorCode(code, ""), unknown, fingerprint=fingerprint)
        if len(answer) > MAX_GROWTH * len(request.data):
            return Drop.TOO_LARGE
        return Reply(answer, arrival, source, f"error-{code}")

    def _alternate(self, request: Message, source: Endpoint, arrival: Place) -> Outcome:
        change, port = request.change_request, request.response_port
        has_port = request.first(Attr.RESPONSE_PORT) is not None
        malformed = (change is None) is not (request.first(Attr.CHANGE_REQUEST) is None) or (port is None) is has_port
        if malformed or (has_port and request.padding is not None):
            return self._error(request, source, arrival, 400)  # RFC 5780 §6.1: RESPONSE-PORT never beside PADDING
        target = source
        if port is not None and not request.classic:
            target = Endpoint(source.ip, port)
            if port < MIN_RESPONSE_PORT or not self.may_answer(target):
                return Drop.RESPONSE_PORT
        place = arrival.changed(change or Change(False, False))
        origin, other = self._places[place], self._places[arrival.changed(Change(True, True))]
        if request.classic:
            answer = encode_classic_success(request.transaction_id, source, origin, other)
        else:
            answer = _full_success(request, source, origin, other)
        return Reply(answer, place, target, "success")


def _without_uncovered(request: Message) -> Message:
    """The request without what follows its first integrity attribute: nothing protects that (RFC 8489 §14.5)."""
    kinds = [kind for kind, _ in request.attributes]
    first = next((index for index, kind in enumerate(kinds) if kind in _INTEGRITY), None)
    if first is None:
        return request
    tail = tuple(pair for pair in request.attributes[first + 1 :] if pair[0] in (*_INTEGRITY, Attr.FINGERPRINT))
    return replace(request, attributes=request.attributes[: first + 1] + tail)


def _full_success(request: Message, source: Endpoint, origin: Endpoint, other: Endpoint) -> bytes:
    """RFC 5780 §6.1: where the answer comes from and where else this server listens.

    MAPPED-ADDRESS stands beside the XORed one because a client that compares them finds rewriting middleboxes.
    OTHER-ADDRESS is relative to where the request arrived, whatever CHANGE-REQUEST said.
    """
    attributes: list[RawAttribute] = [
        (Attr.MAPPED_ADDRESS, encode_address(source)),
        (Attr.RESPONSE_ORIGIN, encode_address(origin)),
        (Attr.OTHER_ADDRESS, encode_address(other)),
    ]
    fingerprint = request.has_fingerprint
    if request.padding is not None:
        bare = encode_binding_success(request.transaction_id, source, attributes, fingerprint=fingerprint)
        room = MAX_DATAGRAM_BYTES - len(bare) - 4
        attributes.append((Attr.PADDING, bytes(min(len(request.padding), room - room % 4))))
    return encode_binding_success(request.transaction_id, source, attributes, fingerprint=fingerprint)


def is_answerable(ip: IPAddress) -> bool:
    """Whether `ip` can be a client: no multicast, broadcast, reserved, unspecified nor IPv4-mapped address.

    IPv4: first byte 1 to 223. IPv6: neither ff00::/8 nor ::/96 without ::1 nor ::ffff:0:0/96.
    """
    if isinstance(ip, ipaddress.IPv4Address):
        return 1 <= ip.packed[0] <= 223
    head = ip.packed[:12]
    if head in (bytes(12), bytes(10) + b"\xff\xff"):
        return ip.is_loopback
    return ip.packed[0] != 0xFF
