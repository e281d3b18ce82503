"""A relay that several processes serve: this one accepts and watches over them; STUN and metrics are here, once."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from natscope.apps.derp_parts import (
    front_limits,
    make_admission,
    make_certificates,
    make_pages,
    mesh_of,
    relay_key,
    relay_settings,
    tcp_times,
)  # fmt: skip
from natscope.apps.derp_reread import Rereading
from natscope.apps.derp_serve import Ready, host_name_of, pin_of
from natscope.apps.derp_stun import StunPart
from natscope.errors import UserError
from natscope.host.api import Host, HostError
from natscope.host.real.worker_process import WorkerProcess
from natscope.machines.derp.accept_limit import AcceptLimit
from natscope.machines.derp.forwarded import parse_networks
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, TlsMode
from natscope.relay.listen_failures import explained, has_no_ipv6
from natscope.relay.log import Log
from natscope.relay.metrics_page import MetricsListener
from natscope.relay.rate_file import read_rate_file
from natscope.relay.seams import Certificates
from natscope.relay.supervisor import Supervisor
from natscope.relay.worker_messages import Start, pack_config
from natscope.web.metrics import prometheus_text
from natscope.wire.keys import PrivateKey

WORKER = "natscope.apps.derp_worker"


class Workers:
    """Bound, with all workers ready: `ready` tells where. `service.serve()` blocks; then `service.close`."""

    def __init__(self, config: RelayConfig, host: Host, log: Log, rereading: Rereading | None = None) -> None:
        """Bind, start, wait. Raises `UserError`, `CannotMeasure` and `HostError`."""
        if not sys.platform.startswith("linux"):
            raise UserError("several workers need Linux", hint="leave --workers out")
        key = relay_key(config, host, log)
        check(config, host, log)
        certificates: Certificates | None = None
        if config.tls.mode is not TlsMode.ACME:  # files are made or refused once, here
            certificates = make_certificates(config, key.private, host, log, make_pages(config))
        self._recipe = WorkerRecipe(config, key.private, log)
        self._rereading = rereading
        self._host, self._log = host, log
        self._is_taken = False
        limits = front_limits(config.limits)
        limit = AcceptLimit(limits.accepts_per_s, limits.accept_burst)
        self.stun, self._page = StunPart(config.stun), MetricsListener(config.metrics)
        self.service = WorkersService(host, log, self._recipe, config.workers, limit, config.drain_s)
        self.service.parts = (self.stun, self._page)
        self.service.reread = self._reread
        try:
            listen = self._bind(config, config.listen, encrypted=config.tls.mode is not TlsMode.OFF)
            http = self._bind(config, config.http, encrypted=False)
            self.stun.start(self.service)
            self._page.begin(self.service, self._text)
            self.service.open()
        except BaseException:
            self.service.close()
            raise
        self.ready = Ready(
            listen=tuple(listen), http=tuple(http), stun=self.stun.listening, metrics=self._page.listening,
            tls=config.tls.mode, key=key.private.public.hex(), pin=pin_of(config, certificates),
            host_name=host_name_of(config, certificates), workers=config.workers,
        )  # fmt: skip

    def _bind(self, config: RelayConfig, where: Sequence[Endpoint], *, encrypted: bool) -> list[Endpoint]:
        """A computer without IPv6 may listen on all its addresses all the same."""
        bound: list[Endpoint] = []
        for end in where:
            try:
                bound.append(self.service.doors.listen(end, tcp_times(config.limits), encrypted=encrypted))
            except HostError as error:
                if not (bound and has_no_ipv6(error, end)):
                    raise explained(error) from error
        return bound

    async def _text(self) -> str:
        families = [*await self.service.families(), self._page.uptime()]
        return prometheus_text(families) + self.stun.metrics()

    def _reread(self) -> bytes:
        """Settings for the workers where nothing is wrong with them: equal ones may name files that are not."""
        self._is_taken = False
        if self._rereading is not None:
            self._rereading.again(self._take)
        return pack_config(self._recipe.config) if self._is_taken else b""

    def _take(self, config: RelayConfig) -> None:
        check(config, self._host, self._log)
        self.stun.reconfigure(config.stun)
        self._recipe.config, self._is_taken = config, True
        self.service.drain_s = config.drain_s
        limits, old = front_limits(config.limits), self.service.doors.limit
        if (limits.accepts_per_s, limits.accept_burst) != (old.per_s, old.burst):
            self.service.doors.limit = AcceptLimit(limits.accepts_per_s, limits.accept_burst)


class WorkersService(Supervisor):
    """Closes what stands beside it, too."""

    parts: Sequence[StunPart | MetricsListener] = ()

    def close(self) -> None:
        """Everything."""
        for part in self.parts:
            part.close()
        super().close()


class WorkerRecipe:
    """Implements `natscope.relay.supervisor.Recipe`; workers that are started later get the settings of then."""

    def __init__(self, config: RelayConfig, private: PrivateKey, log: Log) -> None:
        """Of one relay."""
        self.config = config
        self._private = private
        self._log = log

    def start(self, number: int) -> Start:
        """Everything that a worker must know."""
        return Start(
            number=number, workers=self.config.workers, config=pack_config(self.config),
            private=self._private.data, as_json=self._log.as_json, least=self._log.least.value,
        )  # fmt: skip

    def spawn(self, number: int) -> WorkerProcess:
        """Start one. Raises `OSError`."""
        return WorkerProcess(WORKER, f"natscope derp serve: worker {number}")


def check(config: RelayConfig, host: Host, log: Log) -> None:
    """What workers would stumble over is said once, here. Raises `UserError` and `CannotMeasure`."""
    parse_networks(config.trusted_proxies)
    relay_settings(config)
    mesh_of(config.mesh)
    make_admission(config, host, log)
    if config.limits.rate_file:
        read_rate_file(config.limits.rate_file)
