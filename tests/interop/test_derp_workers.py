"""Upstream's clients and upstream's relay meet a relay of two processes: they cannot tell it from one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natscope.wire.derp.frames import GoneReason
from tests.interop.derp_exchange import SIZES, Exchange, until_one_passes
from tests.interop.derp_peers import Derper, Ours, Place, Ports, derpprobe, region
from tests.relay.workers import pids

pytestmark = pytest.mark.interop

DISCONNECTED, NOT_HERE = int(GoneReason.DISCONNECTED), int(GoneReason.NOT_HERE)
CLIENTS = ("a", "b", "c", "d")


class Workers(Ours):
    """Ours, by two processes."""

    @staticmethod
    def _flags(place: Place, ports: Ports, mesh: tuple[Ports, ...] | list[Ports]) -> list[str]:  # type: ignore[override]
        return [*Ours._flags(place, ports, mesh), "--workers", "2"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Workers, Derper]]:
    """A region of both makes."""
    place, ports = Place(tmp_path_factory.mktemp("workers")), (Ports(), Ports())
    ours = Workers(place, ports[0], [ports[1]])
    try:
        theirs = Derper(place, ports[1], [ports[0]])
        try:
            yield place, ours, theirs
        finally:
            theirs.end()
    finally:
        ours.end()


def test_each_client_reaches_each_other_whatever_worker_it_is_at(mixed: tuple[Place, Workers, Derper]) -> None:
    """Four clients come one after another, so each worker has two."""
    place, ours, _ = mixed
    assert len(pids(ours.served)) == 2
    with Exchange() as x:
        keys = {name: x.connect(name, ours.ports.url, ca=place.ca)["key"] for name in CLIENTS}
        for one in CLIENTS:
            for other in CLIENTS:
                if one != other:
                    assert x.exchange(one, other, SIZES, count=2) == 2 * len(SIZES)
        x.do("close", "d")
        for name in ("a", "b", "c"):
            assert x.do("wait-gone", name, peer=keys["d"]) == {"reason": DISCONNECTED}


def test_the_twins_of_a_key_are_those_of_one_relay(mixed: tuple[Place, Workers, Derper]) -> None:
    place, ours, _ = mixed
    twin = f"privkey:{bytes(range(7, 39)).hex()}"
    with Exchange() as x:
        for name in ("a", "b"):
            x.connect(name, ours.ports.url, ca=place.ca)
        here, there = (x.connect(f"twin{n}", ours.ports.url, ca=place.ca, key=twin) for n in (0, 1))
        assert here["key"] == there["key"]
        for speaker in ("twin0", "twin1", "twin0"):
            for name in ("a", "b"):
                assert x.exchange(speaker, name, SIZES) == len(SIZES)
                assert x.exchange(name, speaker, SIZES) == len(SIZES)
        x.do("close", "twin0")
        assert x.exchange("a", "twin1", SIZES) == len(SIZES)
        assert x.report("a")["gone"] == []
        x.do("close", "twin1")
        for name in ("a", "b"):
            assert x.do("wait-gone", name, peer=here["key"]) == {"reason": DISCONNECTED}


def test_a_derper_of_the_region_reaches_the_clients_of_both_workers(mixed: tuple[Place, Workers, Derper]) -> None:
    place, ours, theirs = mixed
    with Exchange() as x:
        keys = {name: x.connect(name, ours.ports.url, ca=place.ca)["key"] for name in ("a", "b")}
        far = x.connect("far", theirs.ports.url, ca=place.ca)["key"]
        for name in ("a", "b"):
            until_one_passes(x, name, "far")
            until_one_passes(x, "far", name)
        for name in ("a", "b"):
            assert x.exchange(name, "far", SIZES, count=5) == 5 * len(SIZES)
            assert x.exchange("far", name, SIZES, count=5) == 5 * len(SIZES)
        x.do("close", "a")
        assert x.do("wait-gone", "far", peer=keys["a"]) == {"reason": DISCONNECTED}
        x.do("close", "far")
        assert x.do("wait-gone", "b", peer=far) == {"reason": DISCONNECTED}


def test_derpprobe_is_content_with_the_region(mixed: tuple[Place, Workers, Derper]) -> None:
    place, ours, theirs = mixed
    with Exchange() as x:
        x.connect("a", ours.ports.url, ca=place.ca)
        x.connect("b", theirs.ports.url, ca=place.ca)
        until_one_passes(x, "a", "b")
        until_one_passes(x, "b", "a")
        found = region(ours.ports, theirs.ports, number=900)
        code, verdicts = derpprobe(place, {"Regions": {900: found}}, "-mesh-psk-file", str(place.mesh_key))
    assert len(verdicts) > 8
    assert all(verdicts.values()), verdicts
    assert code == 0
