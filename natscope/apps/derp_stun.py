"""STUN beside a relay: the STUN server of this program in a thread of its own."""

from __future__ import annotations

import threading

from natscope.apps.stun_serve import HelperOptions, ServeOptions, make_helper, own_endpoints, plan_sockets
from natscope.host.api import Failure, Host, HostError
from natscope.machines.stun_responder import StunResponder
from natscope.model.endpoint import Endpoint
from natscope.relay.config import StunConfig
from natscope.relay.listen_failures import explained
from natscope.relay.service import Beside
from natscope.stun_server.blocking import BlockingServer, Engine, available_engine
from natscope.stun_server.limits import limiter_for
from natscope.stun_server.service import StunService

_END_S = 5.0
NO_IPV6 = (Failure.FAMILY_NOT_SUPPORTED, Failure.ADDRESS_NOT_AVAILABLE)


class StunPart:
    """Implements `natscope.relay.service.Part`. `listening` is known once it was started."""

    def __init__(self, config: StunConfig) -> None:
        """Nothing is bound yet."""
        self._config = config
        self._server: BlockingServer | None = None
        self._thread: threading.Thread | None = None
        self.service: StunService | None = None
        self.listening: tuple[Endpoint, ...] = ()

    def start(self, service: Beside) -> None:
        """Bind and answer. Raises `HostError`."""
        if not self._config.listen:
            return
        try:
            self._server = self._bind(service, self._config.listen)
        except HostError as error:
            left = tuple(end for end in self._config.listen if not (end.family == 6 and end.ip.is_unspecified))
            if error.failure not in NO_IPV6 or len(left) in (0, len(self._config.listen)):
                raise
            self._server = self._bind(service, left)  # all addresses of a computer without IPv6
        self.listening = tuple(self._server.locals)
        self._thread = threading.Thread(target=self._server.serve, name="stun", daemon=True)
        self._thread.start()

    def reload(self) -> None:
        """Nothing of it is in files."""

    def reconfigure(self, config: StunConfig) -> None:
        """Other rates, from the next packet on."""
        service = self.service
        if service is not None:
            if config.rate != self._config.rate:
                service.limiter = limiter_for(config.rate)
            if service.helper is not None:
                service.helper.train_rate = config.trains
        self._config = config

    def close(self) -> None:
        """End the thread and close the sockets."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join(_END_S)
            self._server.close()

    def metrics(self) -> str:
        """Its part of the page, empty without STUN."""
        return self.service.metrics() if self.service is not None else ""

    def _bind(self, service: Beside, listen: tuple[Endpoint, ...]) -> BlockingServer:
        options = self._options(listen)
        sockets = plan_sockets(options)
        own = service.aside.run(own_endpoints(service.host, sockets.locals_))
        self.service = self._answers(options, service.host, own)
        engine = available_engine()
        engine = Engine.BATCH if engine is Engine.NUMPY else engine
        try:
            return BlockingServer(self.service, sockets.locals_, engine, sockets.places)
        except HostError as error:
            raise explained(error) from error

    def _options(self, listen: tuple[Endpoint, ...]) -> ServeOptions:
        """The helper needs one port after the first: not with port 0."""
        config = self._config
        helper = HelperOptions(train_rate=config.trains) if config.helper and all(end.port for end in listen) else None
        return ServeOptions(listen=listen, rate=config.rate, helper=helper)

    def _answers(self, options: ServeOptions, host: Host, own: list[Endpoint]) -> StunService:
        sockets = plan_sockets(options)
        helper = make_helper(options, sockets, own, host.rng.bytes(32))
        return StunService(StunResponder({}, own), limiter_for(options.rate), helper)
