"""One HTTP/1.1 request on a stream that is open already, and the head of the answer: small, and bounded.

For what an HTTP client hides: a proxy's CONNECT, plain HTTP where TLS is expected. Source: RFC 9112 §2 to §5. The head
has at most `MAX_HEAD_BYTES`; the time is the caller's limit; a body is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from natscope.errors import RemoteError

if TYPE_CHECKING:
    from natscope.host.api import Stream

MAX_HEAD_BYTES = 8192
MAX_HEADERS = 64
READ_BYTES = 4096
MAX_WORDS = 60
TLS_RECORDS = (0x15, 0x16)
"""First bytes of a TLS alert and of a handshake (RFC 8446 §5.1)."""
TLS_WORDS = "the answer is TLS, not HTTP"


@dataclass(frozen=True, slots=True)
class Head:
    """Status, reason and headers (lower case names; the first of each) of an answer. Sizes in bytes."""

    status: int
    reason: str
    headers: Mapping[str, str]
    bytes_sent: int
    bytes_received: int


async def exchange(stream: Stream, request: bytes) -> Head:
    """Send, and read the head. Raises `HostError` for the connection, `RemoteError` for what is no HTTP."""
    await stream.write(request)
    received = b""
    while b"\r\n\r\n" not in received and b"\n\n" not in received:
        data = await stream.read(READ_BYTES)
        received += data
        if not data:
            raise RemoteError("the connection was closed before an answer" if not received else "the answer is no HTTP")
        if not is_http(received):
            raise RemoteError(TLS_WORDS if received[0] in TLS_RECORDS else "the answer is no HTTP", field="answer")
        if len(received) > MAX_HEAD_BYTES:
            raise RemoteError(f"the answer's headers are larger than {MAX_HEAD_BYTES // 1024} KiB")
    return parse(received, len(request))


def request_of(method: str, target: str, host: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A request without a body, on a connection of its own; names of `headers` in lower case."""
    lines = [f"{method} {target} HTTP/1.1", f"host: {host}", "user-agent: natscope", "accept: */*"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method != "CONNECT" and "connection" not in (headers or {}):
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", errors="replace")


def is_http(begun: bytes) -> bool:
    """Whether these first bytes could begin an HTTP answer."""
    return begun[:5] == b"HTTP/"[: len(begun)]


def parse(received: bytes, bytes_sent: int = 0) -> Head:
    """The head of an answer. Raises `RemoteError`."""
    head = received.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("latin-1")
    first, *lines = head.split("\n")
    version, _, rest = first.partition(" ")
    status, _, reason = rest.strip().partition(" ")
    if not version.startswith("HTTP/") or len(status) != 3 or not (status.isascii() and status.isdigit()):
        raise RemoteError("the answer is no HTTP")
    if len(lines) > MAX_HEADERS:
        raise RemoteError(f"the answer has more than {MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return Head(int(status), reason.strip()[:MAX_WORDS], headers, bytes_sent, len(received))
