"""Why there is no connection to a relay, or no longer one."""

from __future__ import annotations

import enum

from natscope.errors import NatscopeError
from natscope.host.api import Failure
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import RelayNode
from natscope.relay_client.facts import ConnectTimings


class Step(enum.StrEnum):
    """The steps of a connect, in order."""

    DNS = "dns"
    TCP = "tcp"
    PROXY = "proxy"
    TLS = "tls"
    HTTP = "http"
    GREETING = "greeting"


STEP_WORDS = {
    Step.DNS: "looking up its name",
    Step.TCP: "connecting over TCP",
    Step.PROXY: "going through the proxy",
    Step.TLS: "in the TLS handshake",
    Step.HTTP: "asking for the upgrade to DERP",
    Step.GREETING: "in the DERP greeting",
}


class ConnectError(NatscopeError):
    """The connection did not come about; `step` is where it ended.

    `message` is one sentence, with foreign text in it: clean it before it is drawn. `status` is the HTTP status that
    the relay (step http) or the proxy (step proxy) answered, 0 for none, `location` where a redirect points.
    `server_key` is the relay's public key where it was told before the end (step greeting), else empty.
    """

    code = "relay-connect"

    def __init__(
        self,
        step: Step,
        failure: Failure,
        message: str,
        *,
        node: RelayNode | None = None,
        address: Endpoint | None = None,
        status: int = 0,
        location: str = "",
        server_key: bytes = b"",
        timings: ConnectTimings | None = None,
    ) -> None:
        super().__init__(message)
        self.step = step
        self.failure = failure
        self.node = node
        self.address = address
        self.status = status
        self.location = location
        self.server_key = server_key
        self.timings = timings or ConnectTimings()


class ConnectionLost(NatscopeError):
    """An open connection ended; `failure` is CLOSED when one of both sides closed it."""

    code = "relay-lost"

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure = failure
