"""A worker: one of several processes that serve one relay. The first process starts it and tells it everything."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from natscope.apps.derp_process import RelayProcess
from natscope.errors import NatscopeError, UserError
from natscope.host.api import HostError
from natscope.host.real.host import build_real_host
from natscope.host.real.relay_guests import Decide
from natscope.host.real.relay_worker_loop import WorkerLoop
from natscope.host.real.worker_channel import Channel
from natscope.host.real.worker_process import leave_signals_to_the_first
from natscope.machines.derp.front import Front
from natscope.machines.derp.settings import FrontLimits
from natscope.relay.config import LimitsConfig
from natscope.relay.log import Level, Log
from natscope.relay.worker_control import Control
from natscope.relay.worker_messages import Failed, Start, pack, read_to_worker, unpack_config
from natscope.wire.keys import PrivateKey

if TYPE_CHECKING:
    from natscope.host.api import Host
    from natscope.model.endpoint import IPAddress
    from natscope.relay.admission import AskedAdmission
    from natscope.web.metrics import Family

MODULE = __name__
START_S = 30.0
CANNOT = 1


def main(fd: int) -> int:
    """Serve until the first process says otherwise; the exit code."""
    leave_signals_to_the_first()
    channel = Channel.inherited(fd)
    message = channel.wait(START_S)
    if not message:
        return CANNOT
    start = read_to_worker(message)
    assert isinstance(start, Start)
    host = build_real_host()
    log = Log(_note, host.clock.utc, as_json=start.as_json, least=Level(start.least), worker=start.number)
    try:
        worker = Worker(start, host, log)
        worker.process.service.open((), ())
    except NatscopeError as error:
        channel.send(pack(Failed(error.message, error.hint, isinstance(error, UserError))))
        return CANNOT
    except HostError as error:
        channel.send(pack(Failed(error.message, error.hint)))
        return CANNOT
    service = worker.process.service
    try:
        Control(channel, worker, worker.loop, log).begin()
        service.serve()
    finally:
        service.close()
    return 0


class Worker:
    """Implements `natscope.relay.worker_control.Steered`."""

    def __init__(self, start: Start, host: Host, log: Log) -> None:
        """Nothing runs yet. Raises `UserError` and `CannotMeasure`."""
        self._log = log
        made: list[WorkerLoop] = []

        def make_loop(front: Front, decide: Decide, failed: Callable[[BaseException], None]) -> WorkerLoop:
            made.append(WorkerLoop(front, decide, failed))
            return made[0]

        self.process = RelayProcess(
            unpack_config(start.config), PrivateKey(start.private), host, log,
            limits=lambda limits: share(limits, start.workers), make_loop=make_loop,
        )  # fmt: skip
        [self.loop] = made
        self.service = self.process.service

    @property
    def admission(self) -> AskedAdmission | None:
        """Who decides about clients."""
        return self.process.admission

    def listen_for_known(self, known: Callable[[bytes, IPAddress], None]) -> None:
        """Have `known` called for each client that is remembered."""
        self.process.on_known = known

    def families(self) -> list[Family]:
        """Metrics of what stands beside the machine."""
        return self.process.families()

    def reload(self, config: bytes) -> None:
        """Take other settings, then look at files again."""
        if config:
            try:
                self.process.reconfigure(unpack_config(config))
            except NatscopeError as error:
                self._log.say("settings", f"the settings stay as they are: {error.message}", Level.WARNING)
        self.service.reload()


def share(limits: LimitsConfig, workers: int) -> FrontLimits:
    """What strangers may take of one of several workers; how many come in a second is limited where they come in."""
    return FrontLimits(pending=math.ceil(FrontLimits().pending / workers), accepts_per_s=math.inf)


def _note(line: str) -> None:
    """A whole line at once: others write to the same place."""
    try:
        os.write(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2, f"{line}\n".encode(errors="replace"))
    except OSError:
        return
