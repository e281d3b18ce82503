"""Who gets a packet: the look-up on packed integers agrees with the rule on typed endpoints."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.packet import UDP, IcmpError, Packet, between
from natscope.model.endpoint import Endpoint
from natscope.sim.binding import UNSPECIFIED
from natscope.sim.icmp import Complaint, complain
from natscope.sim.node import Node
from natscope.sim.rng import SimRng
from natscope.sim.stack import MAX_PATHS
from natscope.sim.stream import wildcard_key
from natscope.sim.timeline import Timeline
from natscope.sim.world import World

OURS = [ipaddress.ip_address(text) for text in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2")]
PLACES = st.builds(Endpoint, st.sampled_from([*OURS, *UNSPECIFIED.values()]), st.integers(1, 3))
TARGETS = st.builds(Endpoint, st.sampled_from(OURS), st.integers(1, 3))
FAR = {4: Endpoint.parse("198.51.100.9:9"), 6: Endpoint.parse("[2001:db8:9::9]:9")}


class Sink:
    def __init__(self) -> None:
        self.taken = 0

    def take(self, packet: Packet) -> None:
        self.taken += 1

    def take_error(self, error: IcmpError) -> None:
        self.taken += 1


def node() -> Node:
    return Node(World(1, Timeline(), None, None), "node")


def expected(bound: list[Endpoint], target: Endpoint) -> Endpoint | None:
    """The socket of that very address, else the wildcard of its family, both with that port."""
    for ip in (target.ip, UNSPECIFIED[target.family]):
        if Endpoint(ip, target.port) in bound:
            return Endpoint(ip, target.port)
    return None


@given(st.lists(PLACES, max_size=8, unique=True), TARGETS)
def test_the_most_special_socket_gets_it(bound: list[Endpoint], target: Endpoint) -> None:
    stack = node().stack
    stack.refuses = False
    sinks = {place: Sink() for place in bound}
    for place, sink in sinks.items():
        stack.udp[wildcard_key(place)] = sink
    stack.deliver(between(UDP, FAR[target.family], target))
    winner = expected(bound, target)
    assert {place: sink.taken for place, sink in sinks.items()} == {place: int(place == winner) for place in bound}


def test_ephemeral_ports_come_round_and_run_out() -> None:
    stack = node().stack
    first = stack.free_port(lambda port: False)
    assert first is not None
    assert stack.free_port(lambda port: port != first) == first
    assert stack.free_port(lambda port: True) is None


def test_echo_identifiers_are_never_zero_and_never_shared() -> None:
    stack = node().stack
    found = [stack.new_echo(lambda packet: None) for _ in range(65_535)]
    assert sorted(found) == list(range(1, 65_536))


def test_the_number_of_learned_paths_is_bounded() -> None:
    stack, rng = node().stack, SimRng(1, "test")
    for _ in range(MAX_PATHS + 50):
        about = Packet(UDP, int(OURS[0]), 1, rng.below(1 << 31), 2)
        error = complain(about, Complaint.TOO_BIG, 7, mtu=1300)
        assert error is not None
        stack.deliver(error)
    assert len(stack.path_mtu) == MAX_PATHS
