"""Links to the other relays of a region: connect, learn who is there, forward, connect again.

Names, TCP, TLS and the greeting happen on the asyncio loop beside the relay. The open connection then moves onto the
relay's own epoll loop (`LinkSocket`), so that forwarding a packet costs no hand-over between threads; a relay on `Host`
streams has one loop for everything, and the link stays there (`StreamLink`). Source: upstream cmd/derper/mesh.go,
derp/derphttp/mesh_client.go.

When the region's key changes, another link is made with the new one, and the old link stays until the new one has told
who is there: nobody is gone in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from natscope.host.api import Host
from natscope.host.real.relay_link import LinkSocket
from natscope.host.real.socket_stream import SocketStream, SocketStreams
from natscope.machines.backoff import Backoff
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.mesh import learn
from natscope.machines.derp.registry import MeshLink
from natscope.relay.log import Level, Log
from natscope.relay.mesh_peers import MeshPeer
from natscope.relay.seams import AdoptingRelay, RelayHandle
from natscope.relay.stream_link import StreamLink
from natscope.relay_client.connect import Opened, open_relay
from natscope.relay_client.errors import ConnectError
from natscope.relay_client.options import DIRECT, ConnectOptions
from natscope.relay_client.target import Target
from natscope.wire.keys import PrivateKey

RECONNECT_S = 5.0
"""The longest pause, which is upstream's only one: a relay that is back at once is found at once."""
_JITTER = 1 << 16
CHECK_S = 15.0
"""How often a link is looked at for silence."""
SETTLE_S = 0.5
"""A link that has told nothing more for so long has told who is there; where the news never end, after `MAX_LOOKS`."""
MAX_LOOKS = 20


class MeshLinks:
    """The links of one relay, `peers` in the order of the flag. `ca_file` adds trust (PEM) to the system's."""

    def __init__(
        self,
        host: Host,
        private: PrivateKey,
        mesh_key: bytes,
        peers: Sequence[MeshPeer],
        log: Log,
        *,
        ca_file: str = "",
    ) -> None:
        """Nothing is connected yet."""
        self._host = host
        self._private = private
        self._peers = tuple(peers)
        self._log = log
        self._relay: RelayHandle | None = None
        self._group: asyncio.TaskGroup | None = None
        self._links: dict[MeshPeer, list[asyncio.Task[None]]] = {}
        """By peer, the newest last; there is more than one only while the key changes."""
        self._options = ConnectOptions(
            private=private, mesh_key=mesh_key, watch=True, can_ack_pings=False, proxy=DIRECT, ca_file=ca_file
        )

    async def keep(self, relay: RelayHandle) -> None:
        """Until cancelled; then all links are closed."""
        self._relay = relay
        async with asyncio.TaskGroup() as self._group:
            for peer in self._peers:
                self._begin(peer)
            await asyncio.Event().wait()

    def change(self, peers: Sequence[MeshPeer], mesh_key: bytes) -> None:
        """Other relays, or another key; on the loop of `keep`. Links that are wanted as they are stay."""
        is_new_key = not hmac.compare_digest(mesh_key, self._options.mesh_key)
        self._options = msgspec.structs.replace(self._options, mesh_key=mesh_key)
        self._peers = tuple(peers)
        if self._group is None:
            return
        for peer in [peer for peer in self._links if peer not in peers]:
            for task in self._links.pop(peer):
                task.cancel()
        for peer in peers:
            if is_new_key or peer not in self._links:
                self._begin(peer)

    def _begin(self, peer: MeshPeer) -> None:
        assert self._group is not None
        assert self._relay is not None
        task = self._group.create_task(self._stay(peer, self._relay, self._options))
        self._links.setdefault(peer, []).append(task)

    def _is_newest(self, peer: MeshPeer) -> None:
        """The link of this task has told who is there: those with older keys are not needed any more."""
        this = asyncio.current_task()
        links = self._links.get(peer, [])
        older = links[: next((place for place, task in enumerate(links) if task is this), 0)]
        for task in older:
            task.cancel()
            links.remove(task)

    async def _stay(self, peer: MeshPeer, relay: RelayHandle, options: ConnectOptions) -> None:
        """Connected to one relay, again and again. Ends when it turns out to be this one."""
        target = Target.of_url(peer.url, dial_host=peer.dial)
        host = replace(self._host, streams=SocketStreams()) if isinstance(relay, AdoptingRelay) else self._host
        told, backoff, clock = "", Backoff(RECONNECT_S), self._host.clock
        while True:
            try:
                opened = await open_relay(host, target, options)
            except ConnectError as error:
                if error.message != told:
                    self._log.say("mesh-failed", f"mesh: {error.message}", Level.WARNING, peer=peer.name)
                told = error.message
            else:
                told = ""
                if opened.facts.server_key == self._private.public:
                    await opened.stream.close()
                    self._log.say("mesh-self", f"mesh: {peer.name} is this relay itself", peer=peer.name)
                    return
                began = clock.now()
                await self._linked(peer, relay, opened)
                backoff.held(clock.now() - began)
            await clock.sleep(backoff.next_s(self._host.rng.below(_JITTER) / _JITTER))

    async def _linked(self, peer: MeshPeer, relay: RelayHandle, opened: Opened) -> None:
        """From an open connection to its end."""
        link = Linked(peer.name, relay, opened)
        self._log.say("mesh-up", f"mesh: linked to {peer.name} at {opened.facts.address}", peer=peer.name)
        try:
            await link.run(self._host, lambda: self._is_newest(peer))
        finally:
            link.end()
        words = f"mesh: the link to {peer.name} is lost"
        if not link.was_told:
            words += ", which told nothing before: has it another mesh key?"
        self._log.say("mesh-down", words, Level.WARNING, peer=peer.name)


class Linked:
    """One link while it stands, seen from the asyncio loop."""

    def __init__(self, name: str, relay: RelayHandle, opened: Opened) -> None:
        """Not handed over yet."""
        self._name = name
        self._relay = relay
        self._opened = opened
        self._link: MeshLink | None = None
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @property
    def was_told(self) -> bool:
        """Whether the other relay has said anything of its clients: it always knows one, this link."""
        return self._opened.machine.frames > 0

    async def run(self, host: Host, settled: Callable[[], None]) -> None:
        """Until it is over; `settled` is called once the other relay has told who is there."""
        self._relay.post(self._begin(host))
        seen, looks = 0, 0
        while not await self._over_within(SETTLE_S if looks < MAX_LOOKS else CHECK_S):
            told, before, seen = self._opened.machine.frames, seen, self._opened.machine.frames
            if looks < MAX_LOOKS:
                looks += 1
                if told and (told == before or looks == MAX_LOOKS):
                    looks = MAX_LOOKS
                    settled()
            self._relay.post(self._check)

    async def _over_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()

    def end(self) -> None:
        """Close it, if it stands."""
        self._relay.post(lambda now: self._close(End.CLIENT))

    def _begin(self, host: Host) -> Callable[[float], Effects]:
        def begin(now: float) -> Effects:
            relay, opened = self._relay.front.relay, self._opened
            link = self._link = MeshLink(relay.number(), self._name)
            effects = Effects()
            if isinstance(self._relay, AdoptingRelay) and isinstance(opened.stream, SocketStream):
                item = LinkSocket(opened.stream.detach(), opened.machine, relay, link, self._ended)
                self._relay.adopt(item)
                learn(relay, link, opened.events, effects)
                return merged(effects, item.ready(now))
            StreamLink(host, self._relay, opened.stream, opened.machine, link, self._ended)
            learn(relay, link, opened.events, effects)
            return effects

        return begin

    def _check(self, now: float) -> Effects:
        """In the relay's thread: nothing heard for two minutes is the end."""
        deadline = self._opened.machine.deadline()
        return self._close(End.SILENT) if deadline is not None and deadline < now else Effects()

    def _close(self, reason: End) -> Effects:
        effects = Effects()
        if self._link is not None:
            self._relay.front.relay.end(self._link, reason, effects)
        return effects

    def _ended(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone with everything else
            self._loop.call_soon_threadsafe(self._over.set)


def merged(effects: Effects, more: Effects) -> Effects:
    """Both, in order."""
    for outlet, pieces in more.sends.items():
        effects.to(outlet).extend(pieces)
    effects.closes += more.closes
    return effects
