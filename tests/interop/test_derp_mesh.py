"""Regions of two relays: ours with derper, and ours with ours. Packets pass both ways, also after one died and is back.

The clients are upstream's. derper tries a lost relay again after 5 s and nothing changes that, so all pairs lose one of
their relays in the same moment.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from natscope.wire.derp.frames import GoneReason
from tests.interop.derp_exchange import Exchange, Refused
from tests.interop.derp_peers import Derper, Ours, Place, Ports, derpprobe, region, running

pytestmark = pytest.mark.interop

MAKES = {"ours": Ours, "derper": Derper}
PAIRS = [("ours", "derper"), ("ours", "ours")]
SIZES = (0, 1, 100, 1400, 65_536)
AGAIN_S = 12.0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class Pair:
    """Two meshed relays, each with one client: the first has `a`, the second `b`."""

    def __init__(self, place: Place, makes: tuple[str, str]) -> None:
        """Both run."""
        self.place, self.makes = place, makes
        self.ports = Ports(), Ports()
        self.relays = [self.start(0)]
        try:
            self.relays.append(self.start(1))
        except BaseException:
            self.relays[0].end()
            raise

    def start(self, which: int) -> Ours | Derper:
        """One of them, with the other as its peer."""
        return MAKES[self.makes[which]](self.place, self.ports[which], [self.ports[1 - which]])

    def end(self) -> None:
        """Both."""
        for relay in self.relays:
            relay.end()

    def connect(self, x: Exchange, which: int) -> dict[str, str]:
        """The client of one of them; gives what it tells."""
        name = self.name("ab"[which])
        return x.connect(name, self.ports[which].url, ca=self.place.ca)

    def name(self, of: str) -> str:
        """A client's name among those of all pairs."""
        return f"{of}-{self.ports[0].https}"

    def meet(self, x: Exchange) -> None:
        """Until packets pass both ways, then many, checked."""
        a, b = self.name("a"), self.name("b")
        for one, other in ((a, b), (b, a)):
            until_one_passes(x, one, other)
        for one, other in ((a, b), (b, a), (a, b)):
            assert x.exchange(one, other, SIZES, count=10) == 10 * len(SIZES)


def until_one_passes(x: Exchange, one: str, other: str) -> None:
    """A relay hears of another's clients a moment after they come."""
    deadline = time.monotonic() + AGAIN_S
    while True:
        x.do("send", one, peer=other, size=20)
        with contextlib.suppress(Refused):
            assert x.do("wait-packet", other, limit=0.1)["size"] == 20
            break
        assert time.monotonic() < deadline, "the relays of the pair have not found each other"
    with contextlib.suppress(Refused):
        while True:
            x.do("wait-packet", other, limit=0.05)  # of the tries before


@pytest.mark.parametrize("makes", PAIRS, ids="-".join)
def test_packets_pass_between_the_nodes_of_a_region(place: Place, makes: tuple[str, str]) -> None:
    pair = Pair(place, makes)
    with running(*pair.relays), Exchange() as x:
        a, b = pair.connect(x, 0), pair.connect(x, 1)
        pair.meet(x)
        x.do("close", pair.name("b"))
        assert x.do("wait-gone", pair.name("a"), peer=b["key"]) == {"reason": int(GoneReason.DISCONNECTED)}
        assert a["server_key"] != b["server_key"]


@pytest.mark.parametrize("makes", PAIRS, ids="-".join)
def test_derpprobe_is_content_with_the_region(place: Place, makes: tuple[str, str]) -> None:
    pair = Pair(place, makes)
    with running(*pair.relays), Exchange() as x:
        pair.connect(x, 0)
        pair.connect(x, 1)
        pair.meet(x)
        code, found = derpprobe(place, {"Regions": {"900": region(*pair.ports)}}, "-mesh-psk-file", str(place.mesh_key))
    nodes = ("900a", "900b")
    wanted = {f"derp/lab/{node}/{what}" for node in nodes for what in ("tls", "udp")}
    wanted |= {f"derp/lab/{one}/{other}/mesh" for one in nodes for other in nodes}
    assert found == dict.fromkeys(wanted | {"derpmap-probe"}, True)
    assert code == 0


def test_either_make_finds_the_other_again(place: Place) -> None:
    pairs = [Pair(place, ("ours", "derper")), Pair(place, ("derper", "ours")), Pair(place, ("ours", "ours"))]
    with contextlib.ExitStack() as stack:
        for pair in pairs:
            stack.callback(pair.end)
        x = stack.enter_context(Exchange())
        keys = [(pair.connect(x, 0), pair.connect(x, 1))[1]["key"] for pair in pairs]
        for pair in pairs:
            pair.meet(x)
            pair.relays[1].end()
        for pair, key in zip(pairs, keys, strict=True):
            assert x.do("wait-gone", pair.name("a"), peer=key) == {"reason": int(GoneReason.DISCONNECTED)}
            x.do("close", pair.name("b"))
            pair.relays[1] = pair.start(1)
            pair.connect(x, 1)
        for pair in pairs:
            pair.meet(x)
