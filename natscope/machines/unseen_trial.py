"""Does a packet come in from where we have never written to? What two kinds of trial share, without I/O.

A trial is one socket at one server: `natscope.machines.helper.trial` orders packets from a helper, which counts what it
sent; `natscope.machines.change_trial` uses RFC 5780's CHANGE-REQUEST, where nobody counts. Both ask for both ways at
once, because what comes in opens no filter; only sending does.

A trial counts and never judges. What it received is taken only with an open transaction id and from the place that
the server named; everything else is in `wrong_sources`.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from natscope.errors import RemoteError
from natscope.machines.api import Input, Received, Send
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr, RawAttribute
from natscope.wire.stun.helper_messages import Offer, Way
from natscope.wire.stun.message import TAILSCALE_SOFTWARE, Message, MessageClass, decode, encode

WAYS = (Way.OTHER_PORT, Way.OTHER_ADDRESS)
MAX_IDS = 120
"""Transaction ids that a trial needs at most; 12 bytes each."""
ROUND_GAP_S = 0.05
FEW, MANY = 5, 9
"""So many packets must have been tried in vain where nothing was lost, and where something was: 0.2 ** 9 is 5e-7."""
MAX_ROUNDS = 18
ASK_GAPS_S = (0.0, 0.25, 0.5, 0.75, 1.0, 1.4)
"""When a request that wants an answer is sent, counted from the first time."""
MAX_WAIT_S = 0.8
MAX_SOURCES_KEPT = 8


@dataclass(slots=True)
class WayCount:
    """One way. `sent` are our requests, `confirmed` those that the server says it carried out (helper only).

    `arrived` packets came in from `source`.
    """

    sent: int = 0
    confirmed: int = 0
    refused: int = 0
    waiting: int = 0
    arrived: int = 0
    source: Endpoint | None = None


@dataclass(slots=True)
class TrialResult:
    """What was counted. `reason` says why there is nothing; `mapped` are our endpoints as the server saw them in turn.

    `controls` were answered of `controls_sent`; `is_controlled`: one before and one after the trial itself.
    """

    server: Endpoint
    method: str
    offer: Offer | None = None
    other_address: Endpoint | None = None
    ways: dict[Way, WayCount] = field(default_factory=lambda: {way: WayCount() for way in WAYS})
    mapped: list[Endpoint] = field(default_factory=list)
    wrong_sources: list[Endpoint] = field(default_factory=list)
    controls: int = 0
    controls_sent: int = 0
    is_controlled: bool = False
    is_lossy: bool = False
    """Something that had to be answered or carried out was not: then silence needs more tries."""
    rtt_s: float = 0.0
    reason: str = ""
    packets_sent: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


class Phase(enum.Enum):
    """Where a trial stands."""

    ASKING = 1
    TRYING = 2
    WAITING = 3
    CLOSING = 4
    OVER = 5


@dataclass(slots=True)
class Open:
    """A request on its way: a control (`way` None) or a try."""

    sent_at: float
    way: Way | None = None
    keys: tuple[bytes, ...] = ()
    """The orders that a count asks about."""


Commands: TypeAlias = "list[Send]"


class Trial:
    """What both trials share. `ids` are random bytes, 12 for each request; `lossy`: this network is known to lose.

    Use as a `Machine`: `handle` at every datagram of the socket and at every deadline, until `is_over`.
    """

    method = ""

    def __init__(
        self,
        server: Endpoint,
        ids: bytes,
        *,
        ways: Sequence[Way] = WAYS,
        lossy: bool = False,
        until: float | None = None,
    ) -> None:
        self.result = TrialResult(server, self.method)
        self._wanted = tuple(ways)
        self._ids = [ids[at : at + 12] for at in range(0, len(ids) - 11, 12)]
        self._open: dict[bytes, Open] = {}
        self.result.is_lossy = lossy
        self._until = until
        self._phase = Phase.ASKING
        self._next_at = float("-inf")
        self._began_at = 0.0
        self._asks = 0
        self._rounds, self._goal = 0, FEW

    @property
    def is_over(self) -> bool:
        """Nothing more will be sent, nothing more is waited for."""
        return self._phase is Phase.OVER

    def deadline(self) -> float | None:
        """When to look again."""
        return None if self.is_over else self._next_at

    def handle(self, item: Input, now: float) -> Commands:
        """A datagram or a tick."""
        if self.is_over:
            return []
        if isinstance(item, Received):
            self._receive(item, now)
        if self._until is not None and now >= self._until:
            self._give_up("the time was up")
            return []
        return self._step(now)

    # -- what comes in ---------------------------------------------------------------------------------------------

    def _receive(self, item: Received, now: float) -> None:
        found = self._open.get(item.data[8:20])
        if found is None:
            return
        try:
            message = decode(item.data)
        except RemoteError:
            return
        if message.message_class not in (MessageClass.SUCCESS, MessageClass.ERROR):
            return
        self.result.bytes_received += len(item.data)
        if found.way is None:
            self._on_control(found, message, item, now)
        else:
            self._on_try(found.way, message, item)

    def _on_control(self, found: Open, message: Message, item: Received, now: float) -> None:
        if item.source != self.result.server:
            self._note_wrong(item.source)
            return
        del self._open[message.transaction_id]
        self.result.controls += 1
        self.result.rtt_s = max(self.result.rtt_s, now - found.sent_at)
        mapped = message.mapped_address
        if mapped is not None and (not self.result.mapped or self.result.mapped[-1] != mapped):
            self.result.mapped.append(mapped)
        self._answered(message, found.keys, now)

    def _on_try(self, way: Way, message: Message, item: Received) -> None:
        count = self.result.ways[way]
        if message.message_class is MessageClass.ERROR:
            count.refused += 1
            error = message.error
            self._refused(error.code if error else 0)
        elif item.source == self.result.server:
            self._ignored()
        elif not self._is_expected(way, item.source):
            self._note_wrong(item.source)
        else:
            count.arrived += 1
            count.source = count.source or item.source

    def _note_wrong(self, source: Endpoint) -> None:
        if source not in self.result.wrong_sources and len(self.result.wrong_sources) < MAX_SOURCES_KEPT:
            self.result.wrong_sources.append(source)

    def _is_expected(self, way: Way, source: Endpoint) -> bool:
        raise NotImplementedError

    def _answered(self, message: Message, keys: tuple[bytes, ...], now: float) -> None:
        raise NotImplementedError

    def _refused(self, code: int) -> None:
        self._give_up(f"the server refused the test (error {code})")

    def _ignored(self) -> None:
        self._give_up("the server ignored the request and answered from where it was asked")

    # -- what goes out ---------------------------------------------------------------------------------------------

    def _step(self, now: float) -> Commands:
        raise NotImplementedError

    def _send(
        self, attributes: Iterable[RawAttribute], now: float, way: Way | None = None, keys: tuple[bytes, ...] = ()
    ) -> Commands:
        if not self._ids:
            self._give_up("no transaction ids are left")
            return []
        identity = self._ids.pop()
        self._open[identity] = Open(now, way, keys)
        everything = [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), *attributes]
        data = encode(MessageClass.REQUEST, identity, everything, fingerprint=True)
        self.result.packets_sent += 1
        self.result.bytes_sent += len(data)
        if way is None:
            self.result.controls_sent += 1
        else:
            self.result.ways[way].sent += 1
        return [Send(data, self.result.server)]

    def _ask(self, attributes: Sequence[RawAttribute], now: float, keys: tuple[bytes, ...] = ()) -> Commands:
        """Send a request that wants an answer again, when it is time; give up when it got none often enough."""
        if now < self._next_at:
            return []
        if self._asks == len(ASK_GAPS_S):
            self._give_up("the server did not answer" if not self.result.controls else "the server stopped answering")
            return []
        if self._asks == 0:
            self._began_at = now
        self._asks += 1
        last = self._asks == len(ASK_GAPS_S)
        self._next_at = now + self._wait_s() if last else max(self._began_at + ASK_GAPS_S[self._asks], now + 0.01)
        return self._send(attributes, now, keys=keys)

    def _try(self, now: float) -> Commands:
        """One round for each silent way, until there are enough; then wait."""
        silent = self._silent_ways()
        if not silent:
            self._phase = Phase.OVER
            return []
        if now < self._next_at:
            return []
        self._notice_loss(now)
        if self.result.is_lossy:
            self._goal = max(self._goal, MANY + 3)
        if self._rounds >= self._goal:
            self._enter(Phase.WAITING, now + self._wait_s())
            return []
        self._rounds += 1
        self._next_at = now + ROUND_GAP_S
        return self._round(silent, now)

    def _round(self, silent: Sequence[Way], now: float) -> Commands:
        raise NotImplementedError

    def _try_more(self, now: float) -> Commands:
        """Another few rounds, if that is worth it; else the end."""
        if self._rounds >= MAX_ROUNDS:
            self._phase = Phase.OVER
            return []
        self._goal = min(MAX_ROUNDS, self._rounds + FEW)
        self._enter(Phase.TRYING, now)
        return self._try(now)

    def _notice_loss(self, now: float, *, last: bool = False) -> None:
        """Whether a control is overdue; at the last look the patience is shorter, for there will be no other."""
        patience_s = 1.5 * self.result.rtt_s + 0.05 if last else 2 * self._wait_s()
        if any(o.way is None and now - o.sent_at > patience_s for o in self._open.values()):
            self.result.is_lossy = True

    def _enter(self, phase: Phase, at: float) -> None:
        self._phase, self._next_at, self._asks = phase, at, 0

    def _give_up(self, reason: str) -> None:
        if self._phase is not Phase.OVER:
            self.result.reason = self.result.reason or reason
            self._phase = Phase.OVER

    def _silent_ways(self) -> list[Way]:
        """Ways that are still worth a try: what comes in by another address needs no try by another port."""
        if self.result.ways[Way.OTHER_ADDRESS].arrived:
            return []
        return [way for way in self._wanted if not self.result.ways[way].arrived]

    def _wait_s(self) -> float:
        """How long after the last try an answer is waited for."""
        return min(MAX_WAIT_S, 0.15 + 1.5 * self.result.rtt_s)


def beside(server: Endpoint, other: Endpoint) -> Endpoint:
    """An endpoint that a server named, as it is reached from here: through the same NAT64 prefix where it is IPv4."""
    if server.family == 6 and other.family == 4:
        return Endpoint(ipaddress.IPv6Address(server.ip.packed[:12] + other.ip.packed), other.port)
    return other
