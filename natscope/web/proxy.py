"""Which proxy the environment names for a URL, with failures as the world's (`natscope.wire.proxy_environment`)."""

from __future__ import annotations

from collections.abc import Mapping

from natscope.errors import RemoteError
from natscope.host.api import Failure, HostError
from natscope.wire import proxy_environment
from natscope.wire.proxy_environment import Proxy

__all__ = ["Proxy", "choose_proxy"]


def choose_proxy(scheme: str, host: str, port: int, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for `scheme://host:port`, None for a direct connection. Raises `HostError` for one we cannot use."""
    try:
        return proxy_environment.choose_proxy(scheme, host, port, environ)
    except RemoteError as error:
        raise HostError(Failure.NOT_SUPPORTED, error.message) from error
