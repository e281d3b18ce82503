"""Port forwards, the DMZ host and pinholes."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from natscope.machines.nat.forwards import Forward, Pinhole, Transport
from natscope.machines.nat.packet import ACK, SYN, TCP, UDP, between
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.verdicts import FORWARD_IN
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Mapping
from tests.machines.nat.site import Site, config, end

UDP_7000 = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))


@pytest.mark.parametrize("mapping", list(Mapping)[:3])
def test_a_forward_is_open_to_anybody_and_never_ends(mapping: Mapping) -> None:
    site = Site(config(forwards=(UDP_7000,), mapping=mapping, ports=PortPolicy.RANDOM))
    site.wait(100_000)
    assert site.come("r:1", "nat:7000") == end("a:5000")
    assert site.out("a:5000", "s:9") == end("nat:7000"), "with `outbound` the host also sends from there"
    assert site.come("t:5", "nat:7000") == end("a:5000")


def test_without_outbound_only_answers_leave_by_the_forward() -> None:
    forward = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"), outbound=False)
    site = Site(config(forwards=(forward,)))
    assert site.come("r:1", "nat:7000") == end("a:5000")
    assert site.out("a:5000", "r:1") == end("nat:7000")
    assert site.out("a:5000", "s:1") == end("nat:5000")


def test_nobody_else_gets_a_forwarded_port() -> None:
    site = Site(config(forwards=(UDP_7000,)))
    assert site.seen("b:7000", "r:1").port != 7000
    assert site.come("r:1", "nat:7000") == end("a:5000")


def test_a_peer_that_comes_by_the_forward_while_we_talk_elsewhere() -> None:
    """The flow that exists gets the packet, and answers keep leaving by its port."""
    forward = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"), outbound=False)
    site = Site(config(forwards=(forward,)))
    assert site.seen("a:5000", "r:1").port == 5000
    assert site.come("r:1", "nat:7000") == end("a:5000")
    assert site.seen("a:5000", "r:1").port == 5000


def test_tcp_forwards_begin_with_a_syn() -> None:
    forward = Forward(transport=Transport.TCP, external_port=80, internal=end("a:8080"))
    site = Site(config(forwards=(forward,)))
    assert site.come("r:1", "nat:80", TCP, ACK) == "tcp without a connection"
    assert site.come("r:1", "nat:80", TCP, SYN) == end("a:8080")
    assert site.out("a:8080", "r:1", TCP, SYN | ACK) == end("nat:80")
    assert site.come("r:1", "nat:80", TCP, ACK) == end("a:8080")


def test_the_dmz_host_gets_what_nobody_else_has() -> None:
    """Measured on Linux: the only way to a full cone there, for one host per router, with its port kept."""
    site = Site(config(dmz=end("a:0").ip))
    assert site.come("r:1", "nat:4000") == end("a:4000")
    assert site.out("a:4000", "r:1") == end("nat:4000")
    assert site.come("s:1", "nat:4000") == end("a:4000")
    site.seen("b:6000", "r:1")
    assert site.come("s:1", "nat:6000") == "filtered", "that port is another host's"
    assert site.come("r:1", "nat:22", TCP, SYN) == end("a:22")


def test_the_dmz_host_keeps_two_ports_apart() -> None:
    """Its own mapping is elsewhere, and what comes to its port from outside is answered from that port."""
    site = Site(config(dmz=end("a:0").ip, ports=PortPolicy.RANDOM))
    mapped = site.seen("a:4000", "r:1")
    assert mapped.port != 4000
    assert site.come("s:1", "nat:4000") == end("a:4000")
    assert site.out("a:4000", "s:1") == end("nat:4000")
    assert site.out("a:4000", "r:1") == mapped
    assert site.out("a:4000", "t:1") == mapped, "new peers see the mapping, not the port that s:1 came to"


def test_a_pinhole_opens_a_firewall() -> None:
    v6 = ipaddress.IPv6Address("2001:db8::10")
    peer = Endpoint(ipaddress.IPv6Address("2001:db8:1::1"), 41641)
    holes = (Pinhole(transport=Transport.UDP, ports=(41641, 41641), host=v6),)
    site = Site(config(external=(), mapping=Mapping.NONE, pinholes=holes))
    packet = between(UDP, peer, Endpoint(v6, 41641))
    assert site.nat.inbound(packet, 0.0) == FORWARD_IN
    assert site.come(peer, Endpoint(v6, 41642)) == "no mapping"
    assert site.come(peer, Endpoint(v6, 41641), TCP, SYN) == "no mapping"
    assert site.out(Endpoint(v6, 41641), peer) == Endpoint(v6, 41641)


WRONG: list[tuple[type[Any], dict[str, Any]]] = [
    (Forward, {"transport": Transport.UDP, "external_port": 0, "internal": end("a:1")}),
    (Forward, {"transport": Transport.UDP, "external_port": 65536, "internal": end("a:1")}),
    (Forward, {"transport": Transport.UDP, "external_port": 1, "internal": end("a:0")}),
    (
        Forward,
        {
            "transport": Transport.UDP, "external_port": 1, "internal": end("a:1"),
            "external_ip": ipaddress.IPv6Address("::1"),
        },
    ),
    (Pinhole, {"transport": Transport.UDP, "ports": (5, 4)}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), WRONG)
def test_what_cannot_be_opened(kind: type[Any], values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"port|family"):
        kind(**values)
