"""A DERP client's side of one connection, without I/O: the HTTP upgrade, the greeting, then frames.

The owner opens the connection (TCP, TLS, perhaps through a proxy), writes what `start` gives, feeds every read to
`received` and writes what that wants sent. With fast start the server's key is known from its certificate, and the
request, the greeting and the first packets leave in one flight. Source: upstream derp/derp_client.go, derp/derphttp.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import h11

from natscope.errors import RefusedError, RemoteError
from natscope.wire.derp.frames import (
    MAX_FRAME_BYTES,
    MAX_PACKET_BYTES,
    MAX_SERVER_KEY_BYTES,
    Frame,
    KeepAlive,
    NotePreferred,
    Ping,
    Pong,
    Sealed,
    SendPacket,
    ServerKey,
    encode,
)
from natscope.wire.derp.hello import ClientInfo, ServerInfo, open_server_info, seal_client_info
from natscope.wire.derp.parsing import decode
from natscope.wire.derp.reader import FrameReader
from natscope.wire.keys import PrivateKey

MAX_HEAD_BYTES = 16 * 1024
MAX_LOCATION = 200
_HTTP = b"HTTP/"
READ_LIMIT_S = 120.0
"""Without any frame for so long the connection counts as dead: the server sends keep-alives twice a minute or more."""


class UpgradeRefused(RefusedError):
    """The server answered the upgrade with another status; `location` is where a redirect points (foreign text)."""

    def __init__(self, status: int, location: str) -> None:
        self.status = status
        self.location = location
        more = f" and sends us to {location}" if location else ""
        super().__init__(f"the server answers HTTP {status} instead of switching to DERP{more}")


class Stage(enum.Enum):
    """How far the connection is."""

    UPGRADE = "upgrade"
    SERVER_KEY = "server-key"
    SERVER_INFO = "server-info"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """`host` is for the Host header. `server_key` is known with fast start. `ideal_node` names the region's first node
    when this is another one. `headers` are added to the request. `early` are frames that leave right behind the
    greeting.
    """

    host: str
    path: str = "/derp"
    info: ClientInfo = field(default_factory=lambda: ClientInfo(can_ack_pings=True))
    server_key: bytes = b""
    ideal_node: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    early: bytes = b""


@dataclass(slots=True)
class Step:
    """What came of a read: bytes to send, and frames for the owner (keep-alives and pings are answered here)."""

    send: bytes = b""
    frames: list[Frame] = field(default_factory=list)


class DerpClientMachine:
    """One connection. `server_key` and `info` are what the server told; `stage` says what is still missing."""

    def __init__(self, private: PrivateKey, options: ClientOptions, nonce: bytes) -> None:
        """`nonce` are 24 random bytes for the greeting's box."""
        self.stage = Stage.UPGRADE
        self.server_key = options.server_key
        self.info: ServerInfo | None = None
        self.heard_at: float | None = None
        self.frames = 0
        """How many came after ServerInfo."""
        self.headers: tuple[tuple[str, str], ...] = ()
        """Of the answer to the upgrade, names in lower case; none with fast start."""
        self.limited = 0
        """Packets that were not sent, since the server limits this client's rate."""
        self._private = private
        self._options = options
        self._nonce = nonce
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._reader = FrameReader(MAX_FRAME_BYTES if options.server_key else MAX_SERVER_KEY_BYTES)
        self._tokens, self._tokens_at = 0.0, 0.0

    @property
    def is_fast(self) -> bool:
        """Whether the server's key was known beforehand."""
        return bool(self._options.server_key)

    def start(self) -> bytes:
        """The first bytes to send."""
        options = self._options
        headers = [("Host", options.host), ("User-Agent", "natscope"), ("Connection", "Upgrade"), ("Upgrade", "DERP")]
        if self.is_fast:
            headers.append(("Derp-Fast-Start", "1"))
        if options.ideal_node:
            headers.append(("Ideal-Node", options.ideal_node))
        request = h11.Request(method="GET", target=options.path, headers=[*headers, *options.headers])
        first = (self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b"")
        if self.is_fast:
            self.stage = Stage.SERVER_INFO
            return first + self._hello()
        return first

    def received(self, data: bytes, now: float) -> Step:
        """A read. Raises `RefusedError` when the server does not upgrade, `RemoteError` when it does not speak DERP."""
        step = Step()
        if self.is_fast and self.heard_at is None and not self._reader.held and data.startswith(_HTTP):
            self.stage = Stage.UPGRADE  # somebody in between, or a server that refuses
        if self.stage is Stage.UPGRADE:
            data = self._upgrade(data)
        for kind, payload in self._reader.feed(data):
            self.heard_at = now
            self.frames += self.stage is Stage.OPEN
            self._frame(decode(kind, payload), step, now)
        return step

    @staticmethod
    def check_packet(packet: bytes) -> None:
        """Raises `RemoteError` for what is too long."""
        if len(packet) > MAX_PACKET_BYTES:
            raise RemoteError(f"a packet of {len(packet)} bytes is longer than a relay carries", field="packet")

    def send_packet(self, key: bytes, packet: bytes, now: float) -> bytes:
        """The frame for a packet, or nothing when the server's limit is reached (upstream drops such packets, too)."""
        self.check_packet(packet)
        frame = encode(SendPacket(key, packet))
        rate = self.info.bytes_per_second if self.info is not None else 0
        if rate:
            assert self.info is not None
            burst = max(self.info.burst_bytes, 1)
            self._tokens = min(burst, self._tokens + (now - self._tokens_at) * rate)
            self._tokens_at = now
            if self._tokens < len(frame):
                self.limited += 1
                return b""
            self._tokens -= len(frame)
        return frame

    def note_preferred(self, home: bool) -> bytes:
        """The frame that says whether this relay is our home."""
        return encode(NotePreferred(home))

    def ping(self, data: bytes) -> bytes:
        """The frame of a ping; its pong comes with the same eight bytes."""
        return encode(Ping(data))

    def deadline(self) -> float | None:
        """When the connection counts as dead unless something is heard."""
        return None if self.heard_at is None else self.heard_at + READ_LIMIT_S

    def _upgrade(self, data: bytes) -> bytes:
        """Read the answer's head; what is behind it are frames."""
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise RemoteError("the answer to the upgrade is no HTTP", field="upgrade") from error
        if event is h11.NEED_DATA:
            return b""
        if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
            self.headers = _headers(event)
            self.stage = Stage.SERVER_INFO if self.is_fast else Stage.SERVER_KEY
            return self._http.trailing_data[0]
        if isinstance(event, (h11.Response, h11.InformationalResponse)):
            raise UpgradeRefused(event.status_code, dict(_headers(event)).get("location", "")[:MAX_LOCATION])
        raise RemoteError("the server closed the connection without an answer", field="upgrade")

    def _hello(self) -> bytes:
        sealed = seal_client_info(self._options.info, self._private, self.server_key, self._nonce)
        return encode(sealed) + self._options.early

    def _frame(self, frame: Frame, step: Step, now: float) -> None:
        if self.stage is Stage.SERVER_KEY:
            if not isinstance(frame, ServerKey):
                raise RemoteError("the first frame is no ServerKey", field="type")
            self.server_key = frame.key
            self._reader.limit = MAX_FRAME_BYTES
            self.stage = Stage.SERVER_INFO
            step.send += self._hello()
        elif isinstance(frame, Sealed) and self.stage is Stage.SERVER_INFO:
            self.info = open_server_info(frame, self._private, self.server_key)
            self.stage = Stage.OPEN
            self._tokens, self._tokens_at = float(self.info.burst_bytes), now
        elif isinstance(frame, Ping):
            step.send += encode(Pong(frame.data))
        elif not isinstance(frame, (KeepAlive, ServerKey, Sealed)):
            step.frames.append(frame)


def _headers(event: h11.Response | h11.InformationalResponse) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers)
