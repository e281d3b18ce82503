"""The way from the mapping service's process to the router's: the same NAT through a pair of sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from natscope.lab.kernel.mapping_process import NatEnd, RemotePorts
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.translator import Nat
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Mapping
from tests.machines.nat.site import PUBLIC, SECOND, config, end


@pytest.fixture
def nat() -> Nat:
    return Nat(config(), b"seed")


@pytest.fixture
def firewall() -> Nat:
    return Nat(NatConfig(mapping=Mapping.NONE), b"seed")


@pytest.fixture
def ports(nat: Nat, firewall: Nat) -> Iterator[RemotePorts]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    served = NatEnd(nat, firewall, ours)
    ended = threading.Event()

    def serve() -> None:
        while not ended.wait(0.001):
            served.answer()

    thread = threading.Thread(target=serve)
    thread.start()
    yield RemotePorts(theirs)
    ended.set()
    thread.join()
    ours.close()
    theirs.close()


def test_the_same_as_in_one_process(nat: Nat, ports: RemotePorts) -> None:
    mine = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))
    theirs = Forward(transport=Transport.UDP, external_port=7000, internal=end("b:5000"))
    assert ports.open(mine, 5.0, 10.0) == Endpoint(PUBLIC, 7000)
    assert [m.internal for m in nat.mappings(14.0)] == [end("a:5000")]
    assert ports.open(theirs, 6.0, None) is None
    ports.close(mine)
    assert ports.open(theirs, 7.0, None) == Endpoint(PUBLIC, 7000)
    assert (ports.external(), ports.restarts()) == (PUBLIC, 0)
    nat.reboot([SECOND])
    assert (ports.external(), ports.restarts()) == (SECOND, 1)


def test_ports_over_ipv6_are_the_firewalls(nat: Nat, firewall: Nat, ports: RemotePorts) -> None:
    own = Endpoint.parse("[2001:db8::10]:5000")
    assert ports.open(Forward(transport=Transport.UDP, external_port=5000, internal=own), 5.0, 10.0) == own
    assert [m.internal for m in firewall.mappings(14.0)] == [own]
    assert ports.open(Forward(transport=Transport.UDP, external_port=5001, internal=own), 5.0, 10.0) is None
    ports.close(Forward(transport=Transport.UDP, external_port=5000, internal=own))
    assert list(firewall.mappings(6.0)) == list(nat.mappings(6.0)) == []


def test_a_router_that_has_ended_is_told() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.close()
    with theirs, pytest.raises(BrokenPipeError, match="Broken pipe"):
        RemotePorts(theirs).restarts()
