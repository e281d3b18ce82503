"""STUN beside a relay: on a computer without IPv6, and where the port is taken."""

from __future__ import annotations

import socket

import pytest

from natscope.apps import derp_stun
from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, StunConfig
from natscope.stun_server.blocking import BlockingServer
from tests.relay import served

EVERYWHERE = (Endpoint.parse("0.0.0.0:0"), Endpoint.parse("[::]:0"))


def config(*listen: Endpoint) -> RelayConfig:
    return RelayConfig(listen=(served.LOOPBACK,), stun=StunConfig(listen=listen), drain_s=0.0)


def test_all_addresses_of_a_computer_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(service: object, locals_: tuple[Endpoint, ...], *rest: object) -> BlockingServer:
        if any(end.family == 6 for end in locals_):
            raise HostError(Failure.FAMILY_NOT_SUPPORTED, "cannot listen on UDP [::]:0: no IPv6 here")
        return BlockingServer(service, locals_, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(derp_stun, "BlockingServer", bind)
    with served.in_thread(config(*EVERYWHERE)) as running:
        assert [end.family for end in running.ready.stun] == [4]
    with pytest.raises(HostError, match="no IPv6 here"), served.in_thread(config(Endpoint.parse("[::1]:0"))):
        pass


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        at = Endpoint(served.LOOPBACK.ip, taken.getsockname()[1])
        with pytest.raises(HostError, match=f"{at.port}: another program") as raised, served.in_thread(config(at)):
            pass
        assert "ss -lunp" in raised.value.hint
