"""A trial with a helper: it sends what we order, and says what it sent (docs/helper.md)."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.errors import RemoteError
from natscope.machines.unseen_trial import FEW, MANY, WAYS, Commands, Phase, Trial, beside
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr, RawAttribute
from natscope.wire.stun.helper_messages import (
    MAX_COUNTED,
    ORDER_ID_BYTES,
    Ask,
    Count,
    Fate,
    HelperMessage,
    Offer,
    Order,
    Tally,
    Way,
    decode_helper,
    encode_helper,
)  # fmt: skip
from natscope.wire.stun.message import Message

RECOUNT_S, RECOUNTS = 0.1, 4
"""How often the fates are asked for again while the other server has not confirmed."""


class HelperTrial(Trial):
    """Packets ordered from a helper, to our own port or, behind a port mapping, to `port`.

    It ends without a trial where the server offers nothing (`offer` None) or not the ways that are wanted.
    """

    method = "helper"

    def __init__(
        self,
        server: Endpoint,
        ids: bytes,
        *,
        ways: Sequence[Way] = WAYS,
        lossy: bool = False,
        until: float | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(server, ids, ways=ways, lossy=lossy, until=until)
        self._port = port
        self._fates: dict[bytes, tuple[Way, Fate | None]] = {}
        self._recounts = 0

    def _is_expected(self, way: Way, source: Endpoint) -> bool:
        offer = self.result.offer
        if offer is None:
            return False
        if way is Way.OTHER_PORT:
            return source == Endpoint(self.result.server.ip, offer.other_port)
        other = None if offer.other is None else beside(self.result.server, offer.other)
        return other is not None and source.ip == other.ip and other.port in (0, source.port)

    def _answered(self, message: Message, keys: tuple[bytes, ...], now: float) -> None:
        self.result.other_address = self.result.other_address or message.other_address
        told = _helper_message(message)
        if self._phase is Phase.ASKING:
            self._take_offer(told, now)
        elif self._phase is Phase.CLOSING and isinstance(told, Tally):
            before = list(self._fates.values())
            for key, fate in zip(keys, told.fates, strict=False):
                self._fates[key] = self._fates[key][0], fate
            is_stuck = before == list(self._fates.values())
            self._recounts += is_stuck
            self._enter(Phase.CLOSING, now + (RECOUNT_S if is_stuck else 0.0))
            self._count()

    def _take_offer(self, told: HelperMessage | None, now: float) -> None:
        if isinstance(told, Offer):
            self.result.offer = told
            self._wanted = tuple(way for way in self._wanted if _is_offered(told, way))
            if self._wanted:
                self._enter(Phase.TRYING, now)
                return
        self._give_up("the server does not offer it")

    def _step(self, now: float) -> Commands:
        if self._phase is Phase.ASKING:
            return self._ask([_helper(Ask())], now)
        if self._phase is Phase.TRYING:
            return self._try(now)
        if self._phase is Phase.WAITING and (now >= self._next_at or not self._silent_ways()):
            self._enter(Phase.CLOSING, now)
        return self._close(now) if self._phase is Phase.CLOSING else []

    def _round(self, silent: Sequence[Way], now: float) -> Commands:
        assert self.result.offer is not None
        sent: Commands = []
        for way in silent:
            key = self._ids[-1][:ORDER_ID_BYTES] if self._ids else b""
            sent += self._send([_helper(Order(way, self.result.offer.token, self._port))], now, way)
            self._fates[key] = way, None
        return sent

    def _close(self, now: float) -> Commands:
        """Ask for the fates of all orders; try more where too few were carried out for silence to mean anything."""
        if not self._silent_ways():
            self._phase = Phase.OVER
            return []
        keys = [key for key, (_, fate) in self._fates.items() if fate is None]
        if not keys and self._recounts < RECOUNTS:
            keys = [key for key, (_, fate) in self._fates.items() if fate is Fate.WAITING]
        if keys:
            return self._ask_fates(tuple(keys[:MAX_COUNTED]), now)
        self.result.is_controlled = True
        self._notice_loss(now, last=True)
        counts = [self.result.ways[way] for way in self._silent_ways()]
        needed = MANY if self.result.is_lossy else FEW
        if all(count.confirmed >= needed or count.refused or count.waiting for count in counts):
            self._phase = Phase.OVER
            return []
        return self._try_more(now)

    def _ask_fates(self, keys: tuple[bytes, ...], now: float) -> Commands:
        assert self.result.offer is not None
        return self._ask([_helper(Count(self.result.offer.token, keys))], now, keys)

    def _count(self) -> None:
        for way, count in self.result.ways.items():
            fates = [fate for its, fate in self._fates.values() if its is way]
            count.confirmed = sum(fate is Fate.SENT for fate in fates)
            count.waiting = sum(fate is Fate.WAITING for fate in fates)
            count.refused = sum(fate in (Fate.LIMITED, Fate.REFUSED) for fate in fates)
            self.result.is_lossy = self.result.is_lossy or Fate.UNKNOWN in fates


def _helper(message: HelperMessage) -> RawAttribute:
    return int(Attr.HELPER), encode_helper(message)


def _helper_message(message: Message) -> HelperMessage | None:
    value = message.first(Attr.HELPER)
    try:
        return None if value is None else decode_helper(value)
    except RemoteError:
        return None


def _is_offered(offer: Offer, way: Way) -> bool:
    return bool(offer.other_port) if way is Way.OTHER_PORT else offer.other is not None
