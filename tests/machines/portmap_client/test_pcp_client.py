"""PCP's client: one nonce per mapping, refusals with their lifetime, fall-back, liars, restarts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.api import Received, Send, Tick
from natscope.machines.portmap_client.pcp_client import UNUSABLE, PcpClient
from natscope.machines.portmap_client.timing import PCP
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
from natscope.wire.portmap import pcp as wire
from tests.wire.portmap.vectors import VECTORS

KNOWN = VECTORS["pcp"]
GATEWAY, OWN = IPv4Address("192.168.1.1"), IPv4Address(KNOWN["client"])
SERVER = Endpoint(GATEWAY, 5351)
NONCE = bytes.fromhex(KNOWN["nonce"])
OUTSIDE = IPv4Address("203.0.113.7")


def machine(nonces: Sequence[bytes] = (NONCE,)) -> PcpClient:
    waiting = itertools.chain(nonces, itertools.repeat(bytes(12)))
    return PcpClient(GATEWAY, OWN, lambda count: next(waiting) if count == wire.NONCE_BYTES else b"\x80" * count)


def sent(found: Sequence[Any]) -> list[str]:
    return [item.data.hex() for item in found if isinstance(item, Send)]


def known(name: str) -> Received:
    return Received(bytes.fromhex(KNOWN[name]), SERVER)


def granted(
    nonce: bytes = NONCE,
    port: int = 41641,
    external: IPv4Address = OUTSIDE,
    *,
    epoch: int = 12346,
    lifetime: int = 7200,
) -> Received:
    body = wire.Mapping(nonce, wire.UDP, port, port, external)
    return Received(wire.encode_response(wire.Response(wire.Opcode.MAP, 0, lifetime, epoch, body)), SERVER)


def test_requests_are_exactly_the_known_ones() -> None:
    client = machine()
    assert sent(client.announce(0)) == [KNOWN["announce_request"]]
    assert sent(client.map_port(41641, 0)) == [KNOWN["map_request"]]


def test_a_mapping_keeps_its_nonce_until_it_is_removed() -> None:
    client = machine()
    client.map_port(41641, 0)
    [mapped] = client.handle(known("map_response"), 0.1)
    assert mapped == Mapped("", Protocol.PCP, 41641, 41641, OUTSIDE, 7200, 12346)
    assert client.open_ports == {41641: 41641}
    [renewal] = client.map_port(41641, 10)
    assert isinstance(renewal, Send)
    body = wire.decode_request(renewal.data).body
    assert isinstance(body, wire.Mapping)
    assert (body.nonce, body.external_port, body.external) == (NONCE, 41641, OUTSIDE)
    [again] = client.handle(granted(epoch=12356), 10.1)
    assert isinstance(again, Mapped)
    assert again.renewed
    assert sent(client.release(41641, 20)) == [KNOWN["map_delete_request"]]
    assert client.handle(granted(epoch=12366), 20.0) == []  # a late second answer to the renewal
    assert client.handle(granted(epoch=12366, lifetime=0), 20.1) == [Removed("", Protocol.PCP, 41641)]
    assert client.nonce(41641) is None
    assert client.release(41641, 21) == []


def test_an_announce_is_answered_or_refused() -> None:
    client = machine()
    client.announce(0)
    assert client.handle(known("announce_response"), 0.1) == [Present("", Protocol.PCP, None, 12345)]
    client.announce(1)
    [refused] = client.handle(known("announce_response_address_mismatch"), 1.1)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.words, refused.internal_port) == ("12", "address mismatch", None)


def test_a_refusal_says_how_long() -> None:
    client = machine()
    client.map_port(41641, 0)
    [refused] = client.handle(known("map_response_no_resources"), 0.1)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.internal_port, refused.retry_after_s) == ("8", 41641, 30.0)
    assert client.deadline() is None
    assert client.open_ports == {}


def test_a_mapping_to_nowhere_is_none() -> None:
    for nowhere in ("0.0.0.0", "127.0.0.1"):
        client = machine()
        client.map_port(41641, 0)
        [refused] = client.handle(granted(external=IPv4Address(nowhere)), 0.1)
        assert isinstance(refused, Refused)
        assert refused.code == UNUSABLE
        assert client.release(41641, 1) != []  # the router has an entry: it must be removable


def test_another_nonce_port_protocol_or_source_is_no_answer() -> None:
    client = machine()
    client.map_port(41641, 0)
    whole = bytes.fromhex(KNOWN["map_response"])
    tcp = bytearray(whole)
    tcp[36] = wire.TCP
    for item in (
        granted(nonce=bytes(12)),
        granted(port=41642),
        Received(bytes(tcp), SERVER),
        Received(whole, Endpoint(IPv4Address("192.168.1.9"), 5351)),
        known("announce_response"),
    ):
        [dropped] = client.handle(item, 0.1)
        assert isinstance(dropped, Dropped)
    assert client.open_ports == {}


def test_a_nat_pmp_gateway_is_told_apart() -> None:
    client = machine()
    client.announce(0)
    client.map_port(41641, 0)
    old = Received(bytes.fromhex("008000010000303b"), SERVER)
    assert client.handle(old, 0.1) == [OtherVersion("the gateway speaks NAT-PMP", Protocol.PCP, 0)]
    assert client.deadline() is None
    assert client.handle(old, 0.2) == []


def test_silence_is_asked_again_and_given_up() -> None:
    client = machine()
    found = list(client.map_port(41641, 0))
    while (due := client.deadline()) is not None:
        found += client.handle(Tick(), due)
    assert sent(found) == [KNOWN["map_request"]] * PCP.tries
    assert found[-1] == Silent("no answer", Protocol.PCP, 41641)


def test_a_restart_forgets_what_was_open_and_keeps_the_nonce() -> None:
    client = machine()
    client.map_port(41641, 0)
    client.handle(granted(), 0.1)
    client.announce(50)
    restarted, _present = client.handle(known("announce_response"), 50.1)  # one second less on the router's clock
    assert isinstance(restarted, Restarted)
    assert client.open_ports == {}
    assert client.nonce(41641) == NONCE


def test_a_closed_port_is_no_silence() -> None:
    client = machine()
    client.announce(0)
    assert client.handle(Unreachable("port unreachable"), 0.1) == [Closed("port unreachable", Protocol.PCP)]
    assert client.deadline() is None


@given(st.binary(max_size=80))
def test_garbage_changes_nothing(data: bytes) -> None:
    client = machine()
    client.map_port(41641, 0)
    for item in (data, bytes.fromhex(KNOWN["map_response"])[: len(data)]):
        found = client.handle(Received(item, SERVER), 0.1)
        assert all(isinstance(event, Dropped | Mapped | Refused | OtherVersion | Removed) for event in found)


SIX, GATEWAY_6 = IPv6Address("2001:db8:1::20"), IPv6Address("fe80::1%eth0")


def over_six(external: IPv4Address | IPv6Address) -> Sequence[Any]:
    """What comes of a grant of that place to a client over IPv6."""
    client = PcpClient(GATEWAY_6, SIX, lambda count: NONCE[:count] if count == wire.NONCE_BYTES else b"\x80" * count)
    (ask,) = (item for item in client.map_port(41641, 0.0) if isinstance(item, Send))
    request = wire.decode_request(ask.data)
    assert (request.client, ask.target) == (SIX, Endpoint(GATEWAY_6, 5351))
    assert isinstance(request.body, wire.Mapping)
    assert request.body.external == IPv6Address(0)
    body = wire.Mapping(NONCE, wire.UDP, 41641, 41641, external)
    response = wire.Response(wire.Opcode.MAP, wire.Result.SUCCESS, 120, 7, body)
    return client.handle(Received(wire.encode_response(response), Endpoint(GATEWAY_6, 5351)), 0.1)


def test_a_pinhole_keeps_its_own_place() -> None:
    assert over_six(SIX) == [Mapped("", Protocol.PCP, 41641, 41641, SIX, 120, 7)]


def test_a_place_of_the_other_family_is_of_no_use() -> None:
    (refused,) = over_six(OUTSIDE)
    assert isinstance(refused, Refused)
    assert refused.code == UNUSABLE
