"""Regions of two relays: ours with derper, and ours with ours. Packets pass both ways, also after one died and is back.

The clients are upstream's. derper tries a lost relay again after 5 s and nothing changes that, so all pairs lose one of
their relays in the same moment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from natscope.wire.derp.frames import GoneReason
from tests.interop.derp_exchange import Exchange, until_one_passes
from tests.interop.derp_peers import Derper, Ours, Place, Ports, derpprobe, region

pytestmark = pytest.mark.interop

MAKES: dict[str, type[Ours] | type[Derper]] = {"ours": Ours, "derper": Derper}
PAIRS = [("ours", "derper"), ("derper", "ours"), ("ours", "ours")]
DISCONNECTED = int(GoneReason.DISCONNECTED)
SIZES = (0, 1, 100, 1400, 65_536)


class Pair:
    """Two meshed relays, each with one client: the first has `a`, the second `b`."""

    def __init__(self, place: Place, makes: tuple[str, str]) -> None:
        """Nothing runs yet."""
        self.place, self.makes = place, makes
        self.ports = Ports(), Ports()
        self.relays: dict[int, Ours | Derper] = {}

    def start(self, which: int) -> None:
        """One of them, with the other as its peer."""
        self.relays[which] = MAKES[self.makes[which]](self.place, self.ports[which], [self.ports[1 - which]])

    def end(self) -> None:
        """Both."""
        for relay in self.relays.values():
            relay.end()

    def connect(self, x: Exchange, which: int) -> str:
        """The client of one of them; gives its key."""
        key: str = x.connect(self.name("ab"[which]), self.ports[which].url, ca=self.place.ca)["key"]
        return key

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


Pairs = dict[tuple[str, str], Pair]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Pair]]:
    """All pairs run. Ours start first: they look for a relay that is not there yet again sooner than derper does."""
    place = Place(tmp_path_factory.mktemp("mesh"))
    made = {makes: Pair(place, makes) for makes in PAIRS}
    both = [(pair, which) for pair in made.values() for which in (0, 1)]
    try:
        for make in MAKES:
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda item: item[0].start(item[1]), [i for i in both if i[0].makes[i[1]] == make]))
        yield made
    finally:
        for pair in made.values():
            pair.end()


@pytest.mark.parametrize("makes", PAIRS, ids="-".join)
def test_packets_pass_between_the_nodes_of_a_region(pairs: Pairs, makes: tuple[str, str]) -> None:
    pair = pairs[makes]
    with Exchange() as x:
        pair.connect(x, 0)
        key = pair.connect(x, 1)
        pair.meet(x)
        x.do("close", pair.name("b"))
        assert x.do("wait-gone", pair.name("a"), peer=key) == {"reason": DISCONNECTED}


@pytest.mark.parametrize("makes", PAIRS, ids="-".join)
def test_a_key_on_both_relays_is_gone_when_it_is_on_none(pairs: Pairs, makes: tuple[str, str]) -> None:
    pair = pairs[makes]
    twin = f"privkey:{os.urandom(32).hex()}"
    with Exchange() as x:
        pair.connect(x, 0)
        here, there = (x.connect(f"twin{n}", pair.ports[n].url, ca=pair.place.ca, key=twin) for n in (0, 1))
        a = pair.name("a")
        assert here["key"] == there["key"]
        until_one_passes(x, "twin1", a)
        assert x.exchange(a, "twin0", SIZES) == len(SIZES)
        x.do("close", "twin0")
        until_one_passes(x, a, "twin1")
        assert x.report(a)["gone"] == []
        x.do("close", "twin1")
        assert x.do("wait-gone", a, peer=here["key"]) == {"reason": DISCONNECTED}


def test_derpprobe_is_content_with_every_region(pairs: Pairs) -> None:
    regions = {}
    with Exchange() as x:
        for number, pair in enumerate(pairs.values(), 900):
            pair.connect(x, 0)
            pair.connect(x, 1)
            pair.meet(x)
            regions[number] = region(*pair.ports, number=number)
        place = pair.place
        flags = ("-mesh-psk-file", str(place.mesh_key), "-bw-interval", "1s")
        code, found = derpprobe(place, {"Regions": regions}, *flags)
    wanted = {"derpmap-probe"}
    for number in regions:
        nodes = (f"{number}a", f"{number}b")
        wanted |= {f"derp/lab{number}/{node}/{what}" for node in nodes for what in ("tls", "udp")}
        wanted |= {f"derp/lab{number}/{a}/{b}/{what}" for a in nodes for b in nodes for what in ("mesh", "bw")}
    assert found == dict.fromkeys(wanted, True)
    assert code == 0


def test_each_make_finds_the_other_again(pairs: Pairs) -> None:
    """The second of each pair is killed."""
    with Exchange() as x:
        keys = {makes: (pair.connect(x, 0), pair.connect(x, 1))[1] for makes, pair in pairs.items()}
        for pair in pairs.values():
            pair.meet(x)
            pair.relays[1].end()
        for makes, pair in pairs.items():
            assert x.do("wait-gone", pair.name("a"), peer=keys[makes]) == {"reason": DISCONNECTED}
            x.do("close", pair.name("b"))
            pair.start(1)
            pair.connect(x, 1)
        for pair in pairs.values():
            pair.meet(x)
