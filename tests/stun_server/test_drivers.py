"""One contract for all drivers of the STUN server, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
from collections.abc import Iterator

import pytest

from natscope.host.api import HostError
from natscope.host.real.host import build_real_host
from natscope.machines.stun_responder import Drop, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.stun_server.blocking import BlockingServer, Engine
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.server import HostServer
from natscope.stun_server.service import StunService
from natscope.wire.stun.attributes import Attr, Change, encode_change, encode_response_port
from natscope.wire.stun.classic import encode_classic_request
from natscope.wire.stun.message import (
    MessageClass,
    RequestForm,
    decode,
    encode,
    encode_binding_request,
    encode_binding_success,
)
from tests.relay.drivers import wait_for
from tests.stun_server.drivers import Running, ask, client, end_of, everything, free_quad, missing, running

V4, V6 = Endpoint.parse("127.0.0.1:0"), Endpoint.parse("[::1]:0")
QUIET = Endpoint.parse("198.51.100.1:1")


def has_ipv6() -> bool:
    try:
        client("::1").close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this computer has no IPv6 loopback")


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.param
    if reason := missing(chosen):
        pytest.skip(reason)
    return chosen


def new_id() -> bytes:
    return os.urandom(12)


@pytest.mark.parametrize("form", RequestForm)
@pytest.mark.parametrize("local", [V4, pytest.param(V6, marks=needs_ipv6)], ids=str)
def test_right_answers_on_several_addresses(engine: Engine, local: Endpoint, form: RequestForm) -> None:
    second = Endpoint.parse("127.0.0.2:0") if local is V4 else local
    with running(engine, [local, second]) as server, client(str(local.ip)) as sock:
        for address in server.locals_:
            identity = new_id()
            answer, source = ask(sock, encode_binding_request(identity, form), address)
            assert source == address
            assert answer == encode_binding_success(identity, end_of(sock))
        assert server.service.counters.answers["success"] == 2


@pytest.mark.parametrize("wildcard", ["0.0.0.0", pytest.param("::", marks=needs_ipv6)])
@pytest.mark.parametrize("form", ["usual", "other"])
def test_a_wildcard_socket_answers_from_the_address_that_was_asked(engine: Engine, wildcard: str, form: str) -> None:
    if engine is Engine.ASYNCIO:
        pytest.skip("the host's sockets leave the source address to the system")
    asked = ["127.0.0.1", "127.0.0.5", "127.1.2.3"] if wildcard == "0.0.0.0" else ["::1"]
    attributes = [] if form == "usual" else [(int(Attr.SOFTWARE), b"somebody")]
    with running(engine, [Endpoint(ipaddress.ip_address(wildcard), 0)]) as server:
        port = server.locals_[0].port
        for address in asked:
            with client("::1" if ":" in address else "127.0.0.9") as sock:
                target = Endpoint(ipaddress.ip_address(address), port)
                answer, source = ask(sock, encode_binding_request(new_id(), attributes=attributes), target)
                assert source == target
                assert decode(answer).mapped_address == end_of(sock)


def test_a_burst_of_mixed_datagrams_gets_each_its_own_answer(engine: Engine) -> None:
    """Many sources at once, so that batches are full: usual ones, others, and what gets silence, interleaved."""
    socks = [client(f"127.0.1.{n}") for n in range(1, 120)]
    try:
        with running(engine, [V4]) as server:
            (target,) = server.locals_
            expected: list[bytes | None] = []
            for number, sock in enumerate(socks):
                request, answer = mixed(number, end_of(sock))
                expected.append(answer)
                sock.sendto(request, (str(target.ip), target.port))
            for sock, answer in zip(socks, expected, strict=True):
                if answer is not None:
                    assert sock.recv(70_000) == answer
            for sock, answer in zip(socks, expected, strict=True):
                if answer is None:
                    sock.setblocking(False)
                    with pytest.raises(BlockingIOError):
                        sock.recv(70_000)
            assert sum(server.service.counters.answers.values()) == sum(answer is not None for answer in expected)
    finally:
        for sock in socks:
            sock.close()


def mixed(number: int, source: Endpoint) -> tuple[bytes, bytes | None]:
    identity = new_id()
    usual = encode_binding_request(identity, RequestForm.TAILSCALE)
    right = encode_binding_success(identity, source)
    shapes = {
        3: (encode_binding_request(identity), right),
        5: (encode_binding_request(identity, attributes=[(Attr.SOFTWARE, b"x" * 700)]), right),
        7: (usual[:-1] + bytes([usual[-1] ^ 1]), None),
        9: (os.urandom(40), None),
        10: (b"", None),
        11: (usual[:20] + b"\x80\x22\x00\x08nodetail" + usual[32:], None),
    }
    return shapes.get(number % 12, (usual, right))


def test_silence_is_counted_by_reason(engine: Engine) -> None:
    wrong = [
        (b"x", Drop.NOT_STUN),
        (encode_binding_success(bytes(12), QUIET), Drop.NOT_A_REQUEST),
        (encode(MessageClass.INDICATION, bytes(12)), Drop.NOT_A_REQUEST),
        (encode_classic_request(bytes(16)), Drop.CLASSIC),
        (encode_binding_request(bytes(12)) + b"tail", Drop.TRAILING_BYTES),
        (encode_binding_request(bytes(12), attributes=[(Attr.SOFTWARE, bytes(3000))]), Drop.OVERSIZED),
    ]
    with running(engine, [V4]) as server, client() as sock:
        (target,) = server.locals_
        for data, _ in wrong:
            sock.sendto(data, (str(target.ip), target.port))
        answer, _ = ask(sock, encode_binding_request(new_id()), target)  # first in, first out: nothing came before it
        assert decode(answer).message_class is MessageClass.SUCCESS
        drops = server.service.counters.drops
        assert {reason: count for reason, count in drops.items() if count} == {
            Drop.NOT_STUN: 1,
            Drop.NOT_A_REQUEST: 2,
            Drop.CLASSIC: 1,
            Drop.TRAILING_BYTES: 1,
            Drop.OVERSIZED: 1,
        }
        total = sum(len(data) for data, _ in wrong) + 20
        assert total - 1000 < server.service.counters.request_bytes <= total  # the long one was not read to its end
        assert server.service.counters.answer_bytes == 32


@pytest.mark.parametrize("form", RequestForm)
@pytest.mark.parametrize("local", [V4, pytest.param(V6, marks=needs_ipv6)], ids=str)
def test_3000_requests_from_one_source_get_fewer_bytes_out_than_in(
    engine: Engine, local: Endpoint, form: RequestForm
) -> None:
    with running(engine, [local]) as server, client(str(local.ip)) as sock:
        (target,) = server.locals_
        bytes_in = bytes_out = 0
        for _ in range(30):
            for _ in range(100):
                bytes_in += sock.sendto(encode_binding_request(new_id(), form), (str(target.ip), target.port))
            with client("127.0.0.77" if local is V4 else "::1") as control:
                control.sendto(b"", (str(target.ip), target.port))
            bytes_out += sum(map(len, everything(sock, until_silence_s=0.02)))
        bytes_out += sum(map(len, everything(sock)))
        counters = server.service.counters
        assert counters.answer_bytes == bytes_out
        assert bytes_out < bytes_in / 4
        assert counters.answers["success"] >= 20
        assert counters.drops[Drop.RATE_LIMITED] + counters.answers["success"] == 3000


def test_a_flood_of_many_sources_is_limited_as_a_whole(engine: Engine) -> None:
    """One answer in 100 s for all together, so the time that the test takes does not matter."""
    with running(engine, [V4], total_rate=0.01) as server:
        (target,) = server.locals_
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(client(f"127.0.1.{number}")) for number in range(1, 31)]
            for number, sock in enumerate(clients):
                form = list(RequestForm)[number % 2]
                sock.sendto(encode_binding_request(new_id(), form), (str(target.ip), target.port))
            wait_for(lambda: server.service.counters.requests == 30)
            assert sum(len(everything(sock, until_silence_s=0.02)) for sock in clients) == 1
        assert server.service.counters.answers["success"] == 1
        assert server.service.counters.drops[Drop.RATE_LIMITED] == server.service.limiter.total_refusals == 29


def test_the_limit_is_per_source_address_whatever_the_port(engine: Engine) -> None:
    with running(engine, [V4], rate=0.01) as server:
        (target,) = server.locals_
        with client("127.0.0.3") as first, client("127.0.0.3") as second, client("127.0.0.4") as other:
            for number in range(60):
                form = list(RequestForm)[number % 2]  # the two ways through the server share the buckets
                for sock in (first, second):
                    sock.sendto(encode_binding_request(new_id(), form), (str(target.ip), target.port))
            assert len(everything(first)) + len(everything(second)) == 20
            ask(other, encode_binding_request(new_id()), target)


def test_two_servers_pointed_at_each_other_stay_silent(engine: Engine) -> None:
    """A go-between hands everything that one server says to the other, as if they had asked each other."""
    with running(engine, [V4]) as left, running(engine, [V4]) as right, client() as to_left, client() as to_right:
        ends = ((to_left, left.locals_[0]), (to_right, right.locals_[0]))
        for request in (encode_binding_request(new_id()), encode_binding_request(new_id(), attributes=[(0x7001, b"")])):
            spoken = [ask(to_left, request, ends[0][1])[0]]
            for turn in range(1, 6):
                sock, server = ends[turn % 2]
                sock.sendto(spoken[-1], (str(server.ip), server.port))
                spoken += everything(sock, until_silence_s=0.05) or spoken[-1:]
            assert set(spoken) == set(spoken[:1])
        assert right.service.counters.answers == dict.fromkeys(right.service.counters.answers, 0)


def test_own_addresses_are_not_answered(engine: Engine) -> None:
    with client() as sock:
        own = end_of(sock)
        with running(engine, [V4], own=[own]) as server:
            (target,) = server.locals_
            for form in RequestForm:
                sock.sendto(encode_binding_request(new_id(), form), (str(target.ip), target.port))
            with client() as control:
                ask(control, encode_binding_request(new_id()), target)
            assert server.service.counters.drops[Drop.SOURCE] == 2


# alternate


@pytest.fixture
def quad(engine: Engine) -> Iterator[Running]:
    places = free_quad("127.0.0.1", "127.0.0.2")
    with running(engine, list(places.values()), list(places), rate=100) as server:
        yield server


def test_change_request_over_four_sockets(quad: Running) -> None:
    primary, other_port, other_ip, both = quad.locals_
    expected = {(False, False): primary, (False, True): other_port, (True, False): other_ip, (True, True): both}
    with client() as sock:
        for change, origin in expected.items():
            attributes = [(int(Attr.CHANGE_REQUEST), encode_change(Change(*change)))]
            answer, source = ask(sock, encode_binding_request(new_id(), attributes=attributes), primary)
            message = decode(answer)
            assert source == origin
            assert (message.response_origin, message.other_address) == (origin, both)
            answer, source = ask(sock, encode_classic_request(os.urandom(16), Change(*change)), primary)
            assert source == origin
            assert decode(answer).other_address == both


def test_response_port_arrives_at_another_socket(quad: Running) -> None:
    with client() as asking, client() as waiting:
        port = waiting.getsockname()[1]
        request = encode_binding_request(new_id(), attributes=[(Attr.RESPONSE_PORT, encode_response_port(port))])
        target = quad.locals_[0]
        asking.sendto(request, (str(target.ip), target.port))
        assert decode(waiting.recv(2000)).mapped_address == end_of(asking)


@pytest.mark.parametrize("size", [0, 40, 2_100, 30_000, 65_000])
def test_padding_of_any_size_comes_back_no_longer(quad: Running, size: int) -> None:
    with client() as sock:
        request = encode_binding_request(new_id(), attributes=[(Attr.PADDING, bytes(size))])
        answer, _ = ask(sock, request, quad.locals_[0])
        assert len(decode(answer).padding or b"") == size


def test_no_socket_is_left_open_when_one_cannot_be_bound(engine: Engine) -> None:
    with client() as taken, client() as probe:
        free, blocked = end_of(probe), end_of(taken)
        probe.close()
        with pytest.raises(HostError, match="in use"):
            open_and_close(engine, [free, blocked])
        client("127.0.0.1", free.port).close()


def open_and_close(engine: Engine, locals_: list[Endpoint]) -> None:
    service = StunService(StunResponder(), SourceLimiter())
    if engine is Engine.ASYNCIO:
        asyncio.run(HostServer.open(build_real_host(), service, locals_))
    else:
        BlockingServer(service, locals_, engine).close()
