"""Which pairs of sites connect by simultaneous open without port guessing: the known matrix, cell by cell.

Classes: O public; C1, C2, C3 endpoint-independent mapping with endpoint-independent, address- and port-dependent
filtering; H1 and H symmetric with endpoint-independent and port-dependent filtering; P symmetric with sequential
ports. The matrix was measured between namespaces; a cell that differs is a bug in the model.
"""

from __future__ import annotations

import ipaddress
import itertools

import pytest

from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.packet import UDP, between
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.presets import preset
from natscope.machines.nat.translator import Nat, is_drop
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering
from tests.machines.nat.site import destination, source

SERVER = Endpoint(ipaddress.IPv4Address("192.0.2.3"), 3478)
ROUNDS = 4
CLASSES = {
    "O": None, "C1": "full-cone", "C2": "restricted", "C3": "port-restricted", "P": "symmetric-sequential",
    "H1": "symmetric-open", "H": "symmetric-random",
}  # fmt: skip
DIRECT = """
   O C1 C2 C3 P H1 H
O  + +  +  +  + +  +
C1 + +  +  +  + +  +
C2 + +  +  +  + +  +
C3 + +  +  +  - -  -
P  + +  +  -  - -  -
H1 + +  +  -  - +  -
H  + +  +  -  - -  -
"""


class Agent:
    """A host with one socket, behind a NAT or not: it sends to what it was told and to whoever was heard."""

    def __init__(self, number: int, config: NatConfig | None) -> None:
        address = f"192.168.{number}.10" if config else f"198.51.100.{number}"
        self.local = Endpoint(ipaddress.IPv4Address(address), 41641)
        self.nat = Nat(config, b"agent %d" % number) if config else None
        self.candidates: dict[Endpoint, None] = {}
        self.heard: dict[Endpoint, None] = {}

    def send(self, to: Endpoint) -> Endpoint | None:
        """What the packet's source is outside."""
        packet = between(UDP, self.local, to)
        if self.nat is not None and is_drop(self.nat.outbound(packet, 0.0)):
            return None
        return source(packet)

    def receive(self, who: Endpoint, to: Endpoint) -> None:
        packet = between(UDP, who, to)
        if self.nat is not None and is_drop(self.nat.inbound(packet, 0.0)):
            return
        if destination(packet) == self.local:
            self.heard[who] = None
            self.candidates[who] = None

    def owns(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return address in self.nat.external if self.nat is not None else address == self.local.ip


def external(number: int, count: int = 1) -> list[ipaddress.IPv4Address]:
    return [ipaddress.IPv4Address(f"203.0.113.{10 * number + n}") for n in range(count)]


def connects(one: Agent, other: Agent) -> bool:
    """Both learn their endpoint from a server, tell each other, and send at the same time, a few rounds."""
    for agent, peer in ((one, other), (other, one)):
        seen = agent.send(SERVER)
        assert seen is not None
        peer.candidates[seen] = None
    for _ in range(ROUNDS):
        one.heard.clear()
        other.heard.clear()
        flights = []
        for agent, peer in ((one, other), (other, one)):
            for candidate in list(agent.candidates):
                outside = agent.send(candidate)
                if outside is not None and peer.owns(candidate.ip):
                    flights.append((peer, outside, candidate))
        for peer, outside, candidate in flights:
            peer.receive(outside, candidate)
    return bool(one.heard) and bool(other.heard)


def agent(number: int, name: str) -> Agent:
    kind = CLASSES[name]
    return Agent(number, None if kind is None else preset(kind, external(number)))


def cells() -> list[tuple[str, str, bool]]:
    head, *rows = DIRECT.strip().splitlines()
    found = []
    for row in rows:
        name, *marks = row.split()
        found += [(name, column, mark == "+") for column, mark in zip(head.split(), marks, strict=True)]
    return found


@pytest.mark.parametrize(("one", "other", "direct"), cells())
def test_a_cell(one: str, other: str, direct: bool) -> None:
    assert connects(agent(1, one), agent(2, other)) is direct


def test_the_matrix_is_symmetric_and_whole() -> None:
    table = {(a, b): direct for a, b, direct in cells()}
    assert len(table) == len(CLASSES) ** 2
    assert all(table[a, b] is table[b, a] for a, b in itertools.combinations(CLASSES, 2))


def test_an_unpaired_pool_takes_address_filtering_its_direct_path() -> None:
    """C2 with H is direct only while the symmetric side keeps one public address (RFC 4787 REQ-2)."""
    outcomes = {
        pooling: {
            connects(
                agent(1, "C2"),
                Agent(seed, NatConfig(
                    external=tuple(external(2, 8)), pooling=pooling,
                    mapping=preset("symmetric-random", external(2)).mapping,
                    filtering=Filtering.ADDRESS_AND_PORT_DEPENDENT,
                )),
            )
            for seed in range(2, 30)
        }
        for pooling in (Pooling.PAIRED, Pooling.ARBITRARY)
    }  # fmt: skip
    assert outcomes[Pooling.PAIRED] == {True}
    assert False in outcomes[Pooling.ARBITRARY]
