"""Several connections of one key, in any order of coming, speaking and going: a model after upstream's decides who gets
what is sent to the key.

Source of the model: upstream derp/derpserver/derpserver.go (registerClient, unregisterClient, noteClientActivity).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from natscope.wire.derp.frames import (
    Frame,
    GoneReason,
    NotePreferred,
    PeerGone,
    PeerPresent,
    Ping,
    RecvPacket,
    SendPacket,
    Unknown,
    WatchConns,
    encode,
)
from tests.machines.derp.harness import Bench, Peer, private_key

NAMES = ("stolen", "other")
SPEECH: tuple[Frame, ...] = (
    NotePreferred(True),
    NotePreferred(False),
    Ping(b"12345678"),
    Unknown(0x77, b"?"),
    SendPacket(bytes(32), b"x"),
)


@dataclass
class Duplicates:
    """Upstream's dupClientSet; `history` without equal neighbours."""

    members: list[Peer]
    last: Peer | None
    history: list[Peer]


@dataclass
class Key:
    """Upstream's clientSet."""

    active: Peer | None = None
    dup: Duplicates | None = None
    all: list[Peer] = field(default_factory=list)
    switches: int = 0
    """Of our own: upstream does not count them."""

    def join(self, peer: Peer) -> None:
        was = self.active
        self.all.append(peer)
        if self.dup is not None:
            self.dup.members.append(peer)
            self.dup.last = peer
            self.dup.history.append(peer)
        elif was is not None:
            self.dup = Duplicates([peer, was], peer, [was])
        self.active = peer

    def speak(self, peer: Peer) -> None:
        if self.dup is not None:
            self.switches += self.active is not peer
            self.dup.last = self.active = peer
            if self.dup.history[-1:] != [peer]:
                self.dup.history.append(peer)

    def leave(self, peer: Peer) -> None:
        self.all.remove(peer)
        dup = self.dup
        if dup is None:
            self.active = None
            return
        dup.members.remove(peer)
        if dup.last is peer:
            dup.last = None
        kept: list[Peer] = []
        for one in dup.history:
            if one in dup.members and kept[-1:] != [one]:
                kept.append(one)
        dup.history = kept
        if dup.last is None and kept:
            dup.last = kept[-1]
        if len(dup.members) == 1:
            self.active, self.dup = dup.members[0], None
        else:
            self.active = dup.last


class Twins(RuleBasedStateMachine):
    """A relay, a sender, a mesh peer that watches, and connections of two keys."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = self.relay()
        self.sender = self.bench.join("sender")
        self.watcher = self.bench.join("mesh", mesh=True)
        self.bench.send(self.watcher, WatchConns())
        self.watcher.take()
        self.keys = {name: Key() for name in NAMES}

    def relay(self) -> Bench:
        return Bench()

    def peers(self) -> list[tuple[str, Peer]]:
        return [(name, peer) for name in NAMES for peer in self.keys[name].all]

    @rule(name=st.sampled_from(NAMES))
    def join(self, name: str) -> None:
        if len(self.keys[name].all) < 5:
            self.keys[name].join(self.bench.join(name))
            (present,) = self.watcher.take()
            assert isinstance(present, PeerPresent)
            assert present.key == private_key(name).public

    @precondition(lambda self: self.peers())
    @rule(data=st.data())
    def speak(self, data: st.DataObject) -> None:
        name, peer = data.draw(st.sampled_from(self.peers()))
        self.bench.send(peer, encode(data.draw(st.sampled_from(SPEECH))))
        self.keys[name].speak(peer)

    @precondition(lambda self: self.peers())
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        name, peer = data.draw(st.sampled_from(self.peers()))
        key = private_key(name).public
        heard = key in self.sender.client.heard_from
        self.bench.leave(peer)
        self.keys[name].leave(peer)
        gone = [] if self.keys[name].all else [PeerGone(key, GoneReason.DISCONNECTED)]
        assert self.watcher.take() == gone
        assert self.sender.take() == (gone if heard else [])

    @precondition(lambda self: self.peers())
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """A twin writes to the sender, who is told of that key's end from then on."""
        name, peer = data.draw(st.sampled_from(self.peers()))
        self.bench.packet(peer, self.sender, b"hello")
        self.keys[name].speak(peer)
        assert self.sender.take() == [RecvPacket(private_key(name).public, b"hello")]

    @invariant()
    def what_is_sent_to_a_key_goes_to_its_active_connection_alone(self) -> None:
        for _, peer in self.peers():
            peer.take()
        for name in NAMES:
            self.bench.send(self.sender, SendPacket(private_key(name).public, b"packet"))
            packet = RecvPacket(self.sender.key, b"packet")
            for peer in self.keys[name].all:
                assert peer.take() == ([packet] if peer is self.keys[name].active else [])

    @invariant()
    def duplicates_are_counted(self) -> None:
        several = [len(key.all) for key in self.keys.values() if len(key.all) > 1]
        assert self.bench.duplicates() == (len(several), sum(several))
        assert self.bench.switches() == sum(key.switches for key in self.keys.values())


Twins.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestTwins = Twins.TestCase
