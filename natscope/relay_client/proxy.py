"""Through an HTTP proxy: which one, TCP and perhaps TLS to it, CONNECT. Source: RFC 9110 §9.3.6, upstream dialNode."""

from __future__ import annotations

from natscope.errors import RemoteError
from natscope.host.api import Failure, Host, HostError, Stream, TlsOptions
from natscope.machines.connect_proxy import ConnectMachine
from natscope.relay_client.options import DIRECT, FROM_ENVIRONMENT, ConnectOptions
from natscope.relay_client.target import Place
from natscope.wire.proxy_environment import Proxy, choose_proxy, parse_proxy

READ_BYTES = 4096


def proxy_for(host: Host, place: Place, options: ConnectOptions) -> Proxy | None:
    """The proxy to go through, None for a direct connection. Raises `HostError` for one that cannot be used."""
    try:
        if options.proxy == FROM_ENVIRONMENT:
            return choose_proxy("https", place.host, place.port, host.environ)
        return None if options.proxy == DIRECT else parse_proxy(options.proxy)
    except RemoteError as error:
        raise HostError(Failure.NOT_SUPPORTED, error.message) from error


async def open_tunnel(stream: Stream, proxy: Proxy, place: Place, ca_file: str) -> None:
    """Make the connection to the proxy one to the relay. Raises `HostError`, `ProxyRefused`, `RemoteError`."""
    if proxy.scheme == "https":
        await stream.start_tls(TlsOptions(server_name=proxy.host, ca_file=ca_file))
    name = f"[{place.host}]" if ":" in place.host else place.host
    machine = ConnectMachine(proxy, f"{name}:{place.port}")
    await stream.write(machine.start())
    while not machine.is_through:
        data = await stream.read(READ_BYTES)
        if not data:
            raise HostError(Failure.CLOSED, "the proxy closed the connection without an answer")
        if machine.received(data):
            raise RemoteError("the proxy sends something of its own into the connection", field="proxy")
