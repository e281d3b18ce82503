"""PCP at a firewall over IPv6: the port of who asks, nobody else's, and nothing but that."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Any

import pytest

from natscope.machines.nat.packet import UDP, between
from natscope.machines.nat.translator import is_drop
from natscope.machines.portmap_router.config import Service
from natscope.machines.portmap_router.pinholes import MAX_HOSTS
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap import nat_pmp, pcp
from tests.machines.portmap_router.router import Router

HOST, OTHER, STRANGER = "[2001:db8::10]:9", "[2001:db8::11]:9", Endpoint.parse("[2001:db8:9::9]:3479")
NONCE = bytes(range(12))


def ip(who: str) -> IPv6Address:
    found = Endpoint.parse(who).ip
    assert isinstance(found, IPv6Address)
    return found


def announce(who: str = HOST) -> bytes:
    return pcp.encode_request(pcp.Request(pcp.Opcode.ANNOUNCE, 0, ip(who)))


def ask(port: int, lifetime: int = 120, who: str = HOST, nonce: bytes = NONCE, wish: int = 0) -> bytes:
    body = pcp.Mapping(nonce, pcp.UDP, port, wish, IPv6Address(0))
    return pcp.encode_request(pcp.Request(pcp.Opcode.MAP, lifetime, ip(who), body))


def answered(router: Router, data: bytes, who: str = HOST) -> pcp.Response:
    answer = router.six(data, who)
    assert answer is not None
    return pcp.decode_response(answer)


def comes_in(router: Router, port: int, who: str = HOST) -> bool:
    return not is_drop(router.firewall.inbound(between(UDP, STRANGER, Endpoint(ip(who), port)), router.now))


def opener(**changes: Any) -> Router:
    return Router(pinholes=True, **changes)


def test_a_port_is_open_for_everybody_and_keeps_its_place() -> None:
    router = opener()
    assert answered(router, announce()).result == pcp.Result.SUCCESS
    assert not comes_in(router, 5000)
    response = answered(router, ask(5000, wish=7000))
    assert isinstance(response.body, pcp.Mapping)
    assert (response.body.external, response.body.external_port, response.lifetime_s) == (ip(HOST), 5000, 120)
    assert comes_in(router, 5000)
    assert not comes_in(router, 7000)
    assert not comes_in(router, 5000, OTHER)


def test_two_hosts_may_have_the_same_port() -> None:
    router = opener()
    for who in (HOST, OTHER):
        assert answered(router, ask(5000, who=who), who).result == pcp.Result.SUCCESS
    assert comes_in(router, 5000)
    assert comes_in(router, 5000, OTHER)


def test_it_is_closed_with_the_nonce_alone_and_lapses_by_itself() -> None:
    router = opener()
    answered(router, ask(5000))
    assert answered(router, ask(5000, lifetime=0, nonce=bytes(12))).result == pcp.Result.NOT_AUTHORIZED
    assert comes_in(router, 5000)
    assert answered(router, ask(5000, lifetime=0)).result == pcp.Result.SUCCESS
    assert not comes_in(router, 5000)
    answered(router, ask(5000))
    assert router.service.deadline() == 120
    router.now = 121
    router.tick()
    assert not comes_in(router, 5000)
    assert router.service.deadline() is None


def test_nobody_opens_a_port_in_another_ones_name() -> None:
    router = opener()
    assert answered(router, ask(5000, who=OTHER), HOST).result == pcp.Result.ADDRESS_MISMATCH
    assert not comes_in(router, 5000, OTHER)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x00\x00", nat_pmp.encode_request(nat_pmp.AddressRequest())])
def test_nat_pmp_and_garbage_get_nothing(data: bytes) -> None:
    assert opener().six(data, HOST) is None


def test_without_it_there_is_silence() -> None:
    assert Router().six(announce(), HOST) is None
    assert opener(protocols=(Service.UPNP,)).six(announce(), HOST) is None


def test_a_flood_of_hosts_is_bounded_and_the_idle_ones_are_forgotten() -> None:
    router = opener()
    for number in range(MAX_HOSTS + 8):
        who = f"[2001:db8::{number + 32:x}]:9"
        router.six(ask(5000, who=who), who)
    assert router.six(ask(5000), HOST) is None
    router.now = 200
    router.tick()
    assert answered(router, ask(5000)).result == pcp.Result.SUCCESS
