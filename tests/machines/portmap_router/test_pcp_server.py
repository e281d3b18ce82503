"""A router's PCP, sentence by sentence of RFC 6887."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.portmap_router.config import Manner, Service
from natscope.machines.portmap_router.pcp_server import announcement
from natscope.wire.portmap import pcp
from natscope.wire.portmap.pcp import Mapping, Opcode, Response, Result
from natscope.wire.portmap.pcp_options import Filter, OtherOption, PreferFailure, ThirdParty
from tests.machines.nat.site import PUBLIC, end
from tests.machines.portmap_router.router import GATEWAY, NONCE, OTHER_NONCE, Router

B = IPv4Address("192.168.1.11")


def port(answer: Response) -> int:
    assert answer.result == 0, pcp.result_words(answer.result)
    assert isinstance(answer.body, Mapping)
    return answer.body.external_port


def test_announce_says_that_it_is_there() -> None:
    router = Router()
    router.now = 7.0
    assert router.announce() == Response(Opcode.ANNOUNCE, 0, 0, 7)


def test_a_mapping_opens_the_port_until_it_lapses() -> None:
    router = Router()
    body = Mapping(NONCE, pcp.UDP, 5000, 7000, PUBLIC)
    assert router.pcp(5000, 7000) == Response(Opcode.MAP, 0, 600, 0, body)
    assert router.come(7000) == end("a:5000")
    router.now = 600.0
    assert router.come(7000) is None


def test_renewing_and_deleting_need_the_nonce() -> None:
    """RFC 6887 §11.3.1 and §15.1: a wrong nonce is not authorized."""
    router = Router()
    router.pcp(5000, 7000)
    for lifetime in (600, 0):
        assert router.pcp(5000, 7000, lifetime, nonce=OTHER_NONCE).result == Result.NOT_AUTHORIZED
    assert router.come(7000) == end("a:5000")
    assert port(router.pcp(5000, 8000)) == 7000
    assert router.pcp(5000, 7000, 0) == Response(Opcode.MAP, 0, 0, 0, Mapping(NONCE, 17, 5000, 7000, IPv4Address(0)))
    assert router.come(7000) is None
    assert router.pcp(5000, 7000, 0, nonce=OTHER_NONCE).result == 0, "what is not there is deleted successfully"


def test_deleting_everything() -> None:
    router = Router()
    router.pcp(5000)
    router.pcp(5001, protocol=pcp.TCP)
    router.pcp(5002, who="b")
    assert router.pcp(0, lifetime=0, protocol=pcp.ALL_PROTOCOLS).result == 0
    assert [entry[1] for entry in router.table] == [5002]


def test_a_wish_that_is_taken_gets_another_port_unless_failure_is_preferred() -> None:
    router = Router(taken=(7000,))
    failed = router.pcp(5000, 7000, options=(PreferFailure(),))
    assert (failed.result, failed.lifetime_s) == (Result.CANNOT_PROVIDE_EXTERNAL, 1800)
    assert router.table == []
    assert port(router.pcp(5000, 7000)) == 5000
    assert router.pcp(5000, 8000, options=(PreferFailure(),)).result == Result.CANNOT_PROVIDE_EXTERNAL
    kept = router.pcp(5000, 5000, options=(PreferFailure(),))
    assert (port(kept), kept.options) == (5000, (PreferFailure(),))


def test_prefer_failure_is_about_the_address_too() -> None:
    router = Router()
    wrong = router.pcp(5000, 7000, ip=IPv4Address("192.0.2.1"), options=(PreferFailure(),))
    assert wrong.result == Result.CANNOT_PROVIDE_EXTERNAL
    assert port(router.pcp(5000, 7000, ip=PUBLIC, options=(PreferFailure(),))) == 7000


def test_a_client_behind_another_nat() -> None:
    """RFC 6887 §8.2: the header names another address than the packet's source."""
    router = Router()
    answer = router.pcp(5000, client=IPv4Address("10.0.0.2"))
    assert (answer.result, answer.lifetime_s) == (Result.ADDRESS_MISMATCH, 1800)
    mismatch = router.announce(client=IPv4Address("10.0.0.2"))
    assert mismatch is not None
    assert mismatch.result == Result.ADDRESS_MISMATCH


@pytest.mark.parametrize(
    ("manner", "result", "lifetime"),
    [
        (Manner.REFUSED, Result.NOT_AUTHORIZED, 1800),
        (Manner.NETWORK_FAILURE, Result.NETWORK_FAILURE, 30),
        (Manner.UNSUPPORTED_VERSION, Result.UNSUPP_VERSION, 1800),
    ],
)
def test_a_service_that_says_no(manner: Manner, result: Result, lifetime: int) -> None:
    router = Router(manner=manner)
    answer, announced = router.pcp(5000), router.announce()
    assert (answer.result, answer.lifetime_s) == (result, lifetime)
    assert announced is not None
    assert announced.result == result
    assert router.table == []


def test_out_of_resources() -> None:
    router = Router(capacity=1)
    router.pcp(5000)
    full = router.pcp(5001)
    assert (full.result, full.lifetime_s) == (Result.NO_RESOURCES, 30)
    assert router.pcp(5000).result == 0, "renewing needs no room"


def test_the_longest_lease() -> None:
    assert Router(max_lease_s=120).pcp(5000).lifetime_s == 120


@pytest.mark.parametrize("protocol", [pcp.ALL_PROTOCOLS, 132])
def test_protocols_that_are_not_mapped(protocol: int) -> None:
    assert Router().pcp(5000, protocol=protocol).result == Result.UNSUPP_PROTOCOL


def test_every_port_at_once_is_not_mapped() -> None:
    assert Router().pcp(0).result == Result.UNSUPP_PROTOCOL


def test_for_another_host() -> None:
    router = Router()
    assert router.pcp(5000, options=(ThirdParty(B),)).result == Result.UNSUPP_OPTION
    router = Router(for_others=True)
    answer = router.pcp(5000, options=(ThirdParty(B),))
    assert (port(answer), answer.options) == (5000, (ThirdParty(B),))
    assert router.come(5000) == end("b:5000")
    over_ipv6 = router.pcp(5001, options=(ThirdParty(IPv6Address("2001:db8::5")),))
    assert over_ipv6.result == Result.NOT_AUTHORIZED, "this NAT has IPv4 only"


def test_options_that_it_does_not_know() -> None:
    router = Router()
    assert router.pcp(5000, options=(OtherOption(99, b"abcd"),)).result == Result.UNSUPP_OPTION
    assert router.pcp(5000, options=(Filter(128, 1, PUBLIC),)).result == Result.UNSUPP_OPTION
    assert router.pcp(5000, options=(OtherOption(200, b"abcd"),)).result == 0, "from 128 on they are optional"


def test_peer_is_not_offered() -> None:
    body = pcp.Peer(Mapping(NONCE, pcp.UDP, 5000, 0, IPv4Address(0)), 1, PUBLIC)
    data = pcp.encode_request(pcp.Request(Opcode.PEER, 60, end("a:9").ip, body))
    answer = pcp.decode_response(Router().one(data))
    assert (answer.result, answer.body) == (Result.UNSUPP_OPCODE, body)


@pytest.mark.parametrize(
    ("cut", "result"), [(59, Result.MALFORMED_REQUEST), (40, Result.MALFORMED_REQUEST), (2, Result.MALFORMED_REQUEST)]
)
def test_malformed_requests(cut: int, result: Result) -> None:
    body = Mapping(NONCE, pcp.UDP, 5000, 0, IPv4Address(0))
    data = pcp.encode_request(pcp.Request(Opcode.MAP, 60, end("a:9").ip, body))
    assert pcp.decode_response(Router().one(data[:cut])).result == result


def test_other_versions() -> None:
    router = Router()
    assert pcp.decode_response(router.one(bytes((1, 1)) + bytes(58))).result == Result.UNSUPP_VERSION
    alone = Router(protocols=(Service.PCP,))
    assert pcp.decode_response(alone.one(bytes((0, 0)))).result == Result.UNSUPP_VERSION
    assert Router(protocols=(Service.PCP,), other_versions=False).raw(bytes((0, 0))) == []


@given(st.binary(max_size=90).map(lambda tail: b"\x02" + tail))
def test_garbage_is_survived(data: bytes) -> None:
    for answer in Router().raw(data):
        assert len(answer) % 4 == 0
        assert answer[1] & 128


def test_the_announcement() -> None:
    assert pcp.decode_response(announcement(5)) == Response(Opcode.ANNOUNCE, 0, 0, 5)
    assert GATEWAY.is_private
