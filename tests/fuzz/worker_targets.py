"""What the processes of one relay tell each other: any bytes on the stream, with clients and twins on this side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from natscope.machines.derp import siblings
from natscope.machines.derp.client import Client
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.siblings import Sibling
from natscope.wire.derp.frames import ForwardPacket, PeerPresent, encode
from natscope.wire.derp.siblings import MAX_NEWS_BYTES, Arrived, CloseKey, Left, Spoke, encode_news
from tests.fuzz.target import Target
from tests.machines.derp.harness import DISCO, Bench, private_key

KEYS = [private_key(name).public for name in "abc"]


def stream(data: bytes) -> Hashable:
    """The first byte cuts the rest. Whatever comes, the registry holds together, and the end takes its clients."""
    bench = Bench()
    here = [bench.join(name) for name in "aab"]
    sibling = Sibling(bench.relay.number(), "other")
    siblings.introduce(bench.relay, sibling, Effects())
    size, rest = (data[0] if data else 0) + 1, data[1:]
    for start in range(0, len(rest), size):
        effects = Effects()
        siblings.take(bench.relay, sibling, rest[start : start + size], 0.0, effects)
        bench.carry_out(effects)
        if sibling.closed:
            break
    _check(bench, sibling)
    drops = bool(bench.relay.counters.drops)
    found = sibling.closed, min(len(sibling.away), 4), bench.relay.registry.duplicates(), drops
    effects = Effects()
    siblings.lost(bench.relay, sibling, effects)
    bench.carry_out(effects)
    assert set(bench.relay.registry.all_of) == {peer.key for peer in here if peer.ended is None}
    assert bench.relay.registry.away == {}
    return found


def _check(bench: Bench, sibling: Sibling) -> None:
    registry = bench.relay.registry
    assert len(sibling.held) <= 1 << 17
    assert registry.active.keys() | registry.away.keys() == registry.all_of.keys()
    assert not registry.active.keys() & registry.away.keys()
    for key, twins in registry.all_of.items():
        assert twins
        assert registry.active_of(key) in twins
        assert all(twin.key == key and twin.has_twins == (len(twins) > 1) for twin in twins)
        assert all(isinstance(twin, Client) or sibling.away[twin.number] is twin for twin in twins)
    assert registry.spoke.keys() == {key for key, twins in registry.all_of.items() if len(twins) > 1}


def _streams() -> Sequence[bytes]:
    arrivals = [encode_news(Arrived(number, PeerPresent(key))) for number, key in enumerate(KEYS)]
    packets = [encode(ForwardPacket(KEYS[2], key, packet)) for key in KEYS for packet in (b"", b"x" * 50, DISCO)]
    whole = b"".join([*arrivals, *packets, encode_news(Spoke(0)), encode_news(CloseKey(KEYS[1])), encode_news(Left(0))])
    beyond = b"\x71" + (MAX_NEWS_BYTES + 1).to_bytes(4, "big") + bytes(MAX_NEWS_BYTES + 1)
    return [bytes((n,)) + part for n in (0, 30, 255) for part in (whole, b"".join(arrivals) * 2, whole + beyond)]


TARGETS = (Target("derp_siblings", stream, _streams),)
