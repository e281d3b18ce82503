"""Port allocation: RFC 4787 §4.2 with REQ-3 and REQ-4."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.draw import Draw
from natscope.machines.nat.packet import UDP
from natscope.machines.nat.ports import NO_FREE_PORT, PortAllocator, PortPolicy
from natscope.model.nat import Mapping
from tests.machines.nat.site import Site, config, end

APD = Mapping.ADDRESS_AND_PORT_DEPENDENT


def allocator(policy: PortPolicy, low: int = 1024, high: int = 65535, **more: int) -> PortAllocator:
    return PortAllocator(
        policy, (low, high), Draw(b"ports"),
        stride=more.get("stride", 1), parity=bool(more.get("parity")), low_stays_low=bool(more.get("split", 1)),
    )  # fmt: skip


policies = st.sampled_from(PortPolicy)


@given(policies, st.integers(0, 65535), st.booleans(), st.booleans(), st.integers(1, 9), st.sets(st.integers(1, 40)))
def test_a_chosen_port_is_free_and_of_its_class(
    policy: PortPolicy, port: int, parity: bool, split: bool, stride: int, taken: set[int]
) -> None:
    chooser = allocator(policy, 1, 48, stride=stride, parity=int(parity), split=int(split))
    for _ in range(5):
        chosen = chooser.other(UDP, 1, port, taken.__contains__)
        low, high = (1, 1023) if split and port < 1024 else (1, 48)
        assert low <= chosen <= high
        assert chosen not in taken
        assert not parity or (chosen ^ port) % 2 == 0


@given(st.sampled_from([PortPolicy.RANDOM, PortPolicy.SEQUENTIAL]), st.booleans(), st.integers(1, 7))
def test_every_port_is_given_once_before_none_is_left(policy: PortPolicy, parity: bool, stride: int) -> None:
    chooser = allocator(policy, 2000, 2019, parity=int(parity), stride=stride)
    given_out: set[int] = set()
    for _ in range(10 if parity else 20):
        given_out.add(chooser.other(UDP, 1, 5001, given_out.__contains__))
    assert len(given_out) == (10 if parity else 20)
    assert chooser.other(UDP, 1, 5001, given_out.__contains__) == NO_FREE_PORT


def test_a_range_without_a_port_of_that_parity_is_full() -> None:
    assert allocator(PortPolicy.RANDOM, 3000, 3000, parity=1).other(UDP, 1, 5001, lambda _: False) == NO_FREE_PORT


@pytest.mark.parametrize("stride", [1, 2, 7])
def test_sequential_ports_go_by_their_stride(stride: int) -> None:
    site = Site(config(ports=PortPolicy.SEQUENTIAL, mapping=APD, stride=stride))
    ports = [site.seen("a:5000", f"r:{n}").port for n in range(1, 20)]
    assert {b - a for a, b in itertools.pairwise(ports)} == {stride}


def test_random_ports_have_no_pattern() -> None:
    site = Site(config(ports=PortPolicy.RANDOM, mapping=APD))
    ports = [site.seen("a:5000", f"r:{n}").port for n in range(1, 200)]
    assert len({b - a for a, b in itertools.pairwise(ports)}) > 190
    assert min(ports) < 10000
    assert max(ports) > 55000


@pytest.mark.parametrize("policy", PortPolicy)
def test_parity_is_kept(policy: PortPolicy) -> None:
    """RFC 4787 REQ-4: an even port maps to an even one, an odd one to an odd one; also where the port is taken."""
    site = Site(config(ports=policy, parity=True))
    for host, port in itertools.product("abc", range(5000, 5030)):
        assert (site.seen(f"{host}:{port}", "r:1").port - port) % 2 == 0


def test_contiguity_keeps_pairs_together() -> None:
    """RFC 4787 §4.2.3: the port above an even one is the one above its mapping, in either order of sending."""
    site = Site(config(ports=PortPolicy.RANDOM, parity=True, contiguity=True))
    rtp, rtcp = site.seen("a:5000", "r:1"), site.seen("a:5001", "r:1")
    assert rtcp.port == rtp.port + 1
    late, early = site.seen("b:5001", "r:1"), site.seen("b:5000", "r:1")
    assert late.port == early.port + 1


def test_a_well_known_port_may_leave_its_class() -> None:
    """RFC 4787 REQ-3a is a recommendation: `masquerade to :1024-65535` moves port 53 up."""
    assert Site(config(ports=PortPolicy.PRESERVING)).seen("a:53", "r:1").port == 53
    assert Site(config(ports=PortPolicy.PRESERVING, low_ports_stay_low=False)).seen("a:53", "r:1").port >= 1024
    assert Site(config(ports=PortPolicy.RANDOM, low_ports_stay_low=False)).seen("a:53", "r:1").port >= 1024


def test_overloading_gives_the_port_to_the_newest() -> None:
    """RFC 4787 §4.2.1, forbidden by REQ-3: to the same peer the second host takes the first one's answers."""
    site = Site(config(ports=PortPolicy.OVERLOADING))
    assert site.seen("a:5000", "r:1") == site.seen("b:5000", "r:1")
    assert site.come("r:1", "nat:5000") == end("b:5000")
    assert site.seen("a:5000", "s:1").port == 5000
    assert site.come("s:1", "nat:5000") == end("a:5000")
    assert site.seen("a:5000", "r:1").port == 5000
    assert site.come("r:1", "nat:5000") == end("a:5000")


def test_per_flow_shares_a_port_until_the_peer_is_the_same() -> None:
    site = Site(config(ports=PortPolicy.PER_FLOW))
    assert site.seen("a:5000", "r:1").port == site.seen("b:5000", "s:1").port == 5000
    moved = site.seen("b:5000", "r:1")
    assert moved.port != 5000
    assert site.come("r:1", moved) == end("b:5000")
    assert site.come("r:1", "nat:5000") == end("a:5000")
    assert site.come("s:1", "nat:5000") == end("b:5000")


def test_a_second_host_keeps_one_other_port_on_linux() -> None:
    """Measured: a second host with the same local port gets one other random port, the same for all four peers."""
    site = Site(config(ports=PortPolicy.PER_FLOW))
    peers = ["r:1", "r:2", "s:1", "s:2"]
    assert {site.seen("a:5000", peer).port for peer in peers} == {5000}
    others = {site.seen("b:5000", peer).port for peer in peers}
    assert len(others) == 1
    assert others != {5000}


def test_a_full_range_refuses() -> None:
    site = Site(config(ports=PortPolicy.RANDOM, port_range=(40000, 40001)))
    assert {site.seen("a:5000", "r:1").port, site.seen("a:5001", "r:1").port} == {40000, 40001}
    assert site.out("a:5002", "r:1") == "no free port"


def test_icmp_identifiers_are_ports_without_classes() -> None:
    """RFC 5508 §3.1: any identifier will do, and two hosts with the same one are told apart."""
    site = Site(config(port_range=(40000, 40001), parity=True))
    one, two = site.ping("a", "r", 7), site.ping("b", "r", 7)
    assert one == end("nat:7")
    assert two not in (one, "no free port")
