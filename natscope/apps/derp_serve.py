"""Puts a relay together from its configuration: key, certificate, admission, mesh, STUN beside it; ends by signal."""

from __future__ import annotations

import contextlib
import select
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import msgspec

from natscope.apps.derp_parts import relay_key
from natscope.apps.derp_process import RelayProcess
from natscope.apps.derp_reread import Rereading
from natscope.apps.derp_stun import StunPart
from natscope.errors import UserError
from natscope.host.api import Host
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, TlsMode
from natscope.relay.log import Log
from natscope.relay.metrics_page import MetricsPage
from natscope.relay.seams import Certificates
from natscope.relay.service import Part, RelayService

if TYPE_CHECKING:
    from types import FrameType


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What listens from now on. `key` is the relay's public key, 64 hex digits."""

    listen: tuple[Endpoint, ...]
    http: tuple[Endpoint, ...]
    stun: tuple[Endpoint, ...]
    metrics: Endpoint | None
    tls: TlsMode
    key: str
    pin: str = ""
    """Of a self-signed certificate: 64 hex digits."""
    host_name: str = ""
    """What that certificate is for."""
    workers: int = 1
    """Processes that serve it."""


class Running:
    """A relay that is bound: `ready` tells where. `service.serve()` blocks; then `close`."""

    def __init__(self, config: RelayConfig, host: Host, log: Log, rereading: Rereading | None = None) -> None:
        """Bind everything. Raises `UserError`, `CannotMeasure` and `HostError`."""
        key = relay_key(config, host, log)
        self.stun = StunPart(config.stun)
        parts: list[Part] = [SettingsPart(rereading, self.reconfigure)] if rereading is not None else []
        self.metrics = MetricsPage(config.metrics, (lambda: self.process.families(),), (self.stun.metrics,))
        self.process = RelayProcess(config, key.private, host, log, parts=(*parts, self.stun, self.metrics))
        self.service = self.process.service
        try:
            listen, http = self.service.open(config.listen, config.http)
        except BaseException:
            self.service.close()
            raise
        certificates = self.process.certificates
        self.ready = Ready(
            listen=tuple(listen), http=tuple(http), stun=self.stun.listening, metrics=self.metrics.listening,
            tls=config.tls.mode, key=key.private.public.hex(), pin=pin_of(config, certificates),
            host_name=host_name_of(config, certificates),
        )  # fmt: skip

    def reconfigure(self, config: RelayConfig) -> None:
        """Take what can change while it serves. Raises `UserError` and `CannotMeasure`; then nothing has changed."""
        self.process.reconfigure(config)
        self.stun.reconfigure(config.stun)


class SettingsPart:
    """Implements `natscope.relay.service.Part`: reads the settings again before the files that they name."""

    def __init__(self, rereading: Rereading, apply: Callable[[RelayConfig], None]) -> None:
        """`apply` raises where nothing was changed."""
        self._rereading = rereading
        self._apply = apply

    def start(self, service: RelayService) -> None:
        """They were read already."""

    def reload(self) -> None:
        """Read again."""
        self._rereading.again(self._apply)

    def close(self) -> None:
        """Nothing is open."""


def serve(
    config: RelayConfig, host: Host, log: Log, on_ready: Callable[[Ready], None], rereading: Rereading | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; must run in the main thread. SIGHUP reads the settings again with `rereading`.

    Raises what `Running` raises, and `UserError` where the system has no epoll.
    """
    if not hasattr(select, "epoll"):
        raise UserError("this system has no epoll, which a relay needs", hint="serve it on Linux")
    if config.workers > 1:
        from natscope.apps.derp_workers import Workers

        serve_bound(Workers(config, host, log, rereading), on_ready)
        return
    serve_bound(Running(config, host, log, rereading), on_ready)


def serve_bound(running: Bound, on_ready: Callable[[Ready], None]) -> None:
    """Until a signal ends it."""
    try:
        with signals_to(running.service):
            on_ready(running.ready)
            running.service.serve()
    finally:
        running.service.close()


def pin_of(config: RelayConfig, certificates: Certificates | None) -> str:
    """The pin of a self-signed certificate, 64 hex digits; empty for others."""
    facts = certificates.facts if certificates is not None else None
    return facts.pin if facts is not None and config.tls.mode is TlsMode.SELF_SIGNED else ""


def host_name_of(config: RelayConfig, certificates: Certificates | None) -> str:
    """What clients call the relay."""
    facts = certificates.facts if certificates is not None else None
    return config.hostname or (facts.names[0] if facts is not None and facts.names else "")


class Served(Protocol):
    """What signals are for."""

    def serve(self) -> None:
        """Until it ends."""
        ...

    def close(self) -> None:
        """Close everything."""
        ...

    def drain(self) -> None:
        """SIGTERM and SIGINT."""
        ...

    def reload(self) -> None:
        """SIGHUP."""
        ...


class Bound(Protocol):
    """A relay that is bound, in one process or in several."""

    ready: Ready

    @property
    def service(self) -> Served:
        """What runs it."""
        ...


@contextlib.contextmanager
def signals_to(service: Served) -> Iterator[None]:
    """SIGTERM and SIGINT drain, a second one ends at once, SIGHUP reads files again."""

    def drain(_: int, __: FrameType | None) -> None:
        service.drain()

    def reload(_: int, __: FrameType | None) -> None:
        service.reload()

    handlers = {signal.SIGTERM: drain, signal.SIGINT: drain, signal.SIGHUP: reload}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
