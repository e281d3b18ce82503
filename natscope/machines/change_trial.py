"""A trial with CHANGE-REQUEST (RFC 5780 §4.4): nobody counts what the server sent.

So plain requests on the same socket, before, between and after, are the control: where one of them is lost, more tries
are needed before silence means anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from natscope.machines.unseen_trial import FEW, MANY, MAX_ROUNDS, Commands, Phase, Trial
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr, Change, encode_change
from natscope.wire.stun.helper_messages import Way
from natscope.wire.stun.message import Message, MessageClass


class ChangeTrial(Trial):
    """RFC 5780 §4.4 at a server whose OTHER-ADDRESS is `other`, as its first address told (never start at a second)."""

    method = "change-request"

    def __init__(
        self, server: Endpoint, other: Endpoint, ids: bytes, *, lossy: bool = False, until: float | None = None
    ) -> None:
        super().__init__(server, ids, lossy=lossy, until=until)
        self.result.other_address = other
        if other.ip == server.ip or other.port == server.port or other.family != server.family:
            self._give_up("the server names no other address with another port")

    def _is_expected(self, way: Way, source: Endpoint) -> bool:
        other = self.result.other_address
        assert other is not None
        return source == (other if way is Way.OTHER_ADDRESS else Endpoint(self.result.server.ip, other.port))

    def _answered(self, message: Message, keys: tuple[bytes, ...], now: float) -> None:
        if message.message_class is MessageClass.ERROR:
            self._refused(message.error.code if message.error else 0)
        elif self._phase is Phase.ASKING:
            self._enter(Phase.TRYING, now)
        elif self._phase is Phase.CLOSING:
            self.result.is_controlled = True
            self._notice_loss(now, last=True)
            needed = MANY + 2 if self.result.is_lossy else FEW
            if any(self.result.ways[way].sent < needed for way in self._silent_ways()):
                self._goal = min(MAX_ROUNDS, needed)
                self._enter(Phase.TRYING, now)
            else:
                self._phase = Phase.OVER

    def _step(self, now: float) -> Commands:
        if self._phase is Phase.TRYING:
            return self._try(now)
        if self._phase is Phase.WAITING and (now >= self._next_at or not self._silent_ways()):
            self._enter(Phase.CLOSING, now)
            if not self._silent_ways():
                self._phase = Phase.OVER
        return self._ask([], now) if self._phase in (Phase.ASKING, Phase.CLOSING) else []

    def _round(self, silent: Sequence[Way], now: float) -> Commands:
        sent: Commands = []
        for way in silent:
            change = Change(address=way is Way.OTHER_ADDRESS, port=True)
            sent += self._send([(int(Attr.CHANGE_REQUEST), encode_change(change))], now, way)
        return sent + self._send([], now) if self._rounds % 2 else sent
