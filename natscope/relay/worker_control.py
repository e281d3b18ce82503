"""A worker's end of the channel to the first process, watched by the relay's loop: it takes connections and orders."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from natscope.host.real.relay_worker_loop import SiblingSocket, WorkerLoop
from natscope.host.real.worker_channel import Channel, Socket
from natscope.machines.derp import siblings
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.siblings import Sibling
from natscope.relay.admission import AskedAdmission
from natscope.relay.log import Level, Log
from natscope.relay.metrics import relay_metrics
from natscope.relay.service import RelayService
from natscope.relay.worker_messages import (
    ENCRYPTED,
    PLAIN,
    Ask,
    Drain,
    FromWorker,
    Known,
    Lost,
    Numbers,
    Ready,
    Reload,
    Stop,
    Told,
    ToWorker,
    pack,
    read_to_worker,
)
from natscope.relay.worker_metrics import as_samples
from natscope.web.metrics import Family

if TYPE_CHECKING:
    from natscope.model.endpoint import IPAddress

MESSAGES_PER_TURN = 64
TELL_S = 1.0


class Steered(Protocol):
    """What the first process' orders are about."""

    service: RelayService

    @property
    def admission(self) -> AskedAdmission | None:
        """Who decides about clients; may be replaced."""
        ...

    def listen_for_known(self, known: Callable[[bytes, IPAddress], None]) -> None:
        """Have `known` called, on the loop of `aside`, for each client that is remembered."""
        ...

    def families(self) -> list[Family]:
        """Metrics of what stands beside the machine."""
        ...

    def reload(self, config: bytes) -> None:
        """On the loop of `aside`; must not raise."""
        ...


class Control:
    """Implements `natscope.host.real.relay_guests.Adopted`."""

    def __init__(self, channel: Channel, steered: Steered, loop: WorkerLoop, log: Log) -> None:
        """Says that it is ready once it is adopted."""
        self.fd = channel.fileno()
        self._channel = channel
        self._steered = steered
        self._service = steered.service
        self._loop = loop
        self._log = log
        self._watch: Callable[[int], None] | None = None
        self._streams: dict[int, Sibling] = {}
        self._is_ending = False

    def begin(self) -> None:
        """Take part from now on; before the loop serves, or while it does."""

        def act(_: float) -> Effects:
            self._service.adopt(self)
            self._say(Ready())
            return Effects()

        self._service.post(act)
        self._service.aside.keep("connections", self._tell_connections())
        self._steered.listen_for_known(self._known)

    def attached(self, watch: Callable[[int], None]) -> None:
        """The loop watches it."""
        self._watch = watch

    def ready(self, now: float) -> Effects:
        """What the first process has sent."""
        effects = Effects()
        for _ in range(MESSAGES_PER_TURN):
            got = self._channel.receive()
            if got is None:
                break
            message, sock = got
            if not message:
                self._orphaned()
                break
            if sock is not None:
                self._attached(message, sock, effects)
            elif message.startswith(b"{"):
                self._order(read_to_worker(message), now, effects)
        return effects

    def end(self) -> None:
        """Close."""
        if self._watch is not None:
            self._watch(0)
            self._watch = None
        self._channel.close()

    def _orphaned(self) -> None:
        """Without the first process nobody accepts, restarts or stops this one."""
        self.end()
        if self._is_ending:
            return
        self._log.say("orphaned", "the first process is gone: letting the clients go", Level.ERROR)
        self._service.drain()

    def _attached(self, message: bytes, sock: Socket, effects: Effects) -> None:
        if message in (ENCRYPTED, PLAIN):
            self._loop.take(sock, encrypted=message == ENCRYPTED)
            return
        number, relay = message[1], self._service.front.relay
        if number in self._streams:  # its end was not read yet
            relay.end(self._streams.pop(number), End.CLIENT, effects)
        sibling = self._streams[number] = Sibling(relay.number(), f"worker {number}")
        self._service.adopt(SiblingSocket(sock, relay, sibling, lambda: self._lost(number, sibling)))
        siblings.introduce(relay, sibling, effects)

    def _lost(self, number: int, sibling: Sibling) -> None:
        if self._streams.get(number) is sibling:
            del self._streams[number]
            self._say(Lost(number))

    def _order(self, order: ToWorker, now: float, effects: Effects) -> None:
        service = self._service
        if isinstance(order, Ask):
            families = [*relay_metrics(service.front), *self._steered.families()]
            self._say(Numbers(order.question, as_samples(families)))
        elif isinstance(order, Known):
            key, ip = order.key, ipaddress.ip_address(order.ip)
            service.aside.call(lambda: self._learned(key, ip))
        elif isinstance(order, Reload):
            config = order.config
            service.aside.call(lambda: self._steered.reload(config))
        elif isinstance(order, Drain):
            self._is_ending = True
            service.drain()
        elif isinstance(order, Stop):
            self._is_ending = True
            service.stop()

    def _known(self, key: bytes, ip: IPAddress) -> None:
        """On the loop of `aside`: what this process was told of a client spares the others the question."""
        self._post(Known(key, str(ip)))

    def _learned(self, key: bytes, ip: IPAddress) -> None:
        if self._steered.admission is not None:
            self._steered.admission.know(key, ip)

    async def _tell_connections(self) -> None:
        """Every second, whether there is news or not: it also says that the relay's loop is well."""
        while True:
            await self._service.host.clock.sleep(TELL_S)
            self._service.post(self._tell)

    def _tell(self, _: float) -> Effects:
        self._say(Told(self._loop.connections))
        return Effects()

    def _post(self, message: FromWorker) -> None:
        def act(_: float) -> Effects:
            self._say(message)
            return Effects()

        self._service.post(act)

    def _say(self, message: FromWorker) -> None:
        self._channel.send(pack(message))
