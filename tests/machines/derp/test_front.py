"""The door: HTTP heads in any cut, pipelining, upgrades with frames behind them, limits, garbage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, Pong, Request, TextMessage

from natscope.machines.derp.connection import Connection
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.forwarded import TrustedProxies, parse_networks
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import FrontLimits
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import Frame, RecvPacket, SendPacket, ServerKey, encode
from natscope.wire.derp.hello import ClientInfo, seal_client_info
from natscope.wire.derp.parsing import decode
from natscope.wire.derp.reader import FrameReader
from tests.machines.derp.harness import private_key
from tests.wire.derp.vectors import VECTORS

HTTP = VECTORS["http"]
GET = b"GET /derp/probe HTTP/1.1\r\nHost: relay.test\r\n\r\n"


class Door:
    """A front with its connections; what each was sent is kept as bytes."""

    def __init__(
        self, limits: FrontLimits | None = None, pages: Pages | None = None, proxies: TrustedProxies | None = None
    ) -> None:
        self.relay = Relay(private_key("relay"))
        self.front = Front(self.relay, pages or Pages(), lambda: "Tue, 24 Nov 2026 21:36:42 GMT", limits, proxies)
        self.sent: dict[Connection, bytes] = {}
        self.ended: dict[Connection, End] = {}
        self.now = 0.0

    def open(self, address: str = "192.0.2.7:4000") -> Connection:
        connection = self.front.opened(Endpoint.parse(address), self.now, encrypted=True)
        assert connection is not None
        self.sent[connection] = b""
        return connection

    def send(self, connection: Connection, data: bytes) -> None:
        self.carry_out(self.front.received(connection, data, self.now))

    def take(self, connection: Connection) -> bytes:
        taken, self.sent[connection] = self.sent[connection], b""
        return taken

    def carry_out(self, effects: Effects) -> None:
        for connection, data in effects.raw.items():
            self.sent[connection] += data
        for outlet, pieces in effects.sends.items():
            owner = outlet.owner
            assert isinstance(owner, Connection)
            self.sent[owner] += owner.ready(pieces)
        for outlet, reason in effects.closes:
            assert isinstance(outlet.owner, Connection)
            self.ended[outlet.owner] = reason
        if effects.admit is not None:
            self.carry_out(self.front.admitted(effects.admit, True, bytes(24), self.now))

    def hello(self, name: str) -> bytes:
        return encode(seal_client_info(ClientInfo(), private_key(name), self.relay.private.public, bytes(24)))

    def join(self, name: str) -> Connection:
        connection = self.open()
        self.send(connection, HTTP["upgrade_request_fast_start"].encode() + self.hello(name))
        self.take(connection)
        return connection


def frames(data: bytes) -> list[Frame]:
    return [decode(kind, payload) for kind, payload in FrameReader().feed(data)]


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), max_size=20))
def test_any_cut_of_an_upgrade_with_the_greeting_behind_it(cuts: list[int]) -> None:
    door = Door()
    b, a = door.join("b"), door.open()
    data = HTTP["upgrade_request"].encode() + door.hello("a") + encode(SendPacket(private_key("b").public, b"early"))
    offset = 0
    for cut in [*cuts, len(data)]:
        door.send(a, data[offset : offset + cut])
        offset += cut
    head, _, rest = door.take(a).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert frames(rest)[0] == ServerKey(door.relay.private.public)
    assert frames(door.take(b)) == [RecvPacket(private_key("a").public, b"early")]


def test_fast_start_has_no_head() -> None:
    door = Door()
    a = door.open()
    door.send(a, HTTP["upgrade_request_fast_start"].encode())
    assert door.take(a) == encode(ServerKey(door.relay.private.public))
    assert a.http is None
    assert door.front.counters.fast_starts == 1


def test_requests_in_a_row_and_all_at_once() -> None:
    door = Door()
    a = door.open()
    door.send(a, GET)
    door.send(a, GET * 2)
    assert door.take(a).count(b"HTTP/1.1 200") == 3
    door.send(a, GET + HTTP["upgrade_request_fast_start"].encode())
    answer = door.take(a)
    assert answer.index(b"HTTP/1.1 200") < answer.index(b"DERP\xf0")
    assert door.ended == {}


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    door = Door()
    a = door.open()
    door.send(a, data)
    assert door.ended == {a: End.PROTOCOL}
    assert door.take(a).startswith(b"HTTP/1.1 400")
    door.send(a, GET)
    assert door.take(a) == b""
    assert door.front.counters.bad_requests == 1


TWO_LENGTHS = b"Content-Length: 4\r\nUpgrade: derp"


@pytest.mark.parametrize("first", [b"", b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"CONNECT", b"POST"])
def test_refusals_fit_the_method_of_their_own_request(first: bytes, method: bytes) -> None:
    for wrong in (method + b" a:1 HTTP/1.1\r\nHost: a\r\n" + TWO_LENGTHS + b"\r\n\r\nbody", b"nonsense\r\n\r\n"):
        door = Door()
        a = door.open()
        if first:
            door.send(a, first)
            door.take(a)
        door.send(a, wrong)
        answer = door.take(a)
        assert answer.startswith(b"HTTP/1.1 400")
        assert answer.endswith(b"400 Bad Request") is (wrong.startswith(b"nonsense") or method != b"HEAD")
        assert door.ended == {a: End.PROTOCOL}


HEADERS = st.lists(
    st.sampled_from(
        (
            b"Content-Length: 4", b"Content-Length: 0", b"Transfer-Encoding: chunked", b"Connection: close",
            b"Connection: Upgrade", b"Upgrade: derp", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", b"Sec-WebSocket-Protocol: derp", b"Derp-Fast-Start: 1",
            b"Expect: 100-continue", b"Host: other", b"X : y", b"X", b" folded", b"X: \x00",
        )
    ),
    max_size=4,
)  # fmt: skip
REQUEST = st.tuples(
    st.sampled_from((b"GET", b"HEAD", b"POST", b"CONNECT", b"OPTIONS", b"x", b"G@T")),
    st.sampled_from((b"/", b"/derp", b"/derp/probe", b"/generate_204", b"*", b"a:1", b"http://a/derp", b"/a b", b"")),
    HEADERS,
    st.sampled_from((b"", b"", b"body", b"4\r\nbody\r\n0\r\n\r\n", b"z\r\n")),
    st.sampled_from((b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0")),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(REQUEST, min_size=1, max_size=4), st.booleans())
def test_requests_of_every_kind_in_a_row_are_answered_or_end_it(
    requests: list[tuple[bytes, bytes, list[bytes], bytes, bytes]], encrypted: bool
) -> None:
    door = Door()
    a = door.front.opened(Endpoint.parse("192.0.2.7:4000"), 0.0, encrypted=encrypted)
    assert a is not None
    door.sent[a] = b""
    for method, target, headers, body, version in requests:
        lines = (method + b" " + target + b" " + version, b"Host: a", *headers, b"", b"")
        door.send(a, b"\r\n".join(lines) + body)
    assert not door.ended or a.http is None


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_garbage_never_raises(data: bytes) -> None:
    door = Door()
    a = door.open()
    door.send(a, data)
    door.send(a, data)
    b = door.open()
    door.send(b, HTTP["upgrade_request"].encode() + data)


def test_a_late_head_and_an_idle_connection_are_closed() -> None:
    door = Door()
    silent, asked = door.open(), door.open()
    door.send(asked, GET)
    for now, ended in ((9.9, []), (10.0, [silent]), (29.9, [silent]), (30.0, [silent, asked])):
        door.now = now
        door.carry_out(door.front.tick(now))
        assert list(door.ended) == ended
    assert door.front.deadline() is None


def test_too_many_connections_of_one_source_are_refused_until_they_are_let_in_or_gone() -> None:
    door = Door()
    opened = [door.open() for _ in range(FrontLimits().pending_per_source)]
    assert door.front.opened(Endpoint.parse("192.0.2.7:5000"), 0.0, encrypted=True) is None
    door.open("192.0.2.8:5000")
    door.send(opened[0], HTTP["upgrade_request_fast_start"].encode())
    assert door.front.opened(Endpoint.parse("192.0.2.7:5000"), 0.0, encrypted=True) is None
    door.send(opened[0], door.hello("a"))
    door.open()
    assert door.front.opened(Endpoint.parse("192.0.2.7:5000"), 0.0, encrypted=True) is None
    door.carry_out(door.front.closed(opened[1]))
    door.open()
    assert door.front.counters.refused_connections == 3


def forwarded(address: str) -> bytes:
    return GET.replace(b"\r\n\r\n", f"\r\nX-Forwarded-For: {address}\r\n\r\n".encode())


def test_behind_a_proxy_of_ours_each_client_has_its_own_limit() -> None:
    door = Door(FrontLimits(pending_per_source=3), proxies=parse_networks(["192.0.2.7"]))
    first = [door.open() for _ in range(10)]
    for connection in first[:4]:
        door.send(connection, forwarded("203.0.113.1"))
    door.send(first[4], forwarded("203.0.113.2"))
    assert [door.take(c).split()[1] for c in first[:5]] == [b"200", b"200", b"200", b"429", b"200"]
    assert door.front.counters.refused_connections == 1
    door.send(first[0], forwarded("203.0.113.3"))  # the proxy uses its connection for somebody else
    door.send(first[5], forwarded("203.0.113.1"))
    assert door.take(first[5]).split()[1] == b"200"
    for connection in first:
        door.carry_out(door.front.closed(connection))
    assert door.front._per_source == {}


def test_a_client_behind_a_proxy_is_known_by_its_own_address() -> None:
    door = Door(proxies=parse_networks(["192.0.2.7"]))
    a = door.open()
    door.send(a, forwarded("203.0.113.9"))
    upgrade = HTTP["upgrade_request_fast_start"].encode()
    door.send(a, upgrade.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n"))
    door.send(a, door.hello("a"))
    assert a.client is not None
    assert str(a.client.address) == "203.0.113.1:0"
    assert door.front._per_source == {}


def test_a_stranger_may_not_say_who_it_is() -> None:
    door = Door(FrontLimits(pending_per_source=1))
    a = door.open()
    door.send(a, forwarded("203.0.113.1"))
    assert str(a.address) == "192.0.2.7:4000"
    assert door.front.opened(Endpoint.parse("192.0.2.7:5000"), 0.0, encrypted=True) is None


def test_a_closed_connection_takes_its_client_along() -> None:
    door = Door()
    a = door.join("a")
    door.carry_out(door.front.closed(a))
    assert door.relay.clients == 0
    assert door.ended == {}


def test_a_client_that_reads_no_answer_is_closed() -> None:
    door = Door()
    a = door.open()
    door.front.blocked(a, 0.0)
    door.carry_out(door.front.tick(9.9))
    assert door.front.drained(a) == []
    door.front.blocked(a, 9.9)
    door.carry_out(door.front.tick(19.9))
    assert door.ended == {a: End.SLOW}


def test_who_is_let_in_before_it_has_read_an_answer_is_the_relays_to_judge() -> None:
    door = Door()
    a = door.open()
    door.front.blocked(a, 0.0)
    door.now = 9.0
    door.send(a, HTTP["upgrade_request_fast_start"].encode() + door.hello("a"))
    assert a.client is not None
    assert a.client.blocked_since == 9.0
    door.front.drained(a, 9.5)
    door.carry_out(door.front.tick(25.0))
    assert door.ended == {}
    door.carry_out(door.front.closed(a))
    assert door.relay.clients == 0


class Browser:
    """A WebSocket client of wsproto."""

    def __init__(self, door: Door, protocol: str = "derp") -> None:
        self.door, self.at = door, door.open()
        self.ws = WSConnection(ConnectionType.CLIENT)
        door.send(self.at, self.ws.send(Request(host="relay.test", target="/derp", subprotocols=[protocol])))

    def send(self, event: Event) -> None:
        self.door.send(self.at, self.ws.send(event))

    def events(self) -> list[Event]:
        self.ws.receive_data(self.door.take(self.at))
        return list(self.ws.events())


def test_websocket_messages_carry_the_same_stream() -> None:
    door = Door()
    b, browser = door.join("b"), Browser(door)
    accepted, key = browser.events()
    assert isinstance(accepted, AcceptConnection)
    assert accepted.subprotocol == "derp"
    assert isinstance(key, BytesMessage)
    assert frames(bytes(key.data)) == [ServerKey(door.relay.private.public)]
    hello = door.hello("a")
    browser.send(BytesMessage(data=hello[:50]))
    browser.send(BytesMessage(data=hello[50:] + encode(SendPacket(private_key("b").public, b"from a browser"))))
    assert frames(door.take(b)) == [RecvPacket(private_key("a").public, b"from a browser")]
    browser.events()
    door.send(b, encode(SendPacket(private_key("a").public, b"back")))
    (message,) = browser.events()
    assert isinstance(message, BytesMessage)
    assert frames(bytes(message.data)) == [RecvPacket(private_key("b").public, b"back")]
    browser.send(Ping(payload=b"x"))
    assert browser.events() == [Pong(payload=b"x")]
    browser.send(CloseConnection(code=1000))
    assert door.ended == {browser.at: End.CLIENT}


def test_a_text_message_ends_a_websocket() -> None:
    door = Door()
    browser = Browser(door)
    browser.events()
    browser.send(TextMessage(data="hello"))
    assert [event.code for event in browser.events() if isinstance(event, CloseConnection)] == [1003]
    assert door.ended == {browser.at: End.CLIENT}


def test_a_wrong_websocket_handshake_is_refused() -> None:
    door = Door()
    a = door.open()
    door.send(a, b"GET /derp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 b"Sec-WebSocket-Protocol: derp\r\n\r\n")  # fmt: skip
    assert door.take(a).startswith(b"HTTP/1.1 400")
    assert door.ended == {}


def test_many_requests_in_one_read_are_cut_off() -> None:
    """An answer is 25 times as long as the shortest request, and takes as long as a hundred packets."""
    door = Door()
    a = door.open()
    door.send(a, GET * 2000)
    assert door.take(a).count(b"HTTP/1.1 200") == 15
    assert door.ended == {a: End.PROTOCOL}


def test_a_busy_connection_leaves_one_timer() -> None:
    door = Door()
    a = door.open()
    for _ in range(500):
        door.send(a, GET)
    assert len(door.front._timers) == 1
