"""recvmmsg and sendmmsg over real sockets on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from natscope.host.api import HostError
from natscope.host.real.udp_batch import HEAD_BYTES, UdpBatch, is_supported
from natscope.host.real.udp_server import bound_endpoint, open_server_socket
from natscope.model.endpoint import Endpoint

if not is_supported():
    pytest.skip("this system has no recvmmsg", allow_module_level=True)

LIMIT = 200


@pytest.fixture(params=["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"])
def batch(request: pytest.FixtureRequest) -> Iterator[UdpBatch]:
    local = Endpoint.parse(request.param)
    try:
        sock = open_server_socket(local)
    except HostError as error:
        pytest.skip(error.message)
    opened = UdpBatch(sock, local, limit_bytes=LIMIT, answer_bytes=32, rows=8)
    yield opened
    opened.close()


def clients(batch: UdpBatch, count: int) -> list[socket.socket]:
    family = socket.AF_INET if batch.family == 4 else socket.AF_INET6
    found = []
    for _ in range(count):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1" if batch.family == 4 else "::1", 0))
        sock.settimeout(5)
        found.append(sock)
    return found


def target(batch: UdpBatch) -> tuple[str, int]:
    return ("127.0.0.1" if batch.family == 4 else "::1", bound_endpoint(batch.sock).port)


def test_rows_are_what_was_sent_and_answers_reach_their_senders(batch: UdpBatch) -> None:
    assert batch.receive() == 0
    socks = clients(batch, 5)
    sent = [b"", b"a" * 20, b"b" * HEAD_BYTES, b"c" * (HEAD_BYTES + 1), b"d" * LIMIT]
    for sock, data in zip(socks, sent, strict=True):
        sock.sendto(data, target(batch))
    assert batch.receive() == 5
    assert batch.datagrams(5) == sent
    ports = [int.from_bytes(source[:2], "big") for source in batch.sources(5)]
    assert ports == [sock.getsockname()[1] for sock in socks]
    rows = [0, 2, 3]
    batch.stage(rows, [bytes([row]) * 32 for row in rows])
    assert batch.flush(3) == 0
    for row in rows:
        data, source = socks[row].recvfrom(100)
        assert (data, source[:2]) == (bytes([row]) * 32, target(batch))
    assert batch.send_one(b"long answer" * 9, 4, ports[4])
    assert socks[4].recvfrom(200)[0] == b"long answer" * 9
    assert batch.send_one(b"elsewhere", 4, ports[1])
    assert socks[1].recvfrom(200)[0] == b"elsewhere"
    for sock in socks:
        sock.close()


def test_a_datagram_beyond_the_limit_is_told_from_one_within(batch: UdpBatch) -> None:
    (sock,) = clients(batch, 1)
    for size in (LIMIT, LIMIT + 1, LIMIT + 100):
        sock.sendto(bytes(size), target(batch))
    assert batch.receive() == 3
    assert batch.lengths(3) == [LIMIT, LIMIT + 1, LIMIT + 100]
    assert [len(data) > LIMIT for data in batch.datagrams(3)] == [False, True, True]
    sock.close()


def test_more_than_the_rows_stay_in_the_socket(batch: UdpBatch) -> None:
    (sock,) = clients(batch, 1)
    for number in range(11):
        sock.sendto(bytes([number]), target(batch))
    assert (batch.receive(), batch.datagrams(8)[0]) == (8, b"\0")
    assert (batch.receive(), batch.datagrams(3)[0]) == (3, b"\x08")
    sock.close()


def test_one_answer_that_cannot_be_sent_does_not_stop_the_others() -> None:
    local = Endpoint.parse("127.0.0.1:0")
    batch = UdpBatch(open_server_socket(local), local, limit_bytes=LIMIT, answer_bytes=32, rows=8)
    socks = clients(batch, 3)
    for sock in socks:
        sock.sendto(b"x", target(batch))
    assert batch.receive() == 3
    batch.names[16 + 2 : 16 + 4] = b"\0\0"  # port 0: the system refuses
    batch.stage([0, 1, 2], [bytes([row]) * 32 for row in range(3)])
    assert batch.flush(3) == 1
    assert socks[0].recv(100) == bytes(32)
    assert socks[2].recv(100) == b"\2" * 32
    batch.close()
    for sock in socks:
        sock.close()
