"""What public ports say: nearly all, nearly none, or nothing; sequences through losses and wraps; pools and changes."""

from __future__ import annotations

import math
import random
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.model.endpoint import Endpoint
from natscope.model.nat import AddressPooling, PortAllocation
from natscope.model.tri import Tri
from natscope.netcheck.classify_ports import (
    MIN_PORTS,
    MIN_STEPS,
    NEARLY_ALL,
    STEP_WINDOW,
    UPWARDS,
    PortSample,
    PortVerdict,
    classify_ports,
)

INSIDE = IPv4Address("192.168.1.20")
ONE, TWO = IPv4Address("203.0.113.7"), IPv4Address("203.0.113.8")
SERVERS = [Endpoint(IPv4Address(f"198.51.100.{n}"), 3478) for n in (1, 2, 3)]
EVENS = [30000 + 1774 * n for n in range(8)]
LOCALS = [*EVENS, *(port + 1 for port in EVENS)]


def samples(ports: list[int], addresses: list[IPv4Address] | None = None) -> list[PortSample]:
    """One sample a socket, the servers in turn."""
    found = []
    for n, port in enumerate(ports):
        ip = addresses[n] if addresses else ONE
        local = Endpoint(INSIDE, LOCALS[n])
        found.append(PortSample(f"o{n}", local, SERVERS[n % 3], Endpoint(ip, port), n, 100.0))
    return found


PORTS = 65_536 - 1_024


def at_least(count: int, total: int, chance: float) -> float:
    """Of so many draws, that many or more."""
    ways = (math.comb(total, n) * chance**n * (1 - chance) ** (total - n) for n in range(count, total + 1))
    return sum(ways)


def test_nothing_seen_nothing_said() -> None:
    assert classify_ports([]) == PortVerdict()


def test_ports_that_are_kept() -> None:
    found = classify_ports(samples(LOCALS))
    assert (found.preservation, found.parity, found.contiguity) == (Tri.YES, Tri.YES, Tri.YES)
    assert found.allocation is PortAllocation.PRESERVING
    assert (found.step, found.prediction, found.samples) == (None, 1.0, 16)
    assert found.pooling is AddressPooling.PAIRED


def test_a_port_that_somebody_else_has_changes_nothing() -> None:
    found = classify_ports(samples([*LOCALS[:15], 61001]))
    assert (found.preservation, found.allocation) == (Tri.YES, PortAllocation.PRESERVING)
    assert found.prediction == 0.94


def test_half_of_the_ports_is_no_verdict() -> None:
    found = classify_ports(samples([*LOCALS[:8], *range(50001, 50017, 2)]))
    assert (found.preservation, found.allocation) == (Tri.UNKNOWN, PortAllocation.UNKNOWN)
    assert dict(found.doubtful)["port_preservation"] == "8 of 16 new ports were kept"


@pytest.mark.parametrize("step", [1, 2, 3, 64])
def test_a_sequence_and_its_step(step: int) -> None:
    found = classify_ports(samples([5000 + step * n for n in range(16)]))
    assert (found.allocation, found.step, found.prediction) == (PortAllocation.SEQUENTIAL, step, 0.94)
    assert found.contiguity is Tri.NO


def test_a_sequence_with_other_flows_in_between() -> None:
    ports = [5000, 5001, 5004, 5005, 5006, 5010, 5011, 5012, 5013, 5020, 5021, 5022, 5023, 5024, 5025, 5026]
    found = classify_ports(samples(ports))
    assert (found.allocation, found.step) == (PortAllocation.SEQUENTIAL, 1)


def test_a_sequence_that_wraps() -> None:
    found = classify_ports(samples([65530 + n if n < 6 else 1018 + n for n in range(16)]))
    assert (found.allocation, found.step) == (PortAllocation.SEQUENTIAL, 1)


def test_a_sequence_with_requests_sent_again() -> None:
    """Two requests were lost on the way out: their second sends got later ports."""
    found = samples([5000, 5014, 5001, 5002, 5003, 5004, 5005, 5006, 5015, 5007, 5008, 5009, 5010, 5011, 5012, 5013])
    late = [s if s.mapped.port < 5014 else PortSample(s.observation, s.local, s.target, s.mapped, s.order, 300.0)
            for s in found]  # fmt: skip
    assert classify_ports(late).allocation is PortAllocation.SEQUENTIAL


@given(st.integers(0, 2**32))
def test_random_ports_are_never_a_pattern(seed: int) -> None:
    draw = random.Random(seed)
    found = classify_ports(samples(draw.sample(range(1024, 65536), 16)))
    assert found.allocation is PortAllocation.RANDOM
    assert found.preservation is Tri.NO
    assert found.contiguity is Tri.NO
    assert found.prediction in (0.0, 0.06)
    assert found.step is None


def test_how_rarely_chance_looks_like_a_pattern() -> None:
    """The numbers that the page and the report's own words tell; both orders of time are tried for steps."""
    kept = {n: at_least(math.ceil(NEARLY_ALL * n), n, 1 / PORTS) for n in (MIN_PORTS, 16)}
    steps = {n: 2 * at_least(math.ceil(UPWARDS * n), n, STEP_WINDOW / PORTS) for n in (MIN_STEPS, 15)}
    assert kept[MIN_PORTS] < 1e-13
    assert steps[MIN_STEPS] < 1 / 2_000_000
    assert max(kept[16], steps[15]) < 1e-20
    assert 2.0**-16 < 1 / 65_535


def test_random_ports_of_the_right_parity() -> None:
    draw = random.Random(3)
    found = classify_ports(samples([draw.randrange(1024, 65534) // 2 * 2 + port % 2 for port in LOCALS]))
    assert (found.parity, found.allocation) == (Tri.YES, PortAllocation.RANDOM)


@pytest.mark.parametrize("count", [1, 3])
def test_few_ports_are_no_pattern(count: int) -> None:
    found = classify_ports(samples([7000, 23000, 41000][:count]))
    assert (found.allocation, found.pooling) == (PortAllocation.UNKNOWN, AddressPooling.UNKNOWN)
    assert {"port_allocation", "pooling", "port_parity"} <= {field for field, _ in found.doubtful}


def test_a_server_that_tells_two_sockets_the_same_is_not_believed() -> None:
    lie = Endpoint(TWO, 666)
    lies = [s if s.target != SERVERS[2] else PortSample(s.observation, s.local, s.target, lie, s.order, 1)
            for s in samples(LOCALS)]  # fmt: skip
    found = classify_ports(lies)
    assert (found.samples, found.preservation, found.pooling) == (11, Tri.YES, AddressPooling.UNKNOWN)


def test_the_port_for_a_second_peer_is_what_is_predicted() -> None:
    """Kept for the first destination, drawn for the second: the peer cannot know it."""
    second = [
        PortSample(
            f"p{n}", Endpoint(INSIDE, LOCALS[n]), SERVERS[(n + 1) % 3], Endpoint(ONE, 60000 - 997 * n), 16 + n, 9, 2
        )
        for n in range(8)
    ]
    found = classify_ports(samples(LOCALS) + second)
    assert (found.allocation, found.prediction) == (PortAllocation.PRESERVING, 0.0)


def test_pools() -> None:
    draw = random.Random(1)
    ports = [draw.randrange(1024, 65536) for _ in range(16)]
    mixed = [draw.choice([ONE, TWO]) for _ in range(16)]
    assert classify_ports(samples(ports, mixed)).pooling is AddressPooling.ARBITRARY
    by_server = [ONE if n % 3 else TWO for n in range(16)]
    assert classify_ports(samples(ports, by_server)).pooling is AddressPooling.PER_DESTINATION
    once = [ONE] * 9 + [TWO] * 7
    found = classify_ports(samples(ports, once))
    assert found.pooling is AddressPooling.UNKNOWN
    assert dict(found.doubtful)["pooling"] == "the public address changed once during the run"
    assert classify_ports(samples(ports), [TWO]).pooling is AddressPooling.UNKNOWN
    assert classify_ports(samples(ports), [ONE]).pooling is AddressPooling.PAIRED
    assert classify_ports(samples(ports[:6], by_server[:6])).pooling is AddressPooling.UNKNOWN


def test_sequences_of_several_addresses_stand_beside_each_other() -> None:
    ports = [5000 + n // 2 if n % 2 else 40000 + n // 2 for n in range(16)]
    found = classify_ports(samples(ports, [ONE if n % 2 else TWO for n in range(16)]))
    assert found.allocation is PortAllocation.SEQUENTIAL
    assert found.step == 1
