"""The helper's decisions: who may order a packet, from which socket it leaves, and what became of it.

It answers only the address that asked, and only with a token which that address got from here in the last 30 s. An
order gives one packet, smaller than the order, from our other port or our other address, or, by a server that shares
our secret, from that one's. A port other than the asker's own (to prove a port mapping) must be above 1023 and has a
much smaller budget. Everything is limited per source, all orders together too; what is over a limit gets silence, but
`Count` says so, for a lost or refused packet must not look like a filtered one. docs/helper.md
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from natscope.errors import RemoteError
from natscope.machines.helper.peer_link import PeerLink
from natscope.machines.helper.tokens import Tokens
from natscope.machines.helper.trains import MAX_RATE, Trains
from natscope.machines.source_limiter import SourceLimiter, source_key
from natscope.machines.stun_responder import MIN_RESPONSE_PORT, Drop, Place, Reply, is_answerable
from natscope.model.endpoint import Endpoint, Family
from natscope.wire.stun.attributes import Attr, Change, encode_address
from natscope.wire.stun.helper_messages import (
    Ask,
    AskMarks,
    Count,
    Done,
    Fate,
    Forward,
    Hello,
    HelperMessage,
    Nonce,
    Offer,
    Order,
    Tally,
    TellMarks,
    Way,
    decode_helper,
    encode_helper,
)  # fmt: skip
from natscope.wire.stun.message import BINDING, Message, MessageClass, encode_binding_success
from natscope.wire.stun.train_messages import (
    BookTrain,
    CountTrain,
    TrainGrant,
    TrainPacket,
    TrainTally,
    encode_train,
    is_train,
)
from natscope.wire.udp_shapes import answer_to

ORDERS_PER_S, ORDER_BURST = 2.0, 40
PORTS_PER_S, PORT_BURST = 0.2, 12
"""Orders to a port that the asker did not write from, without a token of that port."""
PORT_PROOF_S = 180.0
"""So long a token of a port lets the same address order packets to it: lifetimes of silent mappings are measured so."""
ANSWERS_PER_S, ANSWER_BURST = 10.0, 60
"""Offers and tallies, which are no larger than their requests."""
ALL_PER_S, ALL_BURST = 200.0, 400
"""All packets that leave for strangers, whoever ordered them."""
MAX_FATES = 8192
_PURPOSE = b"asker"
_BOTH = Change(address=True, port=True)
_PORT = Change(address=False, port=True)


class HelperServer:
    """Answers requests with HELPER. `places` are this process's sockets; `peers` another server for each family.

    `common` is `peer_key` of the secret of all servers that send for each other, None without; a server with two
    addresses needs no peers. `key` is random and secret, 16 bytes or more, new in each process. `own` are endpoints
    that nobody else can have. `train_rate` is the highest rate of a train in packets a second, 0 counts none.
    """

    def __init__(
        self,
        key: bytes,
        places: Mapping[Place, Endpoint],
        *,
        peers: Mapping[Family, Endpoint] | None = None,
        common: bytes | None = None,
        own: Sequence[Endpoint] = (),
        train_rate: int = MAX_RATE,
    ) -> None:
        self.places = dict(places)
        self._tokens = Tokens(key)
        self._trains = Trains(self._tokens, train_rate)
        self._own = frozenset((*own, *self.places.values()))
        families: dict[Family, None] = dict.fromkeys(end.family for end in self.places.values())
        self._links: dict[Family, PeerLink] = {}
        if common is not None:
            for family in families:
                peer = (peers or {}).get(family)
                self._links[family] = PeerLink(common, self._tokens, peer, self._other_port(family))
        self._orders = SourceLimiter(ORDERS_PER_S, ORDER_BURST)
        self._ports = SourceLimiter(PORTS_PER_S, PORT_BURST)
        self._answers = SourceLimiter(ANSWERS_PER_S, ANSWER_BURST)
        self._all = SourceLimiter(ALL_PER_S, ALL_BURST)
        self._fates: OrderedDict[tuple[Endpoint, bytes], Fate] = OrderedDict()
        self._pending: OrderedDict[bytes, Endpoint] = OrderedDict()

    @property
    def train_rate(self) -> int:
        """The highest rate of a train, may be changed at any time."""
        return self._trains.rate

    @train_rate.setter
    def train_rate(self, rate: int) -> None:
        self._trains.rate = rate

    def handle(
        self, request: Message, source: Endpoint, arrival: Place, now: float, tos: int | None = None
    ) -> list[Reply] | Drop | None:
        """What to send for a message from `source`; None when it is no business of the helper's.

        `tos` is the type of service or traffic class with which it came, None where the system does not tell.
        """
        value = request.first(Attr.HELPER)
        if value is None or request.method != BINDING or request.classic or request.trailing:
            return None
        if not self._may_answer(source):
            return Drop.SOURCE
        if is_train(value):
            return self._train(request, value, source, arrival, now)
        if request.message_class is MessageClass.INDICATION:
            return self._from_peer(request, source, arrival, now)
        if request.message_class is not MessageClass.REQUEST:
            return None
        if request.has_fingerprint and not request.fingerprint_ok:
            return Drop.FINGERPRINT
        try:
            message = decode_helper(value)
        except RemoteError:
            return None  # a later version's: the plain answer
        if isinstance(message, AskMarks):
            return self._marks(request, source, arrival, now, tos)
        return self._from_client(request, message, source, arrival, now)

    def shaped(self, data: bytes, source: Endpoint, arrival: Place, now: float) -> list[Reply] | Drop | None:
        """The answer to a datagram of a known shape, which is shorter and goes to who asked; None for others."""
        try:
            answer = answer_to(data)
        except RemoteError:
            return None
        if not self._may_answer(source):
            return Drop.SOURCE
        if not self._answers.allow(source_key(source.ip.packed), now):
            return Drop.RATE_LIMITED
        return [Reply(answer, arrival, source, "helper-shape")]

    def _marks(
        self, request: Message, source: Endpoint, arrival: Place, now: float, tos: int | None
    ) -> list[Reply] | Drop | None:
        """The plain answer where the system does not tell."""
        if tos is None:
            return None
        if not self._answers.allow(source_key(source.ip.packed), now):
            return Drop.RATE_LIMITED
        data = self._success(request, source, TellMarks(tos & 0xFF))
        too_long = len(data) > len(request.data)
        return Drop.TOO_LARGE if too_long else [Reply(data, arrival, source, "helper-marks")]

    def _from_client(
        self, request: Message, message: HelperMessage, source: Endpoint, arrival: Place, now: float
    ) -> list[Reply] | Drop | None:
        if isinstance(message, Order):
            return self._order(request, message, source, arrival, now)
        if not isinstance(message, (Ask, Count)):
            return Drop.HELPER
        if not self._answers.allow(source_key(source.ip.packed), now):
            return Drop.RATE_LIMITED
        if isinstance(message, Ask):
            replies = self._offered(request, source, arrival, now)
            link = self._links.get(source.family)
            hello = None if link is None or link.peer is None else link.wake(request.transaction_id, now)
            return replies if link is None or hello is None else [*replies, self._to_peer(hello, link.peer)]
        if not self._tokens.is_good(message.token, _PURPOSE, source, now):
            return Drop.HELPER
        fates = tuple(self._fates.get((source, order), Fate.UNKNOWN) for order in message.orders)
        data = self._success(request, source, Tally(fates))
        too_long = len(data) > len(request.data)
        return Drop.TOO_LARGE if too_long else [Reply(data, arrival, source, "helper-tally")]

    def _offered(self, request: Message, source: Endpoint, arrival: Place, now: float) -> list[Reply]:
        """Without the other address where that makes it longer than its request: IPv6, and no SOFTWARE to fill up."""
        offer = self._offer(source, arrival, now)
        data = self._success(request, source, offer, plain=True)
        if len(data) > len(request.data):
            data = self._success(request, source, Offer(offer.token, offer.other_port))
        return [Reply(data, arrival, source, "helper-offer")]

    def _offer(self, source: Endpoint, arrival: Place, now: float) -> Offer:
        token = self._tokens.make(_PURPOSE, source, now)
        port = self.places.get(arrival.changed(_PORT))
        other, link = self.places.get(arrival.changed(_BOTH)), self._links.get(source.family)
        other_port = 0 if port is None else port.port
        if other is not None:
            main = self.places.get(Place(arrival.address ^ 1, arrival.port))
            return Offer(token, other_port, other, 0 if main is None else main.port)
        if link is not None and link.peer is not None:
            return Offer(token, other_port, Endpoint(link.peer.ip, link.other_port), link.peer.port)
        return Offer(token, other_port)

    def _order(
        self, request: Message, order: Order, source: Endpoint, arrival: Place, now: float
    ) -> list[Reply] | Drop:
        own = order.port and self._tokens.is_good(
            order.token, _PURPOSE, Endpoint(source.ip, order.port), now, life_s=PORT_PROOF_S
        )
        if not own and not self._tokens.is_good(order.token, _PURPOSE, source, now):
            return Drop.HELPER
        key = source, request.transaction_id[:4]
        if key in self._fates:
            return Drop.HELPER  # played again
        target = Endpoint(source.ip, order.port) if order.port else source
        place, link = self._sender(order.way, source.family, arrival)
        if target.port < MIN_RESPONSE_PORT and target != source:
            return self._refused(key, Fate.REFUSED)
        if (place is None and link is None) or not self._may_answer(target):
            return self._refused(key, Fate.REFUSED)
        if not self._is_allowed(source, target, now, own=bool(own)):
            return self._refused(key, Fate.LIMITED)
        if link is not None and place is None:
            self._remember(key, Fate.WAITING)
            self._pending[request.transaction_id] = source
            while len(self._pending) > MAX_FATES:
                self._pending.popitem(last=False)
            return [self._to_peer(link.forward(request.transaction_id, target, now), link.peer)]
        assert place is not None
        self._remember(key, Fate.SENT)
        answer = encode_binding_success(request.transaction_id, target)
        return [Reply(answer, place, target, "helper-sent")]

    def _sender(self, way: Way, family: Family, arrival: Place) -> tuple[Place | None, PeerLink | None]:
        wanted = arrival.changed(_BOTH if way is Way.OTHER_ADDRESS else _PORT)
        place, link = wanted if wanted in self.places else None, self._links.get(family)
        return place, link if link is not None and link.peer is not None and way is Way.OTHER_ADDRESS else None

    def _is_allowed(self, source: Endpoint, target: Endpoint, now: float, *, own: bool) -> bool:
        key = source_key(source.ip.packed)
        if target.port != source.port and not own and not self._ports.allow(key, now):
            return False
        return self._orders.allow(key, now) and self._all.allow(0, now)

    def _refused(self, key: tuple[Endpoint, bytes], fate: Fate) -> Drop:
        self._remember(key, fate)
        return Drop.RATE_LIMITED if fate is Fate.LIMITED else Drop.HELPER

    def _remember(self, key: tuple[Endpoint, bytes], fate: Fate) -> None:
        self._fates[key] = fate
        while len(self._fates) > MAX_FATES:
            self._fates.popitem(last=False)

    # -- trains ----------------------------------------------------------------------------------------------------

    def _train(
        self, request: Message, value: bytes, source: Endpoint, arrival: Place, now: float
    ) -> list[Reply] | Drop | None:
        """A packet of a train has no fingerprint; what wants an answer is limited as every other answer is."""
        message = self._trains.read(value, request.message_class)
        if isinstance(message, TrainPacket):
            echo = self._trains.arrived(message, request.data, source, now)
            return Drop.HELPER if echo is None else [Reply(echo, arrival, source, "helper-echo")]
        if not isinstance(message, (BookTrain, CountTrain)):
            return Drop.HELPER
        if request.has_fingerprint and not request.fingerprint_ok:
            return Drop.FINGERPRINT
        if not self._answers.allow(source_key(source.ip.packed), now):
            return Drop.RATE_LIMITED
        answer: TrainTally | TrainGrant | None
        if isinstance(message, CountTrain):
            answer = self._trains.tally(message, source, now)
        elif self._tokens.is_good(message.token, _PURPOSE, source, now):
            answer = self._trains.book(message, source, now)
        else:
            answer = None
        if answer is None:
            return Drop.HELPER
        extra = [(int(Attr.HELPER), encode_train(answer))]
        data = encode_binding_success(request.transaction_id, source, extra)
        too_long = len(data) > len(request.data)
        return Drop.TOO_LARGE if too_long else [Reply(data, arrival, source, "helper-train")]

    # -- the other server ------------------------------------------------------------------------------------------

    def _from_peer(self, request: Message, source: Endpoint, arrival: Place, now: float) -> list[Reply] | Drop:
        link = self._links.get(source.family)
        message = None if link is None else link.open(request, source)
        if link is None or message is None:
            return Drop.NOT_A_REQUEST
        identity = request.transaction_id
        if isinstance(message, Hello):
            return self._nonce(link, source, identity, now)
        if isinstance(message, Nonce):
            return [self._to_peer(data, source) for data in link.on_nonce(message, now)]
        if isinstance(message, Forward):
            return self._forwarded(link, message, source, identity, arrival, now)
        if isinstance(message, Done):
            link.on_done(identity)
            asker = self._pending.pop(identity, None)
            if asker is not None:
                self._remember((asker, identity[:4]), message.fate)
            return []
        return Drop.HELPER

    def _forwarded(
        self, link: PeerLink, order: Forward, source: Endpoint, identity: bytes, arrival: Place, now: float
    ) -> list[Reply] | Drop:
        if not link.is_proved(order, source, now):
            return self._nonce(link, source, identity, now)  # we were started again: it needs a new one
        if not link.is_new(identity, now):
            return Drop.HELPER
        target, place = order.target, arrival.changed(_PORT)
        if target.family != source.family or not self._may_answer(target) or place not in self.places:
            return [self._to_peer(link.done(identity, Fate.REFUSED), source)]
        if not (self._orders.allow(source_key(target.ip.packed), now) and self._all.allow(0, now)):
            return [self._to_peer(link.done(identity, Fate.LIMITED), source)]
        answer = encode_binding_success(identity, target)
        return [Reply(answer, place, target, "helper-sent"), self._to_peer(link.done(identity, Fate.SENT), source)]

    def _nonce(self, link: PeerLink, source: Endpoint, identity: bytes, now: float) -> list[Reply] | Drop:
        """Limited, because whoever has recorded a hello can play it in anybody's name."""
        if not self._answers.allow(source_key(source.ip.packed), now):
            return Drop.RATE_LIMITED
        return [self._to_peer(link.on_hello(identity, source, now), source)]

    def _to_peer(self, data: bytes, peer: Endpoint | None) -> Reply:
        assert peer is not None
        return Reply(data, self._first_place(peer.family), peer, "helper-peer")

    def _first_place(self, family: Family) -> Place:
        return next(place for place, end in self.places.items() if end.family == family and place.port == 0)

    def _other_port(self, family: Family) -> int:
        return next((e.port for p, e in self.places.items() if e.family == family and p.port == 1), 0)

    def _may_answer(self, endpoint: Endpoint) -> bool:
        return endpoint.port != 0 and endpoint not in self._own and is_answerable(endpoint.ip)

    def _success(self, request: Message, source: Endpoint, message: HelperMessage, *, plain: bool = False) -> bytes:
        """`plain`: MAPPED-ADDRESS too, where the answer stays below the request, so that a rewriting router shows."""
        extra = [(int(Attr.HELPER), encode_helper(message))]
        both = [(int(Attr.MAPPED_ADDRESS), encode_address(source)), *extra]
        longer = encode_binding_success(request.transaction_id, source, both)
        if plain and len(longer) <= len(request.data):
            return longer
        return encode_binding_success(request.transaction_id, source, extra)
