"""A relay with clients in memory: each keeps what it was sent, as frames."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field

from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.outlet import Outlet
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import Frame, SendPacket, ServerKey, encode
from natscope.wire.derp.hello import ClientInfo, ServerInfo, open_server_info, seal_client_info
from natscope.wire.derp.parsing import decode
from natscope.wire.derp.reader import FrameReader
from natscope.wire.keys import PrivateKey

MESH_KEY = bytes(range(100, 132))
DISCO = b"TS\xf0\x9f\x92\xac" + bytes(60)


def private_key(name: str) -> PrivateKey:
    """Always the same for a name."""
    return PrivateKey(hashlib.sha256(name.encode()).digest())


@dataclass(eq=False)
class Peer:
    """One client of the relay and all that it was sent."""

    client: Client
    private: PrivateKey
    reader: FrameReader = field(default_factory=FrameReader)
    frames: list[Frame] = field(default_factory=list)
    ended: End | None = None

    @property
    def key(self) -> bytes:
        return self.private.public

    def take(self) -> list[Frame]:
        """What came since the last look."""
        taken, self.frames = self.frames, []
        return taken


class Bench:
    """A relay, a clock, and everybody who is connected. Sends arrive at once, unless a peer is `blocked`."""

    def __init__(self, settings: RelaySettings | None = None) -> None:
        self.relay = Relay(private_key("relay"), settings or RelaySettings(mesh_key=MESH_KEY))
        self.now = 0.0
        self.peers: dict[Outlet, Peer] = {}

    def dial(self, name: str, *, is_ideal: bool = True) -> Peer:
        """Upgraded, nothing said yet."""
        port = 1000 + len(self.peers)
        address = Endpoint(ipaddress.IPv4Address("192.0.2.7"), port)
        client, effects = self.relay.connect(address, self.now, jitter=0.5, is_ideal=is_ideal)
        peer = self.peers[client] = Peer(client, private_key(name))
        self.carry_out(effects)
        return peer

    def join(self, name: str, *, mesh: bool = False, info: ClientInfo | None = None, is_ideal: bool = True) -> Peer:
        """Connected and let in; the greeting is checked and taken off."""
        peer = self.dial(name, is_ideal=is_ideal)
        info = info or ClientInfo(can_ack_pings=True, mesh_key=MESH_KEY if mesh else b"")
        effects = self.send(peer, encode(seal_client_info(info, peer.private, self.relay.private.public, bytes(24))))
        assert effects.admit is peer.client
        self.admit(peer)
        key, sealed, *rest = peer.take()
        assert key == ServerKey(self.relay.private.public)
        assert isinstance(open_server_info(sealed, peer.private, self.relay.private.public), ServerInfo)  # type: ignore[arg-type]
        peer.frames = rest
        return peer

    def admit(self, peer: Peer, allowed: bool = True) -> None:
        """Decide about a client."""
        self.carry_out(self.relay.admitted(peer.client, allowed, bytes(24), self.now))

    def send(self, peer: Peer, data: bytes | Frame) -> Effects:
        """A peer sends bytes, or a frame."""
        raw = data if isinstance(data, bytes) else encode(data)
        effects = self.relay.received(peer.client, raw, self.now)
        self.carry_out(effects)
        return effects

    def packet(self, source: Peer, target: Peer, packet: bytes) -> Effects:
        """A packet from one to the other."""
        return self.send(source, SendPacket(target.key, packet))

    def leave(self, peer: Peer) -> None:
        """The connection breaks."""
        self.carry_out(self.relay.disconnected(peer.client))

    def block(self, peer: Peer) -> None:
        """A peer stops to read."""
        self.relay.blocked(peer.client, self.now)

    def drain(self, peer: Peer) -> None:
        """It reads again."""
        self._deliver(peer, self.relay.drained(peer.client))

    def duplicates(self) -> tuple[int, int]:
        """Keys with several connections, and those."""
        return self.relay.registry.duplicates()

    def switches(self) -> int:
        """How often one of several connections of a key took the place of another by speaking."""
        return self.relay.counters.twin_switches

    def at(self, now: float) -> None:
        """The time goes on; every deadline up to then is met."""
        while (deadline := self.relay.deadline()) is not None and deadline <= now:
            self.now = max(self.now, deadline)
            self.carry_out(self.relay.tick(self.now))
        self.now = now

    def carry_out(self, effects: Effects) -> None:
        """Deliver, then close."""
        for outlet, pieces in effects.sends.items():
            if outlet in self.peers:
                self._deliver(self.peers[outlet], pieces)
        for outlet, reason in effects.closes:
            if outlet in self.peers:
                self.peers[outlet].ended = reason

    def _deliver(self, peer: Peer, pieces: list[bytes]) -> None:
        peer.frames += [decode(kind, payload) for kind, payload in peer.reader.feed(b"".join(pieces))]
