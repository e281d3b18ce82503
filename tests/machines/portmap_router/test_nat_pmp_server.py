"""A router's NAT-PMP, sentence by sentence of RFC 6886."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.portmap_router.config import Manner, Service
from natscope.machines.portmap_router.nat_pmp_server import announcement
from natscope.wire.portmap import nat_pmp
from natscope.wire.portmap.nat_pmp import AddressResponse, ErrorResponse, MapResponse, Opcode, Result
from tests.machines.nat.site import PUBLIC, end
from tests.machines.portmap_router.router import Router

MAP_UDP, MAP_TCP = Opcode.MAP_UDP, Opcode.MAP_TCP


def test_the_outside_address_and_the_epoch() -> None:
    router = Router()
    router.now = 12.9
    assert router.pmp_address() == AddressResponse(0, 12, PUBLIC)


def test_a_mapping_opens_the_port_until_it_lapses() -> None:
    router = Router()
    assert router.pmp(5000, 7000) == MapResponse(MAP_UDP, 0, 0, 5000, 7000, 600)
    assert router.come(7000) == end("a:5000")
    router.now = 599.0
    assert router.come(7000) == end("a:5000")
    router.now = 600.0
    assert router.come(7000) is None
    router.tick()
    assert router.table == []


def test_udp_and_tcp_are_two_mappings() -> None:
    router = Router()
    router.pmp(5000, 7000)
    assert router.pmp(5000, 7000, opcode=MAP_TCP) == MapResponse(MAP_TCP, 0, 0, 5000, 7000, 600)
    assert [transport for transport, _, _ in router.table] == ["udp", "tcp"]


def test_a_wish_that_is_taken_gets_another_port() -> None:
    """RFC 6886 §3.3."""
    router = Router()
    router.pmp(5000, 7000)
    answer = router.pmp(5000, 7000, who="b")
    assert isinstance(answer, MapResponse)
    assert (answer.result, answer.external_port) == (0, 5000)
    assert router.come(5000) == end("b:5000")


def test_who_has_a_mapping_keeps_its_port() -> None:
    """RFC 6886 §3.3: the existing mapping, whatever is wished; renewing changes the end only."""
    router = Router()
    router.pmp(5000, 7000, 100)
    router.now = 90.0
    assert router.pmp(5000, 8000, 100) == MapResponse(MAP_UDP, 0, 90, 5000, 7000, 100)
    router.now = 150.0
    assert router.come(7000) == end("a:5000")


def test_deleting() -> None:
    """RFC 6886 §3.4: lifetime 0; what is not there is deleted successfully; inside port 0 is all of the host's own."""
    router = Router()
    for who, port in (("a", 5000), ("a", 5001), ("b", 5002)):
        router.pmp(port, who=who)
    assert router.pmp(5000, 5000, 0) == MapResponse(MAP_UDP, 0, 0, 5000, 0, 0)
    assert router.pmp(5000, 0, 0) == MapResponse(MAP_UDP, 0, 0, 5000, 0, 0)
    assert [port for _, port, _ in router.table] == [5001, 5002]
    router.pmp(0, 0, 0, opcode=MAP_TCP)
    assert [port for _, port, _ in router.table] == [5001, 5002]
    router.pmp(0, 0, 0)
    assert router.table == [("udp", 5002, "192.168.1.11:5002")]
    assert router.come(5001) is None


@pytest.mark.parametrize(
    ("manner", "result"),
    [(Manner.REFUSED, Result.NOT_AUTHORIZED), (Manner.NETWORK_FAILURE, Result.NETWORK_FAILURE)],
)
def test_a_service_that_says_no(manner: Manner, result: Result) -> None:
    router = Router(manner=manner)
    assert router.pmp_address() == AddressResponse(result, 0, IPv4Address(0))
    assert router.pmp(5000, 7000) == MapResponse(MAP_UDP, result, 0, 5000, 0, 0)
    assert (router.table, router.come(7000)) == ([], None)


def test_another_version_than_the_client_s() -> None:
    router = Router(manner=Manner.UNSUPPORTED_VERSION)
    assert router.pmp_address() == ErrorResponse(0, Result.UNSUPPORTED_VERSION, 0)
    assert router.pmp(5000) == ErrorResponse(1, Result.UNSUPPORTED_VERSION, 0)


def test_out_of_resources() -> None:
    router = Router(capacity=1)
    assert router.pmp(5000).result == 0
    assert router.pmp(5001) == MapResponse(MAP_UDP, Result.OUT_OF_RESOURCES, 0, 5001, 0, 0)
    assert router.pmp(5000).result == 0, "renewing needs no room"
    assert Router(capacity=0).pmp(5000).result == Result.OUT_OF_RESOURCES


def test_the_longest_lease() -> None:
    answer = Router(max_lease_s=120).pmp(5000)
    assert isinstance(answer, MapResponse)
    assert answer.lifetime_s == 120


def test_an_opcode_that_nobody_knows() -> None:
    assert nat_pmp.decode_response(Router().one(bytes((0, 9)))) == ErrorResponse(9, Result.UNSUPPORTED_OPCODE, 0)


def test_pcp_where_only_nat_pmp_is_spoken() -> None:
    """RFC 6886 §3.5, as RFC 6887 appendix A wants it: 8 bytes."""
    router = Router(protocols=(Service.NAT_PMP,))
    [answer] = router.raw(bytes((2, 1)) + bytes(58))
    assert answer == bytes.fromhex("0081000100000000")
    assert Router(protocols=(Service.NAT_PMP,), other_versions=False).raw(bytes((2, 1)) + bytes(58)) == []


@given(st.binary(max_size=20).map(lambda tail: b"\x00" + tail))
def test_garbage_is_survived(data: bytes) -> None:
    router = Router()
    for answer in router.raw(data):
        assert len(answer) in (8, 12, 16)
        assert answer[1] & 128


def test_the_announcement() -> None:
    assert nat_pmp.decode_response(announcement(PUBLIC, 3)) == AddressResponse(0, 3, PUBLIC)
