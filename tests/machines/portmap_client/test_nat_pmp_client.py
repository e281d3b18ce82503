"""NAT-PMP's client: answers, refusals, silence, liars, restarts."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.api import Received, Send, Tick
from natscope.machines.portmap_client.nat_pmp_client import NatPmpClient
from natscope.machines.portmap_client.timing import NAT_PMP
from natscope.machines.portmap_client.values import (
    Closed,
    Dropped,
    Mapped,
    OtherVersion,
    Present,
    Protocol,
    Refused,
    Removed,
    Restarted,
    Silent,
    Unreachable,
)
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap import nat_pmp as wire
from tests.wire.portmap.vectors import VECTORS

GATEWAY = IPv4Address("192.168.1.1")
SERVER = Endpoint(GATEWAY, 5351)
OUTSIDE = IPv4Address("203.0.113.7")
KNOWN = VECTORS["nat_pmp"]


def answer(response: wire.Response, source: Endpoint = SERVER) -> Received:
    return Received(wire.encode_response(response), source)


def address(epoch: int = 1000, external: IPv4Address = OUTSIDE, result: int = 0) -> Received:
    return answer(wire.AddressResponse(result, epoch, external))


def granted(port: int = 41641, external: int = 41641, epoch: int = 1000, lifetime: int = 7200) -> Received:
    return answer(wire.MapResponse(wire.Opcode.MAP_UDP, 0, epoch, port, external, lifetime))


def sent(found: Sequence[Any]) -> list[bytes]:
    assert all(item.target == SERVER for item in found if isinstance(item, Send))
    return [item.data for item in found if isinstance(item, Send)]


def client() -> NatPmpClient:
    return NatPmpClient(GATEWAY)


def test_requests_are_exactly_the_known_ones() -> None:
    assert [d.hex() for d in sent(client().ask_address(0))] == [KNOWN["external_address_request"]]
    assert [d.hex() for d in sent(client().map_port(41641, 0))] == [KNOWN["map_udp_request"]]
    keep = client().map_port(41641, 0, external_port=41641)
    assert [d.hex() for d in sent(keep)] == [KNOWN["map_udp_request_keep_port"]]
    assert [d.hex() for d in sent(client().release(41641, 0))] == [KNOWN["delete_udp_request"]]


def test_a_mapping_is_made_renewed_and_removed() -> None:
    machine = client()
    machine.ask_address(0)
    assert machine.handle(address(), 0.1) == [Present("", Protocol.NAT_PMP, OUTSIDE, 1000)]
    machine.map_port(41641, 1)
    [mapped] = machine.handle(granted(external=5000, epoch=1001), 1.1)
    assert mapped == Mapped("", Protocol.NAT_PMP, 41641, 5000, OUTSIDE, 7200, 1001)
    machine.map_port(41641, 3600, external_port=5000)
    [again] = machine.handle(granted(external=5000, epoch=4600), 3600.1)
    assert isinstance(again, Mapped)
    assert again.renewed
    machine.release(41641, 3700)
    assert machine.handle(granted(external=5000, epoch=4700), 3700.0) == []  # a late second answer to the renewal
    assert machine.handle(granted(external=0, epoch=4700, lifetime=0), 3700.1) == [Removed("", Protocol.NAT_PMP, 41641)]
    assert machine.open_ports == {}
    assert machine.deadline() is None


def test_silence_is_asked_nine_times() -> None:
    machine = client()
    times = []
    found = list(machine.ask_address(0))
    while (due := machine.deadline()) is not None:
        assert machine.handle(Tick(), due - 0.001) == []
        found += machine.handle(Tick(), due)
        times.append(due)
    assert len(sent(found)) == NAT_PMP.tries
    assert times[:4] == [0.25, 0.75, 1.75, 3.75]
    assert found[-1] == Silent("no answer", Protocol.NAT_PMP)


def test_refusals_have_their_words() -> None:
    machine = client()
    machine.ask_address(0)
    [refused] = machine.handle(address(result=3), 0.1)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.words, refused.internal_port) == ("3", "network failure", None)
    machine.map_port(41641, 1)
    [refused] = machine.handle(Received(bytes.fromhex(KNOWN["map_udp_response_refused"]), SERVER), 1.1)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.internal_port) == ("2", 41641)
    assert machine.deadline() is None


def test_another_version_is_told_apart() -> None:
    machine = client()
    machine.ask_address(0)
    old = Received(bytes.fromhex(KNOWN["unsupported_version_response_to_a_pcp_request"]), SERVER)
    assert machine.handle(old, 0.1) == [OtherVersion("the gateway speaks another version", Protocol.NAT_PMP, 2)]
    assert machine.handle(old, 0.2) == []


def test_no_address_is_no_address() -> None:
    machine = client()
    machine.ask_address(0)
    [present] = machine.handle(address(external=IPv4Address(0)), 0.1)
    assert isinstance(present, Present)
    assert present.external is None


def test_who_may_answer() -> None:
    other = Endpoint(IPv4Address("192.168.1.2"), 5351)
    for strict, source, accepted in (
        (True, other, False),
        (False, other, True),
        (False, Endpoint(GATEWAY, 9), False),
        (True, SERVER, True),
    ):
        machine = NatPmpClient(GATEWAY, strict=strict)
        machine.ask_address(0)
        [event] = machine.handle(answer(wire.AddressResponse(0, 1, OUTSIDE), source), 0.1)
        assert isinstance(event, Present if accepted else Dropped)
        if isinstance(event, Present):
            assert event.source == ("" if source == SERVER else str(other))


def test_a_restart_forgets_what_was_open() -> None:
    machine = client()
    machine.map_port(41641, 0)
    machine.handle(granted(epoch=50_000), 0.1)
    machine.ask_address(100)
    restarted, present = machine.handle(address(epoch=3), 100.1)
    assert isinstance(restarted, Restarted)
    assert isinstance(present, Present)
    assert machine.open_ports == {}


def test_a_closed_port_is_no_silence() -> None:
    machine = client()
    machine.ask_address(0)
    assert machine.handle(Unreachable("port unreachable"), 0.1) == [Closed("port unreachable", Protocol.NAT_PMP)]
    machine.ask_address(1)
    assert machine.handle(Unreachable("host unreachable", refused=False), 1.1) == [
        Silent("host unreachable", Protocol.NAT_PMP)
    ]
    assert machine.deadline() is None


@given(st.binary(max_size=20))
def test_garbage_changes_nothing(data: bytes) -> None:
    machine = client()
    machine.map_port(7, 0)
    before = machine.deadline()
    found = machine.handle(Received(data, SERVER), 0.1)
    assert all(isinstance(item, Dropped | Mapped | Refused | OtherVersion) for item in found)
    if all(isinstance(item, Dropped) for item in found):
        assert machine.deadline() == before
