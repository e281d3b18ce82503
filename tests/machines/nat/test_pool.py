"""Address pooling: RFC 4787 §4.1, REQ-2."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.draw import Draw
from natscope.machines.nat.pool import Pool, Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Mapping
from tests.machines.nat.site import PUBLIC, SECOND, Site, config, end

ADDRESSES = (100, 101, 102)
addresses = st.integers(0, 2**128 - 1)


@given(addresses, st.lists(addresses, max_size=20))
def test_paired_looks_at_the_inside_only(src: int, destinations: list[int]) -> None:
    pool = Pool(Pooling.PAIRED, ADDRESSES, Draw(b"p"))
    assert len({tuple(pool.candidates(src, dst)) for dst in [0, *destinations]}) == 1


@given(addresses, st.lists(addresses, max_size=20))
def test_per_destination_looks_at_the_outside_only(dst: int, sources: list[int]) -> None:
    pool = Pool(Pooling.PER_DESTINATION, ADDRESSES, Draw(b"p"))
    assert len({tuple(pool.candidates(src, dst)) for src in [0, *sources]}) == 1


def test_every_address_is_used() -> None:
    for policy in Pooling:
        pool = Pool(policy, ADDRESSES, Draw(b"p"))
        assert {pool.candidates(n, n)[0] for n in range(60)} == set(ADDRESSES)


def test_arbitrary_tries_all_addresses_before_it_gives_up() -> None:
    site = Site(
        config(external=(PUBLIC, SECOND), pooling=Pooling.ARBITRARY, ports=PortPolicy.RANDOM, port_range=(40000, 40000))
    )
    seen = {site.seen("a:5000", "r:1"), site.seen("a:5001", "r:1")}
    assert seen == {Endpoint(PUBLIC, 40000), Endpoint(SECOND, 40000)}
    assert site.out("a:5002", "r:1") == "no free port"


def test_paired_does_not_leave_its_address_for_a_free_port() -> None:
    site = Site(config(external=(PUBLIC, SECOND), ports=PortPolicy.RANDOM, port_range=(40000, 40000)))
    site.seen("a:5000", "r:1")
    assert site.out("a:5001", "r:1") == "no free port"


def test_two_uplinks_show_two_addresses_and_one_port() -> None:
    """What a host behind a router that balances by destination sees, whatever the mapping."""
    site = Site(config(external=(PUBLIC, SECOND), pooling=Pooling.PER_DESTINATION))
    remotes = [Endpoint(end("r:1").ip + n, 3478) for n in range(20)]
    seen = [site.out("a:5000", remote) for remote in remotes]
    assert {e for e in seen if isinstance(e, Endpoint)} == {Endpoint(PUBLIC, 5000), Endpoint(SECOND, 5000)}
    assert [site.out("a:5000", remote) for remote in remotes] == seen
    for remote, outside in zip(remotes, seen, strict=True):
        assert site.come(remote, outside) == end("a:5000")


def test_pairing_survives_the_end_of_all_mappings() -> None:
    site = Site(config(external=(PUBLIC, SECOND), ports=PortPolicy.RANDOM, mapping=Mapping.ADDRESS_DEPENDENT))
    before = site.seen("a:5000", "r:1").ip
    site.wait(10_000)
    assert site.seen("a:5001", "s:1").ip == before
