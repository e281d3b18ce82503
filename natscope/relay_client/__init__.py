"""The DERP client over `Host`: the same on real sockets and in the simulator."""

from natscope.relay_client.connect import connect
from natscope.relay_client.connection import ConnectionCounters, RelayConnection
from natscope.relay_client.errors import ConnectError, ConnectionLost, Step
from natscope.relay_client.facts import ConnectFacts, ConnectTimings
from natscope.relay_client.keeper import Connected, Disconnected, RelayKeeper
from natscope.relay_client.options import DIRECT, FROM_ENVIRONMENT, ConnectOptions
from natscope.relay_client.target import Target, tls_options

__all__ = [
    "DIRECT",
    "FROM_ENVIRONMENT",
    "ConnectError",
    "ConnectFacts",
    "ConnectOptions",
    "ConnectTimings",
    "Connected",
    "ConnectionCounters",
    "ConnectionLost",
    "Disconnected",
    "RelayConnection",
    "RelayKeeper",
    "Step",
    "Target",
    "connect",
    "tls_options",
]
