"""The search for an Internet Gateway Device: to the gateway itself first, then to the group, a few times.

The gateway is asked first because a host firewall then lets its answer in; the group because some devices hear nothing
else. `ssdp:all` and searches by type are both sent: some devices answer the former with their first, useless
description only, others know one type only. An answer counts from whatever address and port it comes (some answer from
another port, routers that share an address from their own). Source: net/portmapper, UPnP Device Architecture 1.1 §1.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from natscope.errors import RemoteError
from natscope.machines.api import Closed as SocketClosed
from natscope.machines.api import Command, Event, Received, Send, Tick
from natscope.machines.portmap_client.timing import SEARCH, Retransmission
from natscope.machines.portmap_client.values import Closed, Dropped, Protocol, Silent, Unreachable
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap import ssdp

MAX_ANSWERS = 11
"""Further answers are dropped; upstream keeps as many."""
GROUP = Endpoint(IPv4Address(ssdp.MULTICAST_V4), ssdp.PORT)
TO_GROUP = (ssdp.ALL, ssdp.GATEWAY_1, ssdp.GATEWAY_2)


@dataclass(frozen=True, slots=True)
class Found(Event):
    """A gateway device has answered; `source` is who sent it."""

    answer: ssdp.SearchAnswer
    source: Endpoint


class SsdpSearch:
    """One search, at one gateway where `to_gateway`, and in its network where `to_group`.

    `max_wait_s` is how long devices may spread their answers (MX).
    """

    def __init__(
        self,
        gateway: IPv4Address,
        *,
        retransmission: Retransmission = SEARCH,
        to_group: bool = True,
        to_gateway: bool = True,
        max_wait_s: int = 2,
    ) -> None:
        self.server = Endpoint(gateway, ssdp.PORT)
        self.answers: list[Found] = []
        self.closed_reason = ""
        """What ICMP said about the gateway's own port, empty so far."""
        self._retransmission = retransmission
        self._to_group = to_group
        self._to_gateway = to_gateway
        self._max_wait_s = max_wait_s
        self._tries = 0
        self._due: float | None = None

    def start(self, now: float) -> Sequence[Command | Event]:
        """The first round of searches."""
        self._tries, self._due = 1, now + self._retransmission.wait_s(1)
        return self._round()

    def stop(self) -> None:
        """Ask no more; answers still count."""
        self._due = None

    def deadline(self) -> float | None:
        """When the next round, or giving up, is due."""
        return self._due

    def ordered(self) -> tuple[Found, ...]:
        """The answers, the newest device's first, each place once."""
        ranks = {id(answer): rank for rank, answer in enumerate(ssdp.in_order(f.answer for f in self.answers))}
        kept = [f for f in self.answers if id(f.answer) in ranks]
        return tuple(sorted(kept, key=lambda f: ranks[id(f.answer)]))

    def handle(self, item: Received | Tick | SocketClosed | Unreachable, now: float) -> Sequence[Command | Event]:
        """Take a datagram, an ICMP error or the time."""
        if isinstance(item, Received):
            return self._received(item)
        if isinstance(item, Unreachable):
            if not item.refused or self.closed_reason:
                return []
            self.closed_reason = item.reason  # the group may still answer
            return [Closed(item.reason, Protocol.UPNP)]
        if isinstance(item, SocketClosed):
            self._due = None
            return [Silent(item.reason, Protocol.UPNP)]
        if self._due is None or now < self._due:
            return []
        if self._tries >= self._retransmission.tries:
            self._due = None
            return [] if self.answers else [Silent("no answer", Protocol.UPNP)]
        self._tries += 1
        self._due = now + self._retransmission.wait_s(self._tries)
        return self._round()

    def _round(self) -> Sequence[Command | Event]:
        """Once the gateway's own port is known to be closed, only the group is asked."""
        found: list[Command | Event] = []
        if self._to_gateway and not self.closed_reason:
            found.append(self._search(ssdp.ALL, self.server))
        if self._to_group:
            found += [self._search(target, GROUP) for target in TO_GROUP]
        return found

    def _search(self, target: str, to: Endpoint) -> Send:
        return Send(ssdp.encode_search(ssdp.Search(target, max_wait_s=self._max_wait_s)), to)

    def _received(self, item: Received) -> Sequence[Command | Event]:
        source = str(item.source)
        if not ssdp.is_gateway(item.data):
            return [Dropped("no gateway device", Protocol.UPNP, source)]
        try:
            answer = ssdp.decode_answer(item.data)
        except RemoteError as error:
            return [Dropped(error.message, Protocol.UPNP, source)]
        if any(f.answer == answer and f.source == item.source for f in self.answers):
            return []
        if len(self.answers) >= MAX_ANSWERS:
            return [Dropped("too many answers", Protocol.UPNP, source)]
        found = Found("", answer, item.source)
        self.answers.append(found)
        return [found]
