"""Every request is answered as `derper` answers it: both run side by side, and get the same bytes.

Compared are the status, the headers (without the date) and the body; where a body is people's own words, its form. A
request that the two answer differently stands in `DIFFERENT`, with the reason.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.interop.derp_peers import NAME, Derper, Ours, Place, Ports, running
from tests.relay.drivers import client_context

pytestmark = pytest.mark.interop

LIMIT_S = 10.0
STRANGER = "X-Forwarded-For: 192.0.2.1"
"""derper shows its debug pages on loopback, but not to somebody behind a proxy."""
DERP = ("Connection: Upgrade", "Upgrade: DERP")
KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
WEBSOCKET = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", KEY)
SUBPROTOCOL = "Sec-WebSocket-Protocol: derp"
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE")
PATHS = (
    "/", "/derp", "/derp?x=1", "/derp/", "/derp/probe", "/derp/probe?x", "/derp/latency-check", "/generate_204",
    "/bootstrap-dns", "/bootstrap-dns?q=localhost", "/robots.txt", "/nope", "/a?b=c&d=<x>", "/debug/", "/debug/vars",
    "/debugger", "/.well-known/acme-challenge/none",
)  # fmt: skip
UPGRADES = (
    DERP, (*DERP, "Derp-Fast-Start: 0"), (*DERP, "Ideal-Node: 900a"), ("Upgrade: DERP",), ("Connection: Upgrade",),
    ("Connection: Upgrade", "Upgrade: derp"), ("Connection: Upgrade", "Upgrade: derp, websocket"),
    ("Connection: Upgrade", "Upgrade: h2c"), WEBSOCKET, (*WEBSOCKET, SUBPROTOCOL),
    (*WEBSOCKET, f"{SUBPROTOCOL}, x"), (*WEBSOCKET, "Sec-WebSocket-Protocol: x, derp"),
    (*WEBSOCKET, SUBPROTOCOL, "Origin: https://elsewhere.test"),
    (*WEBSOCKET, SUBPROTOCOL, "Sec-WebSocket-Extensions: permessage-deflate"),
    (*WEBSOCKET[:3], SUBPROTOCOL), (*WEBSOCKET[1:], SUBPROTOCOL),
    (*WEBSOCKET[:2], "Sec-WebSocket-Version: 12", KEY, SUBPROTOCOL),
)  # fmt: skip
CHALLENGES = ("abc.DEF-1_2:3", "a" * 64, "a" * 65, "a b", "", "\u00e4")
BINARY_MESSAGE, CLOSING_FRAME = 0x82, 0x88
OWN_WORDS = ("WebSocket", "DERP</h1>")
"""Bodies in which each says it in its own words."""

TLS = {"443": client_context(), "80": None}


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    target: str
    headers: tuple[str, ...] = ()
    version: str = "HTTP/1.1"
    body: bytes = b""

    def __str__(self) -> str:
        return " ".join((self.method, self.target, *self.headers))

    def encode(self) -> bytes:
        lines = (f"{self.method} {self.target} {self.version}", f"Host: {NAME}", *self.headers, "", "")
        return "\r\n".join(lines).encode() + self.body


TABLE = [
    *(Ask(method, path, (STRANGER,)) for method in METHODS for path in PATHS),
    *(Ask("GET", "/derp", upgrade) for upgrade in UPGRADES),
    *(Ask("GET", path, DERP) for path in ("/nope", "/derp/probe", "/derp?x")),
    *(Ask("GET", "/generate_204", (f"X-Tailscale-Challenge: {text}",)) for text in CHALLENGES),
    Ask("CONNECT", "example.test:443"),
    Ask("GET", f"http://{NAME}/derp/probe"),
    Ask("GET", "/derp/probe", ("Connection: close",)),
    Ask("POST", "/derp/probe", ("Content-Length: 4",), body=b"body"),
    Ask("POST", "/nope", ("Transfer-Encoding: chunked",), body=b"4\r\nbody\r\n0\r\n\r\n"),
    Ask("POST", "/nope", ("Content-Length: 4", "Content-Length: 5"), body=b"body"),
    Ask("G@T", "/"),
    Ask("get", "/derp/probe"),
    Ask("GET", "/with space"),
]

DIFFERENT = [
    ("443", Ask("POST", "/derp", DERP), 101, 426, "an upgrade is a GET"),
    ("443", Ask("GET", "/derp", (*WEBSOCKET, f"{SUBPROTOCOL}x")), 101, 400, "refused before it is accepted"),
    ("443", Ask("GET", "//derp"), 307, 200, "paths are not cleaned"),
    ("443", Ask("GET", "/debug", (STRANGER,)), 307, 403, "there are no debug pages to lead to"),
    ("443", Ask("OPTIONS", "*"), 200, 200, "a page in place of nothing"),
    ("443", Ask("GET", "*"), 400, 200, "a page in place of an error"),
    ("80", Ask("CONNECT", "example.test:443"), 404, 400, "as every other method there"),
    ("80", Ask("GET", f"http://{NAME}/derp/probe"), 302, 400, "no redirect to https://localhosthttp://localhost"),
    ("80", Ask("GET", "//derp"), 307, 302, "paths are not cleaned"),
]
"""Port, request, derper's status, ours, why."""


@dataclass(frozen=True)
class Answer:
    """What came back, in a form that can be compared."""

    status: int
    reason: str
    headers: dict[str, str]
    body: str

    def alike(self) -> Answer:
        """Without what may differ: dates, keys, lengths of own words, a length where no body comes."""
        headers = {name: value for name, value in self.headers.items() if name not in ("date", "derp-public-key")}
        body = self.body
        if any(words in body for words in OWN_WORDS):
            body = body.rstrip()[-7:] if "</h1>" in body else "words\n"
            headers.pop("content-length")
        if self.status == 400 and headers.get("connection") == "close":
            headers.pop("content-length", None)  # it ends with the connection
        return Answer(self.status, self.reason, headers, body)


def ask(port: int, tls: ssl.SSLContext | None, request: Ask) -> Answer:
    """One connection, one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 40 ms for each request to derper
        sock = tls.wrap_socket(plain, server_hostname=NAME) if tls is not None else plain
        with sock:
            sock.sendall(request.encode())
            answer = http.client.HTTPResponse(sock, method=request.method)
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            if request.method == "HEAD":
                headers.pop("content-length", None)  # Go tells it of some pages, and of others not
            body = first_frame(answer) if answer.status == 101 else answer.read().decode()
            return Answer(answer.status, answer.reason, headers, body)


def first_frame(answer: http.client.HTTPResponse) -> str:
    """The beginning of what follows an upgrade: a ServerKey frame, perhaps in a message; without the key."""
    start = answer.fp.read(2)
    if start[0] == CLOSING_FRAME:
        return "closed"
    start += answer.fp.read(13 if start[0] == BINARY_MESSAGE else 11)
    assert answer.fp.read(32).hex() == answer.headers.get("Derp-Public-Key", "").lower() or start[0] == BINARY_MESSAGE
    return start.hex()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ports, Ports]]:
    """Derper and ours, with TLS and a plain port beside it."""
    place, theirs, ours = Place(tmp_path_factory.mktemp("http")), Ports(), Ports()
    with running(Derper(place, theirs)), running(Ours(place, ours)):
        yield theirs, ours


def asked(both: tuple[Ports, Ports], port: str, request: Ask) -> tuple[Answer, Answer]:
    theirs, ours = (ask(ports.https if port == "443" else ports.http, TLS[port], request) for ports in both)
    return theirs, ours


@pytest.mark.parametrize("port", ["443", "80"])
def test_the_table(both: tuple[Ports, Ports], port: str) -> None:
    known = [(at, request) for at, request, *_ in DIFFERENT]
    wrong = []
    for request in TABLE:
        if (port, request) not in known:
            theirs, ours = asked(both, port, request)
            if theirs.alike() != ours.alike():
                wrong.append(f"{request}\n  derper {theirs.alike()}\n  ours   {ours.alike()}")
    assert not wrong, "\n".join(wrong)


def test_known_differences(both: tuple[Ports, Ports]) -> None:
    for port, request, their_status, our_status, why in DIFFERENT:
        theirs, ours = asked(both, port, request)
        assert (theirs.status, ours.status) == (their_status, our_status), why
        assert theirs.alike() != ours.alike(), why


def test_fast_start_has_no_head(both: tuple[Ports, Ports]) -> None:
    for ports in both:
        with socket.create_connection(("127.0.0.1", ports.https), timeout=LIMIT_S) as plain:
            sock = client_context().wrap_socket(plain, server_hostname=NAME)
            sock.sendall(Ask("GET", "/derp", (*DERP, "Derp-Fast-Start: 1")).encode())
            assert sock.recv(13).startswith(b"\x01\x00\x00\x00\x28DERP")
            sock.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_what_tls_offers(both: tuple[Ports, Ports]) -> None:
    """TLS 1.2 and 1.3, never older; HTTP/1.1 where ALPN is used; the meta certificate last."""
    seen = []
    for ports in both:
        facts = []
        for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = client_context()
            context.set_alpn_protocols(["h2", "http/1.1"])
            context.minimum_version = context.maximum_version = version
            facts.append(handshake(ports, context))
        seen.append(facts)
    assert seen[0] == seen[1] == [("refused", None), ("TLSv1.2", "http/1.1"), ("TLSv1.3", "http/1.1")]


def handshake(ports: Ports, context: ssl.SSLContext) -> tuple[str, str | None]:
    try:
        with socket.create_connection(("127.0.0.1", ports.https), timeout=LIMIT_S) as plain:
            sock = context.wrap_socket(plain, server_hostname=NAME)
            facts = sock.version() or "", sock.selected_alpn_protocol()
            sock.close()
            return facts
    except (ssl.SSLError, ConnectionError):
        return "refused", None
