"""The first process of a relay that several serve: it accepts, hands on, watches over the workers, and speaks for them.

Each worker is a whole relay with the same key; between each two of them it puts a private stream, by which they are one
(`natscope.machines.derp.siblings`). A worker that ends is started again; the clients of the others stay.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections.abc import Callable
from typing import Protocol

import msgspec

from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Host
from natscope.host.real.reactor import Reactor
from natscope.host.real.relay_doors import Doors
from natscope.host.real.worker_channel import Socket, stream_pair
from natscope.host.real.worker_process import WorkerProcess
from natscope.machines.derp.accept_limit import AcceptLimit
from natscope.relay.aside import Aside
from natscope.relay.crew import Crew
from natscope.relay.log import Level, Log
from natscope.relay.worker_messages import (
    ENCRYPTED,
    PLAIN,
    STREAM,
    Ask,
    Drain,
    Failed,
    FromWorker,
    Known,
    Lost,
    Numbers,
    Ready,
    Reload,
    Start,
    Stop,
    Told,
    ToWorker,
    pack,
    read_from_worker,
)
from natscope.relay.worker_metrics import Totals
from natscope.web.metrics import COUNTER, GAUGE, Family

START_S = 60.0
"""For all workers to be ready at the start."""
NUMBERS_S = 2.0
RELINK_S = 0.2
LAST_S = 5.0
"""On top of the time for letting clients go: who is still there then is ended."""
END_S = 2.0
LOOK_S, HUNG_S = 5.0, 30.0
"""How often workers are looked at, and how long one may say nothing: its loop tells its connections every second."""
MESSAGES_PER_TURN = 64


class Recipe(Protocol):
    """What workers are made from; asked anew for each."""

    def start(self, number: int) -> Start:
        """The first message for that worker."""
        ...

    def spawn(self, number: int) -> WorkerProcess:
        """Start its process. Raises `OSError`."""
        ...


class Supervisor:
    """`workers` processes. `open` first, then `serve`, which blocks; `drain` and `reload` may come from signals."""

    def __init__(self, host: Host, log: Log, recipe: Recipe, workers: int, limit: AcceptLimit, drain_s: float) -> None:
        """Nothing runs yet."""
        self.host = host
        self.log = log
        self.aside = Aside(log.failed)
        self.drain_s = drain_s
        self.is_draining = False
        self.restarts = 0
        self.reread: Callable[[], bytes] = bytes
        """Called on SIGHUP, on the loop of `aside`: other settings for the workers, empty for the same."""
        self._recipe = recipe
        self._workers = workers
        self._reactor = Reactor(lambda error: log.failed("workers", error))
        self.doors = Doors(self._reactor, limit, host.clock.now, self._give)
        self._running: dict[int, WorkerProcess] = {}
        self._heard_at: dict[int, float] = {}
        self._relinking: set[frozenset[int]] = set()
        self._crew = Crew()
        self._totals = Totals()
        self._failure: Failed | None = None
        self._is_open = False
        self._questions = 0
        self._asked: dict[int, tuple[set[int], concurrent.futures.Future[None]]] = {}

    def open(self) -> None:
        """Start the workers and wait until all are ready. Raises `UserError` and `CannotMeasure` as they do."""
        for number in range(1, self._workers + 1):
            self._spawn(number)
        until = self.host.clock.now() + START_S
        while len(self._crew.ready) < self._workers:
            self._reactor.turn(max(0.0, until - self.host.clock.now()))
            if self._failure is not None:
                kind = UserError if self._failure.is_usage else CannotMeasure
                raise kind(self._failure.message, hint=self._failure.hint)
            if self.host.clock.now() >= until:
                raise CannotMeasure(f"{self._workers - len(self._crew.ready)} of the workers do not start")
        self._is_open = True
        self.doors.open(True)
        self._reactor.later(LOOK_S, self._look)

    def serve(self) -> None:
        """Until `drain` is done, or `stop`."""
        self._reactor.serve()

    def drain(self) -> None:
        """Accept nobody any more, have the workers let their clients go, end. A second call: at once."""
        if self.is_draining:
            self._reactor.post(lambda: self._end_all(Stop(), END_S))
            return
        self.is_draining = True
        self._reactor.post(lambda: self._end_all(Drain(), self.drain_s + LAST_S))

    def reload(self) -> None:
        """Look at files again, all of us."""
        self.aside.call(self._reload)

    def close(self) -> None:
        """End what is left; `serve` must have returned, or never begun."""
        self.doors.close()
        for worker in self._running.values():
            worker.channel.send(pack(Stop()))
        for number in list(self._running):
            self._running.pop(number).end(END_S)
        self.aside.close()
        self._reactor.close()

    def post(self, act: Callable[[], None]) -> None:
        """Have `act` called in the thread of `serve`."""
        self._reactor.post(act)

    async def families(self) -> list[Family]:
        """The numbers of all workers together, and of this process; on the loop of `aside`."""
        answered: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._reactor.post(lambda: self._ask(answered))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NUMBERS_S):
                await asyncio.wrap_future(answered)
        told: concurrent.futures.Future[list[Family]] = concurrent.futures.Future()
        self._reactor.post(lambda: told.set_result([*self._totals.families(), *self._own()]))
        return await asyncio.wrap_future(told)

    def _own(self) -> list[Family]:
        up = {f'{{worker="{n}"}}': float(n in self._crew.ready) for n in range(1, self._workers + 1)}
        loads = {f'{{worker="{n}"}}': float(self._crew.connections(n)) for n in range(1, self._workers + 1)}
        limits = {'{by="rate"}': float(self.doors.limited), '{by="workers"}': float(self.doors.refused)}
        return [
            Family("natscope_worker_up", GAUGE, "1 while this process takes connections.", up),
            Family("natscope_worker_connections", GAUGE, "Connections of each process, a second ago.", loads),
            Family("natscope_worker_restarts", COUNTER, "Processes that ended and were started again.",
                   {"": float(self.restarts)}),
            Family("natscope_connections_turned_away", COUNTER, "Connections that no process was given.", limits),
            Family("natscope_accept_failures", COUNTER, "Connections the system did not give.",
                   {"": float(self.doors.failures)}),
            Family("natscope_draining", GAUGE, "1 once it lets its clients go.", {"": float(self.is_draining)}),
        ]  # fmt: skip

    def _give(self, sock: Socket, encrypted: bool) -> bool:
        for number in self._crew.order():
            if self._running[number].channel.send(ENCRYPTED if encrypted else PLAIN, sock):
                self._crew.given(number)
                return True
        return False

    def _spawn(self, number: int) -> None:
        if self.is_draining or self._reactor.is_stopped:
            return
        try:
            worker = self._recipe.spawn(number)
        except OSError as error:
            if not self._is_open:
                raise CannotMeasure(f"cannot start a process: {error.strerror}") from error
            pause = self._crew.gone(number, 0.0)
            self.log.say("worker-failed", f"worker {number} cannot be started: {error.strerror}", Level.ERROR)
            self._reactor.later(pause, lambda: self._spawn(number))
            return
        self._running[number] = worker
        self._reactor.watch(worker.channel.fileno(), lambda: self._hear(number, worker))
        worker.channel.send(pack(self._recipe.start(number)))

    def _hear(self, number: int, worker: WorkerProcess) -> None:
        for _ in range(MESSAGES_PER_TURN):
            got = worker.channel.receive()
            if got is None:
                return
            message, _ = got
            if not message:
                self._ended(number, worker)
                return
            try:
                self._heard(number, read_from_worker(message))
            except msgspec.MsgspecError as error:
                self.log.failed("workers", error)

    def _heard(self, number: int, news: FromWorker) -> None:
        self._heard_at[number] = self.host.clock.now()
        if isinstance(news, Ready):
            for other in self._crew.ready:
                self._link(number, other)
            self._crew.arrived(number)
            if self._is_open and not self.is_draining:
                self.doors.open(True)
        elif isinstance(news, Told):
            self._crew.told(number, news.connections)
        elif isinstance(news, Numbers):
            self._totals.told(number, news.families)
            self._answered(number, news.question)
        elif isinstance(news, Known):
            self._tell(news, besides=number)
        elif isinstance(news, Lost):
            self._relink_soon(frozenset((number, news.number)))
        else:
            self._failure = news
            if self._is_open:
                self.log.say("worker-failed", f"worker {number} cannot serve: {news.message}", Level.ERROR)

    def _ended(self, number: int, worker: WorkerProcess) -> None:
        """Its channel is closed: it is dead, or as good as that."""
        self._reactor.forget(worker.channel.fileno())
        del self._running[number]
        self._heard_at.pop(number, None)
        lived_s, clients = worker.lived_s(), self._crew.connections(number)
        how = worker.end(END_S)
        pause = self._crew.gone(number, lived_s)
        self._totals.ended(number)
        for question in list(self._asked):
            self._answered(number, question)
        if not self._crew.ready:
            self.doors.open(False)  # until one is ready, who comes waits in the system's queue
        if self.is_draining:
            if not self._running:
                self._reactor.stop()
            return
        if not self._is_open:
            self._failure = self._failure or Failed(f"worker {number} ended at its start ({how})")
            return
        self.restarts += 1
        when = f"in {pause:g} s" if pause else "at once"
        words = f"worker {number} ended ({how}) with {clients} connections; it is started again {when}"
        self.log.say("worker-ended", words, Level.ERROR, worker=number, connections=clients)
        self._reactor.later(pause, lambda: self._spawn(number))

    def _link(self, one: int, other: int) -> None:
        """A stream between two workers."""
        ends = stream_pair()
        for (number, peer), end in zip(((one, other), (other, one)), ends, strict=True):
            self._running[number].channel.send(STREAM + bytes([peer]), end)
            end.close()

    def _relink_soon(self, both: frozenset[int]) -> None:
        """Both may tell that their stream is gone; mostly since one of them is."""
        if both not in self._relinking:
            self._relinking.add(both)
            self._reactor.later(RELINK_S, lambda: self._relink(both))

    def _relink(self, both: frozenset[int]) -> None:
        """Where both live their stream broke, which is a fault of ours."""
        self._relinking.discard(both)
        if both <= set(self._crew.ready) and not self.is_draining:
            one, other = sorted(both)
            self.log.say("worker-link", f"the stream between workers {one} and {other} is made again", Level.WARNING)
            self._link(one, other)

    def _look(self) -> None:
        """One that says nothing for long serves nobody: it is ended, and so started again."""
        now = self.host.clock.now()
        for number in self._crew.ready:
            if now - self._heard_at.get(number, now) > HUNG_S and not self.is_draining:
                self.log.say("worker-hung", f"worker {number} says nothing: it is ended", Level.ERROR, worker=number)
                self._heard_at[number] = now
                self._running[number].kill()
        self._reactor.later(LOOK_S, self._look)

    def _tell(self, order: ToWorker, besides: int = 0) -> None:
        message = pack(order)
        for number, worker in self._running.items():
            if number != besides:
                worker.channel.send(message)

    def _reload(self) -> None:
        self.log.say("reload", "reading files again")
        config = self.reread()
        self._reactor.post(lambda: self._tell(Reload(config)))

    def _end_all(self, order: ToWorker, patience_s: float) -> None:
        self.doors.close()
        self._tell(order)
        if not self._running:
            self._reactor.stop()
        self._reactor.later(patience_s, self._reactor.stop)

    def _ask(self, answered: concurrent.futures.Future[None]) -> None:
        self._questions += 1
        waiting = set(self._crew.ready)
        if not waiting:
            answered.set_result(None)
            return
        self._asked[self._questions] = waiting, answered
        self._tell(Ask(self._questions))
        number = self._questions
        self._reactor.later(NUMBERS_S, lambda: self._asked.pop(number, None) and None)

    def _answered(self, number: int, question: int) -> None:
        waiting, answered = self._asked.get(question, (set(), None))
        waiting.discard(number)
        if answered is not None and not waiting:
            del self._asked[question]
            if not answered.cancelled():
                answered.set_result(None)
