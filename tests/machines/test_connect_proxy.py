"""CONNECT through a proxy: the request, any cut of the answer, refusals in words, garbage."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.machines.connect_proxy import ConnectMachine, ProxyRefused
from natscope.wire.proxy_environment import Proxy

PROXY = Proxy("http", "proxy.test", 3128)
GOOD = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"


def started(proxy: Proxy = PROXY) -> ConnectMachine:
    machine = ConnectMachine(proxy, "relay.test:443")
    machine.start()
    return machine


def test_the_request() -> None:
    assert ConnectMachine(PROXY, "relay.test:443").start() == (
        b"CONNECT relay.test:443 HTTP/1.1\r\nHost: relay.test:443\r\n\r\n"
    )
    named = Proxy("http", "proxy.test", 3128, "user", "pässword:1")
    assert b"\r\nProxy-Authorization: Basic dXNlcjpww6Rzc3dvcmQ6MQ==\r\n" in ConnectMachine(named, "r:1").start()


@pytest.mark.parametrize("cut", range(1, len(GOOD)))
def test_any_cut(cut: int) -> None:
    machine = started()
    assert machine.received(GOOD[:cut]) == b""
    assert not machine.is_through
    assert machine.received(GOOD[cut:]) == b""
    assert machine.is_through


def test_what_follows_is_the_tunnels() -> None:
    machine = started()
    assert machine.received(GOOD + b"\x16\x03") == b"\x16\x03"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (b"HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n", 403, "HTTP 403: it forbids"),
        (b"HTTP/1.0 407 Who?\r\nProxy-Authenticate: Basic\r\n\r\n", 407, "wants a name and password"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 504 Late\r\n\r\n", 504, "did not answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\n\r\n", 302, "HTTP 302"),
    ],
)
def test_refusals(answer: bytes, status: int, words: str) -> None:
    with pytest.raises(ProxyRefused, match=words) as refused:
        started().received(answer)
    assert refused.value.status == status


@pytest.mark.parametrize("answer", [b"\x16\x03\x01\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 4000])
def test_what_is_no_answer(answer: bytes) -> None:
    with pytest.raises(RemoteError):
        started().received(answer)


@given(st.binary(max_size=200))
def test_garbage(data: bytes) -> None:
    machine = started()
    with contextlib.suppress(RemoteError, ProxyRefused):
        machine.received(data)
        machine.received(b"\r\n\r\n")
