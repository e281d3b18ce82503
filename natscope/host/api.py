"""Everything a program may ask of the world, as small interfaces.

`natscope.host.real` implements them for this computer; a simulated computer implements the same. The contract test
in `tests/host/contract.py` holds for both. Failures of the world are raised as `HostError`, never as `OSError`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from natscope.errors import NatscopeError
from natscope.host.programs_api import NoPrograms, Programs
from natscope.host.settings_api import Settings, UntoldSettings
from natscope.host.setup_api import Setup, UntoldSetup
from natscope.host.system_api import System, UntoldSystem
from natscope.host.tls_api import ServerTls as ServerTls
from natscope.host.tls_api import TlsInfo as TlsInfo
from natscope.host.tls_api import TlsOptions as TlsOptions
from natscope.model.endpoint import Endpoint, Family, IPAddress


class Failure(enum.StrEnum):
    """Why the world said no, in words that a report can carry."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"
    UNREACHABLE_NET = "network-unreachable"
    UNREACHABLE_HOST = "host-unreachable"
    PERMISSION = "permission"
    """EPERM/EACCES: a local firewall rule or a missing privilege."""
    ADDRESS_IN_USE = "address-in-use"
    ADDRESS_NOT_AVAILABLE = "address-not-available"
    FAMILY_NOT_SUPPORTED = "family-not-supported"
    NAME_NOT_FOUND = "name-not-found"
    NAME_NO_ADDRESS = "name-has-no-address"
    """The name exists, but not for this family."""
    NAME_SERVER_FAILED = "name-server-failed"
    TLS = "tls"
    CERTIFICATE = "certificate"
    MESSAGE_TOO_LONG = "message-too-long"
    CLOSED = "closed"
    NOT_SUPPORTED = "not-supported"
    OTHER = "other"


class HostError(NatscopeError):
    """The world said no. `failure` is the reason as a value, `message` one sentence without errno numbers."""

    code = "host"

    def __init__(self, failure: Failure, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.failure = failure


class Clock(Protocol):
    """Time. `now()` only ever grows; `utc()` is for people and reports."""

    def now(self) -> float:
        """Seconds on a monotonic clock with an arbitrary zero."""
        ...

    def utc(self) -> datetime:
        """The wall clock, time zone UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less yields once."""
        ...


class Rng(Protocol):
    """Randomness; the real one is the operating system's, a simulated one is seeded."""

    def bytes(self, count: int) -> bytes:
        """`count` random bytes, fit for transaction ids and keys."""
        ...

    def below(self, limit: int) -> int:
        """A uniform integer in `0 <= n < limit`."""
        ...


class Datagram(msgspec.Struct, frozen=True):
    """A received UDP payload. `received_at` is on the host's clock, taken as near to the wire as the host can."""

    data: bytes
    source: Endpoint
    received_at: float
    ttl: int | None = None
    """TTL or hop limit with which it arrived, where the system tells."""
    tos: int | None = None
    """Type of service or traffic class with which it arrived: DSCP in the upper six bits, ECN in the lower two."""


class UdpError(msgspec.Struct, frozen=True):
    """An ICMP error (or a delayed local one) about a datagram that this socket sent to `target`."""

    failure: Failure
    target: Endpoint
    received_at: float
    reporter: IPAddress | None = None
    """Who sent the ICMP error; None when unknown or local."""
    data: bytes = b""
    """The beginning of our datagram as the error quoted it, as far as known."""
    words: str = ""
    """What the ICMP error says (`administratively prohibited`), where its type and code are known."""
    icmp_type: int | None = None
    icmp_code: int | None = None
    """As the error of `target`'s family has them (RFC 792, RFC 4443); None where the system does not tell."""
    mtu: int | None = None
    """The MTU that "fragmentation needed" or "packet too big" names; None in other errors, 0 from old routers."""

    @property
    def is_time_exceeded(self) -> bool:
        """Whether a router on the way says that the TTL has run out there."""
        return self.icmp_code == 0 and self.icmp_type == (11 if self.target.family == 4 else 3)


class UdpSocket(Protocol):
    """One unconnected UDP socket of one family."""

    @property
    def local(self) -> Endpoint:
        """The bound address (may be the wildcard) and port."""
        ...

    def send(
        self,
        data: bytes,
        target: Endpoint,
        *,
        ttl: int | None = None,
        tos: int | None = None,
        dont_fragment: bool | None = None,
    ) -> float:
        """Send now, without waiting, and return the time of sending on the host's clock. Raises `HostError`.

        For this datagram alone: `ttl` (the IPv6 hop limit), `tos` (the IPv6 traffic class); `dont_fragment` True keeps
        it whole on the way and ignores what the system knows of the path's MTU (longer than the interface's: raises
        `MESSAGE_TOO_LONG`), False lets it be cut; None is the system's way.
        """
        ...

    async def receive(self) -> Datagram | UdpError:
        """The next datagram or error, in order of arrival. Raises `HostError(CLOSED)` once closed."""
        ...

    def close(self) -> None:
        """Close; pending receivers end. Idempotent."""
        ...


MULTICAST_TTL = 2
"""How far datagrams to groups go; what UPnP Device Architecture 1.1 §1.3.2 says."""


class Udp(Protocol):
    """Opens UDP sockets."""

    async def open(
        self,
        family: Family,
        *,
        address: IPAddress | None = None,
        port: int = 0,
        interface: str | None = None,
        multicast: bool = False,
    ) -> UdpSocket:
        """Bind a socket (wildcard address and free port by default; IPv6 sockets are IPv6 only). Raises `HostError`.

        Only with `multicast`, which needs an `interface`, may it send to groups: on that interface alone,
        `MULTICAST_TTL` hops far, and not back to this computer. Otherwise `send` refuses groups (`NOT_SUPPORTED`).
        """
        ...


class Stream(Protocol):
    """A TCP connection, plain or TLS."""

    @property
    def local(self) -> Endpoint:
        """Our end."""
        ...

    @property
    def remote(self) -> Endpoint:
        """The other end."""
        ...

    @property
    def tls(self) -> TlsInfo | None:
        """The handshake, when there was one."""
        ...

    async def read(self, limit: int) -> bytes:
        """At least one and at most `limit` bytes; empty at the end of the stream. Raises `HostError`."""
        ...

    async def write(self, data: bytes) -> None:
        """Write all of it, waiting while the peer is slow. Raises `HostError`."""
        ...

    async def start_tls(self, options: TlsOptions) -> None:
        """Turn the stream into a TLS client. A failed check raises `HostError(CERTIFICATE)`, else `HostError(TLS)`."""
        ...

    async def close(self) -> None:
        """Close both directions; never raises."""
        ...


class StreamHandler(Protocol):
    """Called once for each accepted connection; the stream is closed when it returns."""

    async def __call__(self, stream: Stream) -> None:
        """Serve one connection."""
        ...


class Listener(Protocol):
    """A listening TCP socket."""

    @property
    def local(self) -> Endpoint:
        """Where it listens."""
        ...

    async def close(self) -> None:
        """Stop listening and end the connections it accepted."""
        ...


class Streams(Protocol):
    """Opens and accepts TCP connections."""

    async def connect(
        self,
        target: Endpoint,
        *,
        timeout_s: float,
        source: IPAddress | None = None,
        interface: str | None = None,
    ) -> Stream:
        """Connect to one address. Raises `HostError`."""
        ...

    async def connect_unix(self, path: str, *, timeout_s: float) -> Stream:
        """Connect to a Unix socket; `local` and `remote` of the stream are then `0.0.0.0:0`. Raises `HostError`."""
        ...

    async def listen(self, local: Endpoint, handler: StreamHandler, *, tls: ServerTls | None = None) -> Listener:
        """Listen (port 0: any free one). Raises `HostError`."""
        ...


class ResolverFacts(msgspec.Struct, frozen=True):
    """How this computer looks names up: name servers in the order of asking, search domains, `ndots`.

    `behind`: whom a stub on this computer asks in turn, where its own file tells. `source` is where it was read; an
    empty one says that this system does not tell.
    """

    servers: tuple[Endpoint, ...] = ()
    search: tuple[str, ...] = ()
    ndots: int = 1
    behind: tuple[Endpoint, ...] = ()
    source: str = ""


class Resolver(Protocol):
    """Names to addresses, the way this computer does it (its hosts file is honoured)."""

    async def facts(self) -> ResolverFacts:
        """The configuration now; never raises."""
        ...

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> Sequence[IPAddress]:
        """At most 8 addresses of one family, in the resolver's order. Raises `HostError` with a `NAME_*` failure."""
        ...


class Interface(msgspec.Struct, frozen=True):
    """A network interface. `kind`: ethernet, wireless, loopback, tunnel, bridge, virtual or unknown."""

    name: str
    index: int
    kind: str
    up: bool
    mtu: int | None
    addresses: tuple[IPAddress, ...] = ()


class DefaultRoute(msgspec.Struct, frozen=True):
    """A default route. `gateway` is None for point-to-point links; lower `metric` wins."""

    family: Family
    interface: str
    gateway: IPAddress | None
    metric: int = 0


class Identity(msgspec.Struct, frozen=True):
    """Which computer this is."""

    name: str
    os: str
    kernel: str
    architecture: str
    python: str


class LinkFacts(msgspec.Struct, frozen=True):
    """One look at the network configuration. `routes_known` is False where this system cannot tell routes."""

    interfaces: tuple[Interface, ...] = ()
    default_routes: tuple[DefaultRoute, ...] = ()
    routes_known: bool = True
    os_ipv6: bool | None = None
    """Whether the system can open an IPv6 socket at all (bind to ::1)."""
    os_ipv4: bool | None = None


class Links(Protocol):
    """Interfaces and routes."""

    async def look(self) -> LinkFacts:
        """Interfaces, addresses and default routes now; never raises for a part it cannot read."""
        ...

    async def source_for(self, target: IPAddress) -> IPAddress | None:
        """The local address the system would use towards `target`, None when there is no route."""
        ...


class EchoReply(msgspec.Struct, frozen=True):
    """An ICMP echo reply or the ICMP error that came instead (`failure`)."""

    rtt_s: float
    source: IPAddress
    failure: Failure | None = None


class Icmp(Protocol):
    """ICMP echo, without privilege where the system allows it."""

    async def echo(self, target: IPAddress, *, payload: bytes, timeout_s: float) -> EchoReply:
        """One echo. Raises `HostError`: TIMEOUT for silence, PERMISSION when this user may not."""
        ...


CAPABILITIES = frozenset({"udp", "streams", "resolver", "links", "icmp"})
"""What every host has."""


@dataclass(frozen=True, slots=True)
class Host:
    """One computer, real or simulated. `environ` is its environment (proxies, locale), never read elsewhere."""

    identity: Identity
    clock: Clock
    rng: Rng
    udp: Udp
    streams: Streams
    resolver: Resolver
    links: Links
    icmp: Icmp
    capabilities: frozenset[str] = CAPABILITIES
    environ: dict[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=UntoldSettings)
    """Proxies and login pages, as the system's settings and the network's leases name them."""
    programs: Programs = field(default_factory=NoPrograms)
    """The capability `programs`: other people's code in a process of its own."""
    system: System = field(default_factory=UntoldSystem)
    """The capability `system`: what the computer knows of itself; tells nothing where it is not among them."""
    setup: Setup = field(default_factory=UntoldSetup)
    """How the computer is set up for a node of a mesh: programs, forwarding, who writes resolv.conf."""
