"""The helper by every driver, over real sockets on loopback: alone with two addresses, and as a pair with a secret."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import time
from collections.abc import Iterator

import pytest

from natscope.machines.helper.peer_link import peer_key
from natscope.machines.helper.server import HelperServer
from natscope.machines.stun_responder import Place
from natscope.model.endpoint import Endpoint
from natscope.stun_server.blocking import Engine
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import (
    Ask,
    AskMarks,
    Count,
    Fate,
    HelperMessage,
    Offer,
    Order,
    Tally,
    TellMarks,
    Way,
    decode_helper,
    encode_helper,
)
from natscope.wire.stun.message import (
    TAILSCALE_SOFTWARE,
    MessageClass,
    RequestForm,
    decode,
    encode,
    encode_binding_request,
    encode_binding_success,
)
from natscope.wire.udp_shapes import Shape, answer_to, encode_shape, random_bytes
from tests.stun_server.drivers import Running, ask, client, end_of, free_quad, missing, running

SECRET = peer_key(b"sixteen bytes at least")
Server = tuple[Running, dict[Place, Endpoint]]


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.param
    if reason := missing(chosen):
        pytest.skip(reason)
    return chosen


def request(message: HelperMessage, identity: bytes) -> bytes:
    attributes = [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), (int(Attr.HELPER), encode_helper(message))]
    return encode(MessageClass.REQUEST, identity, attributes, fingerprint=True)


def told(data: bytes) -> HelperMessage:
    value = decode(data).first(Attr.HELPER)
    assert value is not None
    return decode_helper(value)


def confirmed(sock: socket.socket, home: Endpoint, token: bytes, identity: bytes) -> HelperMessage:
    """What became of an order, asked until the other server's word is there."""
    for _ in range(50):
        tally = told(ask(sock, request(Count(token, (identity[:4],)), os.urandom(12)), home)[0])
        if tally != Tally((Fate.WAITING,)):
            break
        time.sleep(0.01)
    return tally


@contextlib.contextmanager
def one_process(engine: Engine) -> Iterator[Server]:
    quad = free_quad("127.0.0.1", "127.0.0.2")
    helper = HelperServer(os.urandom(32), quad)
    with running(engine, list(quad.values()), list(quad), helper=helper) as server:
        yield server, quad


@contextlib.contextmanager
def two_processes(engine: Engine) -> Iterator[Server]:
    """The places of the second one as the first one's client sees them: its other port is what orders come from."""
    quad = free_quad("127.0.0.1", "127.0.0.2")
    mine = {place: end for place, end in quad.items() if place.address == 0}
    theirs = {Place(0, place.port): end for place, end in quad.items() if place.address == 1}
    first = HelperServer(os.urandom(32), mine, peers={4: theirs[Place(0, 0)]}, common=SECRET)
    second = HelperServer(os.urandom(32), theirs, peers={4: mine[Place(0, 0)]}, common=SECRET)
    with (
        running(engine, list(mine.values()), list(mine), helper=first) as server,
        running(engine, list(theirs.values()), list(theirs), helper=second),
    ):
        yield server, quad


@pytest.mark.parametrize("form", ["one process", "two processes"])
def test_what_was_ordered_comes_from_where_it_was_ordered(engine: Engine, form: str) -> None:
    with (one_process if form == "one process" else two_processes)(engine) as (_, quad), client("127.0.0.9") as sock:
        home = quad[Place(0, 0)]
        answer, source = ask(sock, request(Ask(), os.urandom(12)), home)
        offer = told(answer)
        assert isinstance(offer, Offer)
        assert source == home
        for way, place in ((Way.OTHER_PORT, Place(0, 1)), (Way.OTHER_ADDRESS, Place(1, 1))):
            identity = os.urandom(12)
            data, came_from = ask(sock, request(Order(way, offer.token), identity), home)
            assert came_from == quad[place]
            assert data == encode_binding_success(identity, end_of(sock))
            assert confirmed(sock, home, offer.token, identity) == Tally((Fate.SENT,))


def test_another_port_of_the_asker_gets_it_where_that_was_ordered(engine: Engine) -> None:
    with one_process(engine) as (_, quad), client("127.0.0.9") as sock, client("127.0.0.9") as other:
        home = quad[Place(0, 0)]
        offer = told(ask(sock, request(Ask(), os.urandom(12)), home)[0])
        assert isinstance(offer, Offer)
        order = request(Order(Way.OTHER_ADDRESS, offer.token, end_of(other).port), bytes(range(12)))
        sock.sendto(order, (str(home.ip), home.port))
        data, source = other.recvfrom(2048)
        assert (decode(data).transaction_id, source) == (bytes(range(12)), ("127.0.0.2", quad[Place(1, 1)].port))


@pytest.mark.parametrize("form", RequestForm)
def test_everybody_else_gets_what_they_always_got(engine: Engine, form: RequestForm) -> None:
    with one_process(engine) as (server, quad), client("127.0.0.9") as sock:
        for end in quad.values():
            identity = os.urandom(12)
            assert ask(sock, encode_binding_request(identity, form), end) == (
                encode_binding_success(identity, end_of(sock)),
                end,
            )
        assert server.service.counters.answers["success"] == 4


def test_a_token_is_worth_nothing_elsewhere(engine: Engine) -> None:
    with one_process(engine) as (server, quad), client("127.0.0.9") as sock, client("127.0.0.10") as thief:
        home = quad[Place(0, 0)]
        offer = told(ask(sock, request(Ask(), os.urandom(12)), home)[0])
        assert isinstance(offer, Offer)
        thief.settimeout(0.3)
        thief.sendto(request(Order(Way.OTHER_PORT, offer.token), os.urandom(12)), (str(home.ip), home.port))
        with pytest.raises(socket.timeout):
            thief.recv(2048)
        control, _ = ask(sock, encode_binding_request(os.urandom(12)), home)
        assert decode(control).mapped_address == end_of(sock)
        assert server.service.counters.answers["helper-sent"] == 0


@pytest.mark.parametrize("where", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_marks_are_told_as_they_came_and_never_come_back(engine: Engine, where: str) -> None:
    """On wildcard addresses beside the destination; the portable loop does not learn them and answers plainly."""
    ip = ipaddress.ip_address(where)
    with client(where) as free:  # on every address: what is free on one may be somebody's on another
        local = Endpoint(ip, free.getsockname()[1])
    helper = HelperServer(os.urandom(32), {Place(0, 0): local})
    loopback = Endpoint(ipaddress.ip_address("127.0.0.1" if ip.version == 4 else "::1"), local.port)
    option = (socket.IPPROTO_IP, socket.IP_TOS) if ip.version == 4 else (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
    receive = (socket.IPPROTO_IP, 13) if ip.version == 4 else (socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS)
    with running(engine, [local], [Place(0, 0)], rate=50.0, helper=helper), client(str(loopback.ip)) as sock:
        sock.setsockopt(*receive, 1)
        for tos in (0x8A, 0x02, 0x00):
            sock.setsockopt(*option, tos)
            for _ in range(9):  # so many at once go numpy's way
                sock.sendto(encode_binding_request(os.urandom(12), RequestForm.TAILSCALE), where_of(loopback))
            sock.sendto(request(AskMarks(), os.urandom(12)), where_of(loopback))
            answers = [sock.recvmsg(2048, 64) for _ in range(10)]
            told_values = [decode(data).first(Attr.HELPER) for data, *_ in answers]
            marks = [decode_helper(value) for value in told_values if value is not None]
            assert marks == ([] if engine is Engine.PORTABLE else [TellMarks(tos)])
            assert all(not any(cmsg[-1]) for _, ancillary, *_ in answers for cmsg in ancillary)


def where_of(end: Endpoint) -> tuple[str, int]:
    return str(end.ip), end.port


@pytest.mark.parametrize("shape", Shape)
def test_a_shape_is_answered_and_a_real_handshake_is_not(engine: Engine, shape: Shape) -> None:
    with one_process(engine) as (server, quad), client("127.0.0.9") as sock:
        asked = encode_shape(shape, os.urandom(random_bytes(shape)))
        assert ask(sock, asked, quad[Place(0, 0)]) == (answer_to(asked), quad[Place(0, 0)])
        sock.settimeout(0.2)
        sock.sendto(asked[:-1] + bytes([asked[-1] ^ 1]), where_of(quad[Place(0, 0)]))
        with pytest.raises(socket.timeout):
            sock.recv(2048)
        assert server.service.counters.answers["helper-shape"] == 1
