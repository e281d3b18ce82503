"""What is known of an open connection to a relay."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from natscope.host.api import TlsInfo
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import RelayNode
from natscope.wire.derp.hello import ServerInfo


class ConnectTimings(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of each step of a connect; None where it did not happen, or did not end.

    `tcp_s` includes the name look-ups that the connection waited for (`dns_s`, the slowest of those that ended);
    `http_s` is from the request to the 101 answer, `greeting_s` from there to ServerInfo.
    """

    dns_s: float | None = None
    tcp_s: float | None = None
    proxy_s: float | None = None
    tls_s: float | None = None
    http_s: float | None = None
    greeting_s: float | None = None
    total_s: float | None = None


class ConnectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection came about. `node` is None for a URL.

    `address` and `local` are the ends of the TCP connection, to `proxy` (a URL without credentials) where one is used.
    `headers` are those of the 101 answer with names in lower case, foreign text, none where the relay's certificate
    told its key and the answer was left out (`is_fast`). `server_key` is the relay's public key, 32 bytes.
    """

    node: RelayNode | None
    address: Endpoint
    local: Endpoint
    proxy: str = ""
    tls: TlsInfo | None = None
    is_fast: bool = False
    server_key: bytes = b""
    info: ServerInfo = ServerInfo()
    headers: Mapping[str, str] = {}
    timings: ConnectTimings = ConnectTimings()
