"""From a target to an open connection: name, TCP, proxy, TLS, HTTP, greeting, each step told apart in failures.

Source: upstream derp/derphttp/derphttp_client.go (connect, dialRegion). The first node whose TCP comes up is taken;
what goes wrong behind it ends the connect, as upstream's. With fast start request and greeting leave in one flight.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import msgspec

from natscope.errors import NatscopeError, RemoteError
from natscope.host.api import Failure, Host, HostError, Stream
from natscope.machines.connect_proxy import ProxyRefused
from natscope.machines.derp_client import ClientOptions, DerpClientMachine, Stage, UpgradeRefused
from natscope.machines.relay_dial import host_header, share_s, ways_to_name
from natscope.model.endpoint import Endpoint
from natscope.relay_client.connection import RelayConnection
from natscope.relay_client.dial import DialError, dial
from natscope.relay_client.errors import STEP_WORDS, ConnectError, Step
from natscope.relay_client.facts import ConnectFacts, ConnectTimings
from natscope.relay_client.options import ConnectOptions
from natscope.relay_client.proxy import open_tunnel, proxy_for
from natscope.relay_client.target import Place, Target
from natscope.wire.derp.frames import Frame, NotePreferred, WatchConns, encode
from natscope.wire.derp.hello import NONCE_BYTES, ClientInfo
from natscope.wire.derp.meta_certificate import server_key_of
from natscope.wire.proxy_environment import Proxy

READ_BYTES = 64 * 1024
FAST_TLS = "TLSv1.3"
"""Only here are certificates encrypted, and only here upstream looks for the relay's key among them."""


@dataclass(slots=True)
class Opened:
    """A connection that is open, with nobody in charge of it yet; `events` came with the greeting."""

    stream: Stream
    machine: DerpClientMachine
    facts: ConnectFacts
    events: list[Frame]


async def connect(host: Host, target: Target, options: ConnectOptions) -> RelayConnection:
    """An open connection, in which the relay has let us in. Raises `ConnectError`."""
    opened = await open_relay(host, target, options)
    return RelayConnection(host, opened.stream, opened.machine, opened.facts, opened.events)


async def open_relay(host: Host, target: Target, options: ConnectOptions) -> Opened:
    """The same for owners that read and write themselves. Raises `ConnectError`."""
    attempt = _Attempt(host, target, options)
    try:
        async with asyncio.timeout(options.limit_s):
            return await attempt.run()
    except TimeoutError as error:
        words = f"{attempt.title} did not answer within {options.limit_s:g} s while {STEP_WORDS[attempt.step]}"
        raise attempt.error(Failure.TIMEOUT, words) from error
    finally:
        await attempt.clean_up()


class _Attempt:
    """One connect; `step` says how far it is."""

    def __init__(self, host: Host, target: Target, options: ConnectOptions) -> None:
        self.step = Step.DNS
        self.title = target.title
        self._host = host
        self._target = target
        self._options = options
        self._began = host.clock.now()
        self._marks: dict[str, float | None] = {}
        self._place: Place | None = None
        self._proxy: Proxy | None = None
        self._stream: Stream | None = None
        self._server_key = b""

    async def run(self) -> Opened:
        stream, place = await self._first_place()
        self._place, self.title = place, place.title
        try:
            await self._tunnel(stream, place)
            await self._secure(stream, place)
            return await self._greet(stream, place)
        except UpgradeRefused as error:
            raise self.error(
                Failure.REFUSED, f"{self.title}: {error.message}", status=error.status, location=error.location
            ) from error
        except ProxyRefused as error:
            words = f"{self.title} through {self._proxy.url if self._proxy else ''}: {error.message}"
            raise self.error(Failure.REFUSED, words, status=error.status) from error
        except HostError as error:
            raise self.error(error.failure, f"{self.title}, {STEP_WORDS[self.step]}: {error.message}") from error
        except RemoteError as error:
            raise self.error(Failure.OTHER, f"{self.title}, {STEP_WORDS[self.step]}: {error.message}") from error

    async def _first_place(self) -> tuple[Stream, Place]:
        """The first place that takes a TCP connection; where none does, the first one's reason is told."""
        places = self._target.places(self._options)
        if not places:
            raise self.error(Failure.NAME_NO_ADDRESS, f"{self.title} has no relay, only STUN servers or nothing")
        first: ConnectError | None = None
        for number, place in enumerate(places):
            self._place, self.title = place, place.title
            try:
                return await self._tcp(place, len(places) - number), place
            except ConnectError as error:
                first = first or error
        assert first is not None
        raise first

    async def _tcp(self, place: Place, nodes_left: int) -> Stream:
        self.step = Step.DNS
        options = self._options
        try:
            self._proxy = proxy_for(self._host, place, options)
        except HostError as error:
            self.step = Step.PROXY
            raise self.error(error.failure, error.message) from error
        try:
            self.step = Step.TCP
            if self._proxy is None:
                dialled = await dial(self._host, place.dial, place.port, place.ways, options, options.node_s)
            else:
                left = options.limit_s - (self._host.clock.now() - self._began)
                ways = ways_to_name(self._proxy.host, options.families)
                limit_s = share_s(left, nodes_left)
                dialled = await dial(self._host, self._proxy.host, self._proxy.port, ways, options, limit_s)
        except DialError as error:
            self.step = error.step if self._proxy is None else Step.PROXY
            self._marks["dns_s"] = error.dns_s
            at = self.title if self._proxy is None else f"the proxy {self._proxy.url}"
            words = f"{at}, {STEP_WORDS[error.step]}: {error.reason.message}"
            raise self.error(error.reason.failure, words, address=error.address) from error.reason
        self._stream = dialled.stream
        self._marks |= {"dns_s": dialled.dns_s, "tcp_s": dialled.tcp_s}
        return dialled.stream

    async def _tunnel(self, stream: Stream, place: Place) -> None:
        if self._proxy is not None:
            self.step = Step.PROXY
            began = self._host.clock.now()
            await open_tunnel(stream, self._proxy, place, self._options.ca_file)
            self._marks["proxy_s"] = self._host.clock.now() - began

    async def _secure(self, stream: Stream, place: Place) -> None:
        if place.tls is not None:
            self.step = Step.TLS
            began = self._host.clock.now()
            await stream.start_tls(place.tls)
            shown = stream.tls.handshake_s if stream.tls is not None else None
            self._marks["tls_s"] = self._host.clock.now() - began if shown is None else shown

    async def _greet(self, stream: Stream, place: Place) -> Opened:
        clock = self._host.clock
        machine = DerpClientMachine(self._options.private, self._client_options(stream, place), self._nonce())
        self.step = Step.GREETING if machine.is_fast else Step.HTTP
        began = clock.now()
        await stream.write(machine.start())
        events: list[Frame] = []
        while machine.stage is not Stage.OPEN:
            data = await stream.read(READ_BYTES)
            if not data:
                raise HostError(Failure.CLOSED, _closed_words(machine))
            try:
                step = machine.received(data, clock.now())
            finally:
                self._server_key = machine.server_key
                if self.step is Step.HTTP and machine.stage is not Stage.UPGRADE:
                    self.step = Step.GREETING
                    if not machine.is_fast:
                        self._marks["http_s"], began = clock.now() - began, clock.now()
            events += step.frames
            if step.send:
                await stream.write(step.send)
        self._marks["greeting_s"] = clock.now() - began
        facts = self._facts(stream, place, machine)
        self._stream = None
        return Opened(stream, machine, facts, events)

    def _client_options(self, stream: Stream, place: Place) -> ClientOptions:
        options = self._options
        info = ClientInfo(
            mesh_key=options.mesh_key,
            can_ack_pings=options.can_ack_pings,
            is_prober=options.is_prober,
            app_name=options.app_name,
        )
        early = encode(NotePreferred(True)) if options.home else b""
        early += encode(WatchConns()) if options.watch else b""
        seen = stream.tls
        is_fast = options.fast_start and seen is not None and seen.version == FAST_TLS
        return ClientOptions(
            host=host_header(place.host, place.port, plain=place.tls is None),
            path=place.path,
            info=info,
            server_key=server_key_of(seen.certificates) if is_fast and seen is not None else b"",
            ideal_node=place.ideal_node,
            early=early,
        )

    def _nonce(self) -> bytes:
        return self._host.rng.bytes(NONCE_BYTES)

    def _facts(self, stream: Stream, place: Place, machine: DerpClientMachine) -> ConnectFacts:
        assert machine.info is not None
        return ConnectFacts(
            node=place.node,
            address=stream.remote,
            local=stream.local,
            proxy=self._proxy.url if self._proxy is not None else "",
            tls=stream.tls,
            is_fast=machine.is_fast,
            server_key=machine.server_key,
            info=machine.info,
            headers=dict(machine.headers),
            timings=self._timings(),
        )

    def _timings(self) -> ConnectTimings:
        total_s = self._host.clock.now() - self._began
        return msgspec.structs.replace(ConnectTimings(total_s=total_s), **self._marks)

    def error(
        self, failure: Failure, message: str, *, address: Endpoint | None = None, status: int = 0, location: str = ""
    ) -> ConnectError:
        """Of the step where we are."""
        remote = self._stream.remote if self._stream is not None else None
        return ConnectError(
            self.step,
            failure,
            message,
            node=self._place.node if self._place is not None else None,
            address=address or remote,
            status=status,
            location=location,
            server_key=self._server_key,
            timings=self._timings(),
        )

    async def clean_up(self) -> None:
        """Close what did not become a connection."""
        if self._stream is not None:
            with contextlib.suppress(NatscopeError):
                await self._stream.close()


def _closed_words(machine: DerpClientMachine) -> str:
    if machine.stage is Stage.SERVER_INFO:
        return "it closed the connection after our greeting: it does not let this client in, or it is overloaded"
    return "it closed the connection without an answer"
