"""One relay in one process: the epoll loop in the caller's thread, and everything else beside it.

`open` binds, `serve` blocks, `drain` and `reload` may be called from signal handlers.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from natscope.host.api import Host, HostError
from natscope.host.real.relay_guests import Adopted
from natscope.host.real.relay_listen import TcpTimes
from natscope.host.real.relay_loop import RelayLoop
from natscope.machines.derp.client import Client
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.front import Front
from natscope.model.endpoint import Endpoint
from natscope.relay.aside import Aside
from natscope.relay.listen_failures import explained, has_no_ipv6
from natscope.relay.log import Log
from natscope.relay.seams import Admission, Applicant, Certificates, MeshPeers, NoMesh

if TYPE_CHECKING:
    import ssl

RECONNECT_IN_MS, TRY_FOR_MS = 500, 30_000
_STEP_S = 0.05
LAST_WORDS_S = 1.0
"""For what the system has not taken when everybody is told to go."""
ANSWER_S = 10.0
T = TypeVar("T")


class Beside(Protocol):
    """What parts need that have nothing to do with the relay itself."""

    @property
    def host(self) -> Host:
        """The world."""
        ...

    @property
    def aside(self) -> Aside:
        """The loop beside."""
        ...


class Part(Protocol):
    """Something that runs beside a relay: STUN, a metrics page."""

    def start(self, service: RelayService) -> None:
        """Bind and begin. Raises `HostError`."""
        ...

    def reload(self) -> None:
        """SIGHUP, on the thread of `Aside`; must not raise."""
        ...

    def close(self) -> None:
        """End; called once, also when `start` was not."""
        ...


class RelayService:
    """The loop, its admission, certificate, mesh and parts."""

    def __init__(
        self, host: Host, front: Front, log: Log, *, admission: Admission | None = None,
        certificates: Certificates | None = None, mesh: MeshPeers | None = None, parts: Sequence[Part] = (),
        drain_s: float = 5.0, tcp: TcpTimes | None = None, make_loop: Callable[..., RelayLoop] = RelayLoop,
    ) -> None:  # fmt: skip
        """Nothing is bound yet."""
        self.host = host
        self.front = front
        self.log = log
        self.aside = Aside(log.failed)
        self.admission = admission
        self.drain_s = drain_s
        self._certificates = certificates
        self._mesh = mesh or NoMesh()
        self._parts = tuple(parts)
        self._tcp = tcp
        self._is_draining = False
        self._loop = make_loop(front, self._decide, self._fault)

    def open(self, listen: Sequence[Endpoint], http: Sequence[Endpoint]) -> tuple[list[Endpoint], list[Endpoint]]:
        """Bind everything and start the parts; the bound endpoints of both kinds. Raises `HostError`."""
        context = self._certificates.context() if self._certificates is not None else None
        if context is not None:
            self._loop.replace_context(context)
        bound = self._bind(listen, context), self._bind(http, None)
        for part in self._parts:
            part.start(self)
        if self._certificates is not None:
            self.aside.keep("certificates", self._certificates.keep(self._use))
        self.keep_mesh(self._mesh)
        return bound

    def keep_mesh(self, mesh: MeshPeers) -> None:
        """Have the links of a mesh kept from now on."""
        self.aside.keep("mesh", mesh.keep(self))

    def serve(self) -> None:
        """Until `stop`, or until `drain` is done."""
        self._loop.serve()

    def stop(self) -> None:
        """End `serve` at once."""
        self._loop.stop()

    def drain(self) -> None:
        """Accept nobody any more, say so to everybody, let them go one after another, end. A second call: at once."""
        if self._is_draining:
            self.stop()
            return
        self._is_draining = True
        self.aside.call(lambda: self.aside.keep("drain", self._draining()))

    def reload(self) -> None:
        """Look at files again."""
        self.aside.call(self._reload)

    def post(self, act: Callable[[float], Effects]) -> None:
        """Have `act(now)` called in the relay's thread and its effects carried out."""
        self._loop.post(act)

    async def ask(self, question: Callable[[], T]) -> T:
        """Have `question` answered in the relay's thread; on the thread of `aside`."""
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()

        def act(_: float) -> Effects:
            answer.set_result(question())
            return Effects()

        self.post(act)
        return await asyncio.wait_for(asyncio.wrap_future(answer), ANSWER_S)

    @property
    def accept_failures(self) -> int:
        """Connections that the system did not give."""
        return self._loop.accept_failures

    def adopt(self, item: Adopted) -> None:
        """Have the relay's loop watch a connection that was opened elsewhere; in a posted act."""
        self._loop.adopt(item)

    def close(self) -> None:
        """Close everything; `serve` must have returned, or never begun."""
        for part in self._parts:
            part.close()
        self.aside.close()
        self._loop.close()

    def _bind(self, where: Sequence[Endpoint], context: ssl.SSLContext | None) -> list[Endpoint]:
        """A computer without IPv6 may listen on all its addresses all the same."""
        bound = []
        for end in where:
            try:
                bound.append(self._loop.listen(end, context, self._tcp))
            except HostError as error:
                if not (bound and has_no_ipv6(error, end)):
                    raise explained(error) from error
        return bound

    def _use(self, context: ssl.SSLContext) -> None:
        def replace(_: float) -> Effects:
            self._loop.replace_context(context)
            return Effects()

        self.post(replace)

    def _decide(self, client: Client, answer: Callable[[bool], None]) -> bool | None:
        if client.is_mesh or self.admission is None:
            return True
        self.aside.ask("admission", self.admission.decide(Applicant.of(client)), answer)
        return None

    def _fault(self, error: BaseException) -> None:
        self.log.failed("relay", error)

    def _reload(self) -> None:
        self.log.say("reload", "reading files again")
        if self._certificates is not None:
            self._certificates.reload()
        for part in self._parts:
            part.reload()

    async def _draining(self) -> None:
        """A share of the clients at a time, so that they do not all come back to another relay in the same moment."""
        clock = self.host.clock
        clients = self.front.relay.clients
        self.log.say("drain", f"going away: {_people(clients)} to be sent elsewhere", clients=clients)
        self.post(self._say_goodbye)
        until = clock.now() + self.drain_s
        while (left := until - clock.now()) > 0 and self.front.relay.clients:
            await clock.sleep(min(_STEP_S, left))
            share = _STEP_S / max(left, _STEP_S)
            self.post(lambda _, share=share: self.front.relay.close_some(share))  # type: ignore[misc]
        self.post(lambda _: self.front.relay.close_all())
        last = clock.now() + min(LAST_WORDS_S, self.drain_s)
        while clock.now() < last and await self.ask(lambda: self._loop.has_unsent):
            await clock.sleep(_STEP_S)
        self.stop()

    def _say_goodbye(self, _: float) -> Effects:
        self.front.pages.ready = False
        self._loop.stop_listening()
        return self.front.relay.restarting(RECONNECT_IN_MS, TRY_FOR_MS)


def _people(clients: int) -> str:
    return f"{clients} client" if clients == 1 else f"{clients} clients"


def http_date(host: Host) -> str:
    """The `Date` header's text (RFC 9110 section 5.6.7)."""
    return format_datetime(host.clock.utc(), usegmt=True)
