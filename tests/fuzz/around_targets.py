"""What stands around a relay and speaks to it or its clients: TLS, proxies on both sides, who decides, authorities."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
import warnings
from collections.abc import Coroutine, Hashable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from natscope.errors import NatscopeError, RemoteError, UserError
from natscope.host.http_api import HttpRequest, HttpResponse, HttpTimings
from natscope.host.real.certificates import name_refusal, pin_refusal
from natscope.machines.acme.dialogue import LONGEST_S, Answer, Ask, Wait, Wish, obtain
from natscope.machines.acme.key_material import (
    RANDOM_BYTES,
    BundleError,
    PrivateKey,
    key_pem,
    make_bundle,
    new_key,
    read_bundle,
)
from natscope.machines.connect_proxy import MAX_HEAD_BYTES, ConnectMachine, ProxyRefused
from natscope.machines.derp.forwarded import HEADER, parse_networks
from natscope.model.endpoint import Endpoint, unmapped
from natscope.relay.admission import Answer as Decision
from natscope.relay.admission_checks import UrlCheck
from natscope.relay.certificate_facts import facts_of
from natscope.relay.seams import Applicant
from natscope.wire.certificate import describe, judge, measure
from natscope.wire.derp.meta_certificate import server_key_of
from natscope.wire.proxy_environment import Proxy
from natscope.wire.tls_hello import MAX_HELLO_BYTES, ClientHello, read_client_hello
from tests.fuzz.target import Target
from tests.machines.acme.fake_server import DIRECTORY, FakeAcme
from tests.wire.derp.test_meta_certificate import META, PLAIN

PROXIES = parse_networks(["192.0.2.0/24", "2001:db8:1::/48"])
PEERS = [ipaddress.ip_address(text) for text in ("192.0.2.7", "::ffff:192.0.2.8", "2001:db8:1::1", "203.0.113.5")]
BEHIND = ipaddress.ip_address("198.51.100.9")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [new_key(bytes(range(n, n + RANDOM_BYTES))) for n in (0, 1)]
MOST_PIECES = 64


def tls_hello(data: bytes) -> Hashable:
    """The first byte cuts the rest. What is decided early stays so, and other records hold the same message."""
    size, rest = (data[0] if data else 0) + 1, data[1:]
    whole = _hello(rest)
    step = max(size, len(rest) // MOST_PIECES + 1)
    early = [found for end in range(0, len(rest), step) if (found := _hello(rest[:end])) is not None]
    assert all(found == whole for found in early)
    if isinstance(whole, ClientHello):
        again = _in_records(_messages(rest), size)
        assert len(again) > MAX_HELLO_BYTES or _hello(again) == whole
        assert whole.server_name == whole.server_name.lower()
        return bool(whole.server_name), min(len(whole.protocols), 3), bool(early)
    return whole


def _hello(data: bytes) -> ClientHello | str | None:
    """What it says, the field that refuses it, or None for not yet."""
    try:
        return read_client_hello(data)
    except RemoteError as error:
        return f"no {error.field}"


def _messages(records: bytes) -> bytes:
    """The first handshake message out of its records."""
    joined, at = b"", 0
    while len(joined) < 4 or len(joined) < 4 + int.from_bytes(joined[1:4]):
        length = int.from_bytes(records[at + 3 : at + 5])
        joined += records[at + 5 : at + 5 + length]
        at += 5 + length
    return joined[: 4 + int.from_bytes(joined[1:4])]


def _in_records(message: bytes, size: int) -> bytes:
    pieces = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2) + piece for piece in pieces)


def forwarded(data: bytes) -> Hashable:
    """Lines of X-Forwarded-For; the first byte says who is connected. Nobody is believed but proxies of ours."""
    first, lines = data[0] if data else 0, data[1:].split(b"\n")
    peer = PEERS[first % len(PEERS)]
    headers = [(HEADER if n % 2 else b"X-Forwarded-For", line) for n, line in enumerate(lines)]
    found = PROXIES.client(peer, [(b"x-forwarded", b"192.0.2.66"), *headers])
    if peer not in PROXIES:
        assert found == peer
        return "stranger"
    texts = [text.strip().partition(b"%")[0] for line in lines for text in line.split(b",")]
    assert found == peer or found in set(filter(None, map(_address, texts)))
    assert PROXIES.client(peer, [*headers, (HEADER, b"198.51.100.9")]) == BEHIND, "what the proxy wrote counts"
    return found == peer, found in PROXIES, found.version, min(len(texts), 40)


def _address(text: bytes) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return unmapped(ipaddress.ip_address(text.decode("ascii")))
    except ValueError:
        return None


def connect_answer(data: bytes) -> Hashable:
    """What a proxy says to CONNECT. The first byte cuts the rest: the way opens or not, the tunnel begins alike."""
    size, rest = (data[0] if data else 0) + 1, data[1:]
    whole, cut = _connected(rest, len(rest) + 1), _connected(rest, size)
    assert whole == cut or len(rest) > MAX_HEAD_BYTES
    kind, more = whole
    return kind, more if isinstance(more, int) else bool(more)


def _connected(data: bytes, size: int) -> tuple[str, bytes | int]:
    machine = ConnectMachine(Proxy("http", "proxy.test", 3128), "relay.test:443")
    machine.start()
    at = 0
    try:
        while at < len(data):
            tunnel = machine.received(data[at : at + size])
            at += size
            if machine.is_through:
                return "through", tunnel + data[at:]
            assert not tunnel
    except ProxyRefused as error:
        return "refused", error.status
    except RemoteError:
        return "no answer", b""
    return "waits", b""


def certificate(data: bytes) -> Hashable:
    """A certificate that a server shows, as DER, alone and among others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        key = server_key_of([data])
        assert len(key) in (0, 32)
        assert server_key_of([PLAIN, data]) == key
        assert server_key_of([data, META]) == (key or server_key_of([META]))
        seen = judge((data,), "relay.test", NOW).code, judge((data, PLAIN), "relay.test", NOW, "0" * 64).code
        facts = describe((data,), NOW), measure((data, META))
        refused = pin_refusal((data, META), "0" * 64, "relay.test"), name_refusal(data, "relay.test")
        assert refused[0]
        pem = ssl.DER_cert_to_PEM_cert(data).encode()
        with contextlib.suppress(BundleError):
            read_bundle(key_pem(KEYS[0]) + pem)
        with contextlib.suppress(UserError):
            facts_of(pem, "chain.pem")
    return bool(key), seen, frozenset(facts[0]), bool(facts[1]), refused


def admission(data: bytes) -> Hashable:
    """An admission server's answer; an odd first byte is status 200. Only a plain yes is one."""
    first, body = data[0] if data else 0, data[1:]
    status = 200 if first & 1 else 100 + 2 * first
    asked: Coroutine[None, None, Decision] = UrlCheck(_Says(status, body), "http://127.0.0.1/verify").ask(
        Applicant(key=bytes(32), address=Endpoint.parse("192.0.2.7:1"))
    )
    decision = None
    try:
        asked.send(None)
    except StopIteration as done:
        decision = done.value
    assert isinstance(decision, Decision)
    assert not decision.allowed or (status == 200 and b"true" in body)
    return decision


class _Says:
    """Answers every request alike."""

    def __init__(self, status: int, body: bytes) -> None:
        self._status, self._body = status, body

    async def fetch(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(self._status, {}, self._body, False, HttpTimings(), None, None, request.url)


def acme(data: bytes) -> Hashable:
    """A dialogue with an authority of which one answer, the one that the first byte names, is another.

    The second byte is its status; the rest are lines of headers, an empty one, and the body.
    """
    which, status = (data[0], data[1]) if len(data) > 1 else (0, 200)
    head, _, body = data[2:].partition(b"\n\n")
    lines = (line.partition(":") for line in head.decode("latin-1").split("\n"))
    wrong = Answer(100 + 2 * status, {name.lower(): value.strip() for name, _, value in lines}, body)
    server, dialogue, reply, answers, waited = FakeAcme(), obtain(WISH, KEYS[0]), None, 0, 0.0
    try:
        while True:
            command = dialogue.send(reply)
            reply = None
            if isinstance(command, Ask):
                reply = wrong if answers == which % 16 else _right(server, command)
                answers += 1
                assert answers < 500
                assert urlsplit(command.url).scheme == "https"
            elif isinstance(command, Wait):
                waited += command.seconds
                assert waited <= LONGEST_S
    except StopIteration as done:
        return _bundled(done.value)
    except NatscopeError as error:
        return type(error).__name__, answers, error.message[:30]


def _bundled(chain: bytes) -> Hashable:
    try:
        return len(make_bundle(KEYS[1], chain).names)
    except BundleError as error:
        return error.message


def _right(server: FakeAcme, ask: Ask) -> Answer:
    """The server's answer, also to what it would not believe after somebody else's."""
    try:
        return server.answer(ask)
    except Exception as error:
        return server.problem("malformed", f"{error}")


WISH = Wish(DIRECTORY, "relay.example", KEYS[1], ("http-01", "tls-alpn-01"))


def _client_hello(name: bytes, *protocols: bytes) -> bytes:
    """A handshake message, always the same."""
    offered = b"".join(bytes((len(one),)) + one for one in protocols)
    found = b"\0\x0b\0\x02\x01\0"
    if name:
        entry = b"\0" + len(name).to_bytes(2) + name
        found += b"\0\0" + (len(entry) + 2).to_bytes(2) + len(entry).to_bytes(2) + entry
    if offered:
        found += b"\0\x10" + (len(offered) + 2).to_bytes(2) + len(offered).to_bytes(2) + offered
    body = b"\x03\x03" + bytes(range(32)) + b"\x20" + bytes(32) + b"\0\x04\x13\x01\x13\x02\x01\0"
    body += len(found).to_bytes(2) + found
    return b"\x01" + len(body).to_bytes(3) + body


def _hellos() -> Sequence[bytes]:
    messages = [_client_hello(b""), _client_hello(b"Relay.test", b"acme-tls/1"), _client_hello(b"a.test", b"h2", b"x")]
    starts = [*(_in_records(one, size) for one in messages for size in (50, 1000)), b"GET / HTTP/1.1\r\n"]
    return [bytes((n,)) + start for n in (0, 30, 255) for start in starts]


def _lists() -> Sequence[bytes]:
    lists = [b"198.51.100.7", b"10.0.0.1, 192.0.2.9", b"::ffff:198.51.100.7\n192.0.2.1", b"unknown, 192.0.2.1"]
    lists += [b"fe80::1%a", b", ".join([b"192.0.2.1"] * 50)]
    return [bytes((n,)) + text for n in range(4) for text in lists]


def _answers() -> Sequence[bytes]:
    heads = (
        b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: derp\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    )
    return [bytes((n,)) + head + b"\x16\x03\x01" for n in (0, 20, 255) for head in heads]


def _leaf(key: PrivateKey) -> bytes:
    """A relay's certificate as PEM, always the same."""
    names = [x509.DNSName("relay.test"), x509.DNSName("*.relay.test"), x509.IPAddress(BEHIND)]
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.test")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "An authority")]))
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)), None)
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _certificates() -> Sequence[bytes]:
    return [META, PLAIN, ssl.PEM_cert_to_DER_cert(_leaf(KEYS[0]).decode())]


def _decisions() -> Sequence[bytes]:
    bodies = (b'{"Allow":true}', b'{"allow":false}', b' {"Allow":true}{', b"[true]", b'{"Allow":1}', b"")
    return [bytes((first,)) + body for first in (1, 50, 100) for body in bodies]


def _documents() -> Sequence[bytes]:
    """What the right server says, each in its place."""
    server, dialogue, reply = FakeAcme(), obtain(WISH, KEYS[0]), None
    found: list[bytes] = []
    with contextlib.suppress(StopIteration):
        while True:
            command = dialogue.send(reply)
            reply = server.answer(command) if isinstance(command, Ask) else None
            if reply is not None:
                body = _leaf(KEYS[1]) if reply.body.startswith(b"-----BEGIN") else reply.body
                head = "\n".join(f"{name}: {value}" for name, value in reply.headers.items()).encode()
                found.append(bytes((len(found), (reply.status - 100) // 2)) + head + b"\n\n" + body)
    return found


TARGETS = (
    Target("tls_hello", tls_hello, _hellos),
    Target("forwarded", forwarded, _lists),
    Target("connect_answer", connect_answer, _answers),
    Target("certificate", certificate, _certificates),
    Target("admission", admission, _decisions),
    Target("acme", acme, _documents),
)
