"""A running tailscaled as a source of knowledge about its mesh.

What it answers stands in `natscope.wire.local_api`; here stand who may ask what, and the words for a daemon that is not
there. Source: upstream ipn/localapi/localapi.go, client/local/local.go, ipn/ipnauth.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import NoReturn, TypeVar
from urllib.parse import urlencode

from natscope.errors import RemoteError
from natscope.host.api import Failure, Host, HostError
from natscope.host.http_api import Http, HttpRequest, HttpResponse
from natscope.mesh.source import NO_ANSWER as NO_ANSWER
from natscope.mesh.source import PingKind
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_notice import MeshNotice, WatchGap
from natscope.model.mesh_path import PathChange, PingAnswer, Traffic
from natscope.model.mesh_prefs import MeshPrefs
from natscope.model.mesh_status import MeshStatus
from natscope.tailscaled.client import LOCAL_HOST
from natscope.tailscaled.refusals import absent, odd, refused
from natscope.wire.local_api import details, metrics, path_changes, ping, prefs, status

READ_S = 5.0
"""For answers that the daemon has at hand; a status of ten thousand peers takes it a second."""
_KINDS = {PingKind.DISCO: "disco", PingKind.TSMP: "TSMP", PingKind.ICMP: "ICMP", PingKind.PEER_API: "peerapi"}
"""Case counts: the daemon never answers a kind that it does not know."""
T = TypeVar("T")


class Daemon:
    """One tailscaled, by its socket. What it raises is an `AbsentDaemon` or a `RefusingDaemon`."""

    def __init__(self, http: Http, socket_path: str, *, host: Host | None = None, read_s: float = READ_S) -> None:
        """Nothing is asked yet. `host` is for its notices, which no `Http` can carry (without it there are none), and
        for the command that starts it. `read_s`: how long an answer that it has at hand may take.
        """
        self._http = http
        self._read_s = read_s
        self._path = socket_path
        self._host = host
        self.program = ""
        """Its version as the headers of its last answer told it (`1.102.5`); a status says the same in its body."""
        self.capability: int | None = None
        """The number of its protocol with the control server (tailcfg.CapabilityVersion), by the same headers."""

    @property
    def name(self) -> str:
        """For people."""
        return f"tailscaled at {self._path}"

    async def status(self, *, peers: bool = True) -> MeshStatus:
        """A snapshot."""
        response = await self._read("status" if peers else "status?peers=false", status.MAX_BYTES)
        return self._decoded(status.decode_status, response)

    async def ping(self, ip: str, kind: PingKind, *, timeout_s: float, size: int = 0) -> PingAnswer:
        """One ping; needs no right."""
        wanted = {"ip": ip, "type": _KINDS[kind], **({"size": str(size)} if size else {})}
        try:
            response = await self._ask(f"ping?{urlencode(wanted)}", ping.MAX_BYTES, timeout_s=timeout_s, method="POST")
        except HostError as error:
            if error.failure is Failure.TIMEOUT:
                return PingAnswer(ip=ip, error=NO_ANSWER)
            self._absent(error)
        return self._decoded(ping.decode_ping, self._good(response))

    async def path_changes(self, ip: str) -> tuple[PathChange, ...] | None:
        """None where the daemon was built without it, or is too old."""
        response = await self._read(
            f"debug-peer-endpoint-changes?{urlencode({'ip': ip})}", path_changes.MAX_BYTES, optional=True
        )
        return None if response is None else self._decoded(path_changes.decode_path_changes, response)

    async def details(self, ip: str) -> PeerDetails | None:
        """What the control server told of that node (or of this one); None for an address that no node has."""
        response = await self._read(f"whois?{urlencode({'addr': _with_port(ip)})}", details.MAX_BYTES, optional=True)
        return None if response is None else self._decoded(details.decode_details, response)

    async def traffic(self) -> dict[str, Traffic] | None:
        """None where the daemon is too old to count, or does so only under a debug flag (1.76 says 403)."""
        response = await self._read("usermetrics", metrics.MAX_BYTES, optional=True, untold=(403, 404))
        return None if response is None else metrics.decode_traffic(response.body)

    def notices(self) -> AsyncGenerator[MeshNotice | WatchGap, None] | None:
        """Without end, also over restarts: see `MeshWatch.events`."""
        if self._host is None:
            return None
        from natscope.tailscaled.watch import MeshWatch  # with h11: one look needs neither

        return MeshWatch(self._host, self._path).events()

    async def prefs(self) -> MeshPrefs:
        """What its owner has chosen; everybody may read it."""
        return self._decoded(prefs.decode_prefs, await self._read("prefs", prefs.MAX_BYTES))

    async def own_warning(self, check: str) -> str | None:
        """What one of its own checks of this computer warns of: empty where nothing is wrong, None: it has no such.

        `check` is `check-ip-forwarding` or `check-udp-gro-forwarding`.
        """
        response = await self._read(check, prefs.MAX_BYTES, optional=True)
        return None if response is None else self._decoded(prefs.decode_warning, response)

    async def _read(
        self, what: str, max_bytes: int, *, optional: bool = False, untold: tuple[int, ...] = (404,)
    ) -> HttpResponse | None:
        """An `optional` answer with a status in `untold` is None."""
        try:
            response = await self._ask(what, max_bytes, timeout_s=self._read_s)
        except HostError as error:
            self._absent(error)
        if optional and response.status in untold:
            return None
        return self._good(response)

    async def _ask(self, what: str, max_bytes: int, *, timeout_s: float, method: str = "GET") -> HttpResponse:
        """Any other Host, an Origin or a Referer would be refused."""
        return await self._http.fetch(
            HttpRequest(
                url=f"http://{LOCAL_HOST}/localapi/v0/{what}", method=method, headers={"host": LOCAL_HOST},
                unix_socket=self._path, timeout_s=timeout_s, max_bytes=max_bytes,
            )
        )  # fmt: skip

    def _good(self, response: HttpResponse) -> HttpResponse:
        if response.truncated:
            raise odd(f"{self.name} answers without end", "it answers without end")
        if response.status != 200:
            raise refused(self.name, response.status, response.body)
        self.program = response.headers.get("tailscale-version", self.program)[:100]
        capability = response.headers.get("tailscale-cap", "")
        if capability.isascii() and capability.isdecimal() and len(capability) < 6:
            self.capability = int(capability)
        return response

    def _decoded(self, decode: Callable[[bytes], T], response: HttpResponse | None) -> T:
        assert response is not None
        try:
            return decode(response.body)
        except RemoteError as error:
            raise odd(f"{self.name}: {error.message}", error.message) from error

    def _absent(self, error: HostError) -> NoReturn:
        raise absent(self.name, error, self._host.identity.os if self._host is not None else "") from error


def _with_port(ip: str) -> str:
    """Port 0 asks for the node alone."""
    return f"[{ip}]:0" if ":" in ip else f"{ip}:0"
