"""What a link teaches a relay: told twice is told once, only the last way counts, its own key is nobody's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.derp.counters import End
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.mesh import learn
from natscope.machines.derp.registry import MeshLink
from natscope.machines.derp.relay import Relay
from natscope.wire.derp.frames import Frame, GoneReason, Health, PeerGone, PeerPresent, RecvPacket
from tests.machines.derp.harness import private_key

KEYS = [bytes([number]) * 32 for number in range(3)]


def relay_and_link(name: str = "other") -> tuple[Relay, MeshLink]:
    relay = Relay(private_key("relay"))
    return relay, MeshLink(relay.number(), name)


def test_coming_and_going() -> None:
    relay, link = relay_and_link()
    learn(relay, link, [PeerPresent(KEYS[0]), PeerPresent(KEYS[0]), PeerPresent(KEYS[1])], Effects())
    assert [relay.registry.link_for(key) for key in KEYS] == [link, link, None]
    learn(relay, link, [PeerGone(KEYS[0], GoneReason.DISCONNECTED), PeerGone(KEYS[2], GoneReason.NOT_HERE)], Effects())
    assert [relay.registry.link_for(key) for key in KEYS] == [None, link, None]


def test_a_peer_that_is_not_there_after_all_is_forgotten() -> None:
    relay, link = relay_and_link()
    learn(relay, link, [PeerPresent(KEYS[0]), PeerGone(KEYS[0], GoneReason.NOT_HERE)], Effects())
    assert relay.registry.links == {}


def test_this_relay_itself_and_other_frames_are_passed_over() -> None:
    relay, link = relay_and_link()
    learn(relay, link, [PeerPresent(relay.private.public), Health("x"), RecvPacket(KEYS[0], b"")], Effects())
    assert relay.registry.links == {}


def test_a_lost_link_learns_nothing_more() -> None:
    relay, link = relay_and_link()
    learn(relay, link, [PeerPresent(KEYS[0])], Effects())
    relay.end(link, End.CLIENT, Effects())
    assert relay.registry.links == {}
    learn(relay, link, [PeerPresent(KEYS[0])], Effects())
    assert relay.registry.links == {}


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.booleans()), max_size=30))
def test_two_links_against_sets(story: list[tuple[int, int, bool]]) -> None:
    relay = Relay(private_key("relay"))
    links = [MeshLink(relay.number(), str(number)) for number in range(2)]
    known: list[set[bytes]] = [set(), set()]
    for number, key_number, comes in story:
        key = KEYS[key_number]
        frame: Frame = PeerPresent(key) if comes else PeerGone(key, GoneReason.DISCONNECTED)
        (known[number].add if comes else known[number].discard)(key)
        learn(relay, links[number], [frame], Effects())
        for each in KEYS:
            assert (relay.registry.link_for(each) is None) == (each not in known[0] | known[1])
    for link in links:
        relay.end(link, End.CLIENT, Effects())
    assert relay.registry.links == {}
