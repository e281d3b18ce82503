"""While a proof is given, clients get the usual certificate and the validator its own, however slowly it begins."""

from __future__ import annotations

import os
import socket
import ssl
import sys
import time

import pytest
import trustme

from natscope.host.real.relay_hello import HelloContext
from natscope.machines.derp.relay import Relay
from natscope.model.endpoint import Endpoint
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import OnEpoll, client_context, front_of, server_context

if sys.platform != "linux":
    pytest.skip("epoll is Linux's", allow_module_level=True)

PROOF = trustme.CA()


@pytest.fixture(name="relay")
def proving_relay() -> object:
    relay = OnEpoll(front_of(Relay(PrivateKey(os.urandom(32))), tls=True), tls=True, allowed=None)
    proof = server_context(PROOF)
    proof.set_alpn_protocols(["acme-tls/1"])
    relay.loop.replace_context(HelloContext.of(server_context(), {"relay.test": proof}))
    yield relay
    relay.end()


def validator(*protocols: str) -> ssl.SSLContext:
    """Trusts the proof's authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    PROOF.configure_trust(context)
    context.set_alpn_protocols(list(protocols))
    return context


def handshake(at: Endpoint, context: ssl.SSLContext, name: str = "relay.test", piece: int = 0) -> str | None:
    """The chosen protocol; with `piece` the first message goes out in pieces of so many bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with socket.create_connection((str(at.ip), at.port), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                tls.do_handshake()
                return tls.selected_alpn_protocol()
            except ssl.SSLWantReadError:
                data = outgoing.read()
            for start in range(0, len(data), piece or len(data) or 1):
                sock.sendall(data[start : start + (piece or len(data))])
                if piece:
                    time.sleep(0.002)
            received = sock.recv(65536)
            assert received, "closed"
            incoming.write(received)


@pytest.mark.parametrize("piece", [0, 1, 100])
def test_the_validator_sees_the_proof(relay: OnEpoll, piece: int) -> None:
    assert handshake(relay.at, validator("acme-tls/1"), piece=piece) == "acme-tls/1"


def test_clients_go_on_meanwhile(relay: OnEpoll) -> None:
    client = DerpClient(relay.at, tls=client_context())
    client.packet(client, b"as ever")
    assert client.packets(1) == [b"as ever"]
    assert handshake(relay.at, client_context(), piece=50) is None
    client.close()


@pytest.mark.parametrize("protocols", [("acme-tls/1", "http/1.1"), ("http/1.1",)])
def test_other_protocols_get_the_usual_certificate(relay: OnEpoll, protocols: tuple[str, ...]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(relay.at, validator(*protocols))


def test_another_name_gets_the_usual_certificate(relay: OnEpoll) -> None:
    context = validator("acme-tls/1")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(relay.at, context, "other.test")


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x00", b""])
def test_what_is_no_hello_is_closed(relay: OnEpoll, first: bytes) -> None:
    with socket.create_connection((str(relay.at.ip), relay.at.port), timeout=10) as sock:
        sock.sendall(first)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(4096):
            pass


def test_half_a_hello_costs_no_cpu_while_it_waits(relay: OnEpoll) -> None:
    with socket.create_connection((str(relay.at.ip), relay.at.port), timeout=10) as sock:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        time.sleep(0.05)
        used = time.process_time()
        time.sleep(0.3)
        assert time.process_time() - used < 0.2
